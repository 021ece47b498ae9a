from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        """Log slow queries, and check the catalogues as they are loaded."""
        from core import catalogues, slow_queries

        slow_queries.install()
        catalogues.install()
