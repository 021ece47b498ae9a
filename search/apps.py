"""The search app."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Connects the app to the site."""

    name = "search"
