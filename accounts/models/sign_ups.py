"""Sign-ups that wait for approval, and invitations."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.fields import CleanCharField

REASON_MAX_LENGTH = 500
INVITATION_MAX_AGE = timedelta(days=366)


class SignUpRequest(models.Model):
    """A sign-up that waits for a moderator's approval, or the decision.

    Until it is approved the account is suspended and inactive, so that no page shows
    it. A refused account is kept, so that its nickname and address cannot be used
    again.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="sign_up_request",
        verbose_name=_("person"),
    )
    reason = CleanCharField(_("reason"), max_length=REASON_MAX_LENGTH, blank=True)
    created_at = models.DateTimeField(_("signed up"), default=timezone.now)
    approved = models.BooleanField(_("approved"), null=True, db_index=True)
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    # When the moderators are notified, if this is the request that notifies them.
    announced_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        """Oldest first: first come, first served."""

        verbose_name = _("sign-up to approve")
        verbose_name_plural = _("sign-ups to approve")
        ordering = ("created_at",)

    def __str__(self) -> str:
        return str(self.user)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self) -> InvitationQuerySet:
        """Return the invitations that have neither expired nor been used up."""
        return self.filter(ends_at__gt=timezone.now(), uses_left__gt=0)

    def with_token(self, token: str) -> InvitationQuerySet:
        """Return the invitation with this token."""
        return self.filter(token_hash=Invitation.hash_token(token))


class Invitation(models.Model):
    """A link by which a number of users can sign up until a date.

    Only the hash of its token is stored, so that a copy of the database is of no use.
    """

    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    note = CleanCharField(
        _("note"), max_length=100, blank=True, help_text=_("For whom it is.")
    )
    uses_left = models.PositiveSmallIntegerField(_("uses left"), default=1)
    ends_at = models.DateTimeField(_("ends"))
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("made by"),
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.note or f"#{self.pk}"

    def clean(self) -> None:
        """Raise ``ValidationError`` unless the invitation expires within a year.

        Time zones fail near the last year that a date can have.
        """
        now = timezone.now()
        # None when the form could not read it.
        ends_at: datetime | None = self.ends_at
        if ends_at is not None and not now <= ends_at <= now + INVITATION_MAX_AGE:
            raise ValidationError({"ends_at": _("Choose a time within a year.")})

    @staticmethod
    def hash_token(token: str) -> str:
        """Return the hash of a token, which is random and so needs no salt."""
        return hashlib.sha256(token.encode()).hexdigest()
