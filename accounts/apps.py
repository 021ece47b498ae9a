from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People and accounts")

    def ready(self) -> None:
        """Connect the signal receivers."""
        from accounts import receivers  # noqa: F401
        from accounts.interruptions import show_interruption

        user_logged_in.connect(show_interruption, dispatch_uid="accounts.interruptions")
