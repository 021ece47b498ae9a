"""E-mail addresses that superusers have entered for users."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.mail_addresses import AddressField


class AddressChange(models.Model):
    """The address that a user is to have once its owner has confirmed it.

    One for each user: another one takes its place, and so ends its link, which has the
    ``nonce``.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="address_change",
        verbose_name=_("person"),
    )
    email = AddressField(_("e-mail address"))
    nonce = models.CharField(max_length=32, editable=False)
    asked_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """No page lists them."""

        verbose_name = _("change of address")
        verbose_name_plural = _("changes of addresses")

    def __str__(self) -> str:
        """Return the address."""
        return str(self.email)
