from django.apps import AppConfig


class TimelinesConfig(AppConfig):
    """Connects the app to the site."""

    name = "timelines"
