"""The app that every other one builds on."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Ids, cursors, text rules, catalogues, mail, tasks, logs, health, error pages."""

    name = "core"

    def ready(self) -> None:
        """Watch for slow queries, and check the catalogues as they are loaded."""
        from core import catalogues, slow_queries

        slow_queries.install()
        catalogues.install()
