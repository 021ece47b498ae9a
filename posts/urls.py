"""URLs of single posts."""

from django.urls import path

from posts import views

app_name = "posts"
urlpatterns = [
    path("post/<int:pk>", views.post, name="post"),
    path("post/<int:pk>/delete", views.post_delete, name="post-delete"),
    path("post/<int:pk>/translate", views.post_translate, name="post-translate"),
]
