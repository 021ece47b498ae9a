from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"

    def ready(self) -> None:
        """Add the index to ``/readyz``."""
        from core.health import register
        from search.health import CACHE_SECONDS, check_index

        register("index", check_index, CACHE_SECONDS)
