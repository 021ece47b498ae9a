"""The app that every other one builds on."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Ids, cursors, text rules, mail, tasks, logs, health, error pages."""

    name = "core"

    def ready(self) -> None:
        """Watch for slow queries."""
        from core.slow_queries import install

        install()
