"""The roof: what belongs to the whole site and to no single app."""

from django.apps import AppConfig


class RoofConfig(AppConfig):
    """Named ``microblog``, first in line for templates and commands."""

    name = "microblog"

    def ready(self) -> None:
        """Watch for slow queries."""
        from microblog.lib.slow_queries import install

        install()
