from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SocialConfig(AppConfig):
    name = "social"
    verbose_name = _("Following")

    def ready(self) -> None:
        """Connect the signal receivers."""
        from social import receivers  # noqa: F401
