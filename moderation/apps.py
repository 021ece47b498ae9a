from django.apps import AppConfig


class ModerationConfig(AppConfig):
    """Connects the app to the site."""

    name = "moderation"

    def ready(self) -> None:
        """Connect the signal receivers."""
        from moderation import receivers  # noqa: F401
