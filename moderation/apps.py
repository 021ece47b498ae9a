"""The moderation app."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    """Connects the app to the site."""

    name = "moderation"

    def ready(self) -> None:
        """Listen to what accounts and Django announce."""
        from moderation import receivers  # noqa: F401
