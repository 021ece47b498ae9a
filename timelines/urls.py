"""URLs of home, Explore, profiles, lists of users and feeds."""

from django.urls import path

from core.actions import page_with_action
from timelines import feeds
from timelines.views import feeds as feed_views
from timelines.views import timelines, users

home = page_with_action(page=timelines.home, action=timelines.publish)

app_name = "timelines"
urlpatterns = [
    path("", home, name="home"),
    path("index", home),
    path("explore", timelines.explore, name="explore"),
    path("explore.atom", feeds.explore_feed, name="explore-feed"),
    path("home.atom", feeds.home_feed, name="home-feed"),
    path("feeds", feed_views.feeds, name="feeds"),
    path("user/<str:nickname>", timelines.profile, name="profile"),
    path("user/<str:nickname>/followers", users.followers, name="followers"),
    path("user/<str:nickname>/following", users.following, name="following"),
    path("user/<str:nickname>/card", users.card, name="card"),
    path("user/<str:nickname>/feed.atom", feeds.profile_feed, name="profile-feed"),
]
