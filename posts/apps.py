"""The posts app."""

from django.apps import AppConfig


class PostsConfig(AppConfig):
    """Connects the app to the site."""

    name = "posts"
