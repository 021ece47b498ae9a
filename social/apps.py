"""The social app."""

from django.apps import AppConfig


class SocialConfig(AppConfig):
    """Connects the app to the site."""

    name = "social"
