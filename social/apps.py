"""The social app."""

from django.apps import AppConfig


class SocialConfig(AppConfig):
    """Connects the app to the site."""

    name = "social"

    def ready(self) -> None:
        """Listen to what accounts announces."""
        from social import receivers  # noqa: F401
