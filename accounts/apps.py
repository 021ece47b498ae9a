"""The accounts app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    """Connects the app to the site."""

    name = "accounts"

    def ready(self) -> None:
        """Make the helpers' groups as soon as their permissions exist."""
        from accounts.groups import make_groups

        post_migrate.connect(make_groups, dispatch_uid="accounts.make_groups")
