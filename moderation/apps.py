from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "moderation"

    def ready(self) -> None:
        """Connect the signal receivers."""
        from moderation import receivers  # noqa: F401
