"""URLs for following and unfollowing."""

from django.urls import path

from social import views

app_name = "social"
urlpatterns = [
    path("user/<str:nickname>/follow", views.follow, name="follow"),
    path("user/<str:nickname>/unfollow", views.unfollow, name="unfollow"),
]
