"""URLs of home, Explore, profiles, lists of users and feeds."""

from django.urls import path

from core.decorators import view_by_method
from timelines import feeds
from timelines.views import feed_settings, posts, users

home = view_by_method(get=posts.home, post=posts.publish)

app_name = "timelines"
urlpatterns = [
    path("", home, name="home"),
    path("index", home),
    path("explore", posts.explore, name="explore"),
    path("explore.atom", feeds.explore_feed, name="explore-feed"),
    path("home.atom", feeds.home_feed, name="home-feed"),
    path("feeds", feed_settings.feeds, name="feeds"),
    path("user/<str:nickname>", posts.profile, name="profile"),
    path("user/<str:nickname>/followers", users.followers, name="followers"),
    path("user/<str:nickname>/following", users.following, name="following"),
    path("user/<str:nickname>/card", users.card, name="card"),
    path("user/<str:nickname>/feed.atom", feeds.profile_feed, name="profile-feed"),
]
