"""Addresses of timelines and people."""

from django.urls import path

from social import views

app_name = "social"
urlpatterns = [
    path("", views.home, name="home"),
    path("index", views.home),
    path("explore", views.explore, name="explore"),
    path("user/<str:nickname>", views.profile, name="profile"),
]
