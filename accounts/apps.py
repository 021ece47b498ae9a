"""The accounts app."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Connects the app to the site."""

    name = "accounts"
    verbose_name = _("People and accounts")

    def ready(self) -> None:
        """Make the helpers' groups once their permissions exist; watch logins."""
        from accounts import receivers  # noqa: F401
        from accounts.groups import make_groups
        from accounts.interruptions import tell_what_was_not_done

        post_migrate.connect(make_groups, dispatch_uid="accounts.make_groups")
        user_logged_in.connect(
            tell_what_was_not_done, dispatch_uid="accounts.interruptions"
        )
