"""Who waits for approval, and who is invited."""

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
INVITATION_LONGEST = timedelta(days=366)


class SignUpRequest(models.Model):
    """Somebody who waits for a moderator's approval, or what was decided.

    Until then the account is suspended and inactive, so that no page shows it. The
    row of who was refused stays, and keeps their name and address from a new attempt.
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
    # When the moderators are told, if this is the request that they are told of.
    announced_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        """The newest last: who came first is approved first."""

        verbose_name = _("sign-up to approve")
        verbose_name_plural = _("sign-ups to approve")
        ordering = ("created_at",)

    def __str__(self) -> str:
        """Return the nickname."""
        return str(self.user)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Reading verbs for invitations."""

    def usable(self) -> InvitationQuerySet:
        """Keep those that have not ended and are not used up."""
        return self.filter(ends_at__gt=timezone.now(), uses_left__gt=0)

    def with_token(self, token: str) -> InvitationQuerySet:
        """Keep the one that the link with ``token`` belongs to."""
        return self.filter(token_hash=Invitation.hash_of(token))


class Invitation(models.Model):
    """A link by which so many people may sign up until a date.

    Only the hash of the link's token is stored: who reads the database cannot use it.
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
        """The newest first."""

        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-pk",)

    def __str__(self) -> str:
        """Return the note, or the number."""
        return self.note or f"#{self.pk}"

    def clean(self) -> None:
        """Raise ``ValidationError`` unless it ends within a year from now.

        Near the last year that a date can have, time zones fail.
        """
        now = timezone.now()
        # None when the form could not read it.
        ends_at: datetime | None = self.ends_at
        if ends_at is not None and not now <= ends_at <= now + INVITATION_LONGEST:
            raise ValidationError({"ends_at": _("Choose a time within a year.")})

    @staticmethod
    def hash_of(token: str) -> str:
        """Return what is stored of a token; it is random, so no salt is needed."""
        return hashlib.sha256(token.encode()).hexdigest()
