"""Addresses of timelines and people."""

from django.urls import path

from social import feeds
from social.views import feeds as feed_views
from social.views import people, timelines

app_name = "social"
urlpatterns = [
    path("", timelines.home, name="home"),
    path("index", timelines.home),
    path("explore", timelines.explore, name="explore"),
    path("explore.atom", feeds.explore_feed, name="explore-feed"),
    path("home.atom", feeds.home_feed, name="home-feed"),
    path("feeds", feed_views.feeds, name="feeds"),
    path("user/<str:nickname>", timelines.profile, name="profile"),
    path("user/<str:nickname>/follow", people.follow, name="follow"),
    path("user/<str:nickname>/unfollow", people.unfollow, name="unfollow"),
    path("user/<str:nickname>/followers", people.followers, name="followers"),
    path("user/<str:nickname>/following", people.following, name="following"),
    path("user/<str:nickname>/card", people.card, name="card"),
    path("user/<str:nickname>/feed.atom", feeds.profile_feed, name="profile-feed"),
]
