"""Addresses of single posts."""

from django.urls import path

from posts import views

app_name = "posts"
urlpatterns = [
    path("post/<int:pk>", views.post, name="post"),
]
