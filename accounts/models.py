"""Who people are."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.lookups import IndexedIExact
from accounts.validators import NICKNAME_MAX_LENGTH, NicknameValidator
from core.fields import CleanCharField
from core.text import refuse_forbidden

ABOUT_ME_MAX_LENGTH = 140


class UserQuerySet(models.QuerySet["User"]):
    """Reading verbs for people."""

    def visible(self) -> UserQuerySet:
        """Keep the people whom readers may see: those not suspended."""
        return self.filter(suspended_at=None)

    def hidden(self) -> UserQuerySet:
        """Keep the people whom moderators hide: few, found by an index."""
        return self.filter(suspended_at__isnull=False)

    def named(self, nickname: str) -> UserQuerySet:
        """Keep the person with this nickname, whatever its case."""
        return self.filter(username__iexact=nickname)


class PeopleManager(UserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's manager of users, with our reading verbs."""


class User(AbstractUser):
    """A person: ``username`` is the nickname (row A4).

    ``follower_count`` and ``following_count`` are kept by ``social`` so that no
    page counts rows. ``suspended_at`` is set while moderators hide the person.
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    username = models.CharField(
        _("nickname"),
        max_length=NICKNAME_MAX_LENGTH,
        unique=True,
        validators=[NicknameValidator()],
        help_text=_("Letters, digits, dots and underscores; at most 64."),
        error_messages={
            "unique": _("This nickname is already in use. Please choose another one.")
        },
    )
    email = models.EmailField(
        _("e-mail address"),
        max_length=254,
        unique=True,
        validators=[refuse_forbidden],
        error_messages={"unique": _("This e-mail address is already in use.")},
    )
    about_me = CleanCharField(_("about me"), max_length=ABOUT_ME_MAX_LENGTH, blank=True)
    language = CleanCharField(
        _("language"),
        max_length=16,
        blank=True,
        help_text=_("Empty: the browser's."),
    )
    time_zone = CleanCharField(
        _("time zone"),
        max_length=64,
        blank=True,
        help_text=_("Empty: the browser's."),
    )
    last_seen = models.DateTimeField(_("last seen"), null=True, blank=True)
    suspended_at = models.DateTimeField(
        _("suspended"), null=True, blank=True, db_index=True
    )
    follower_count = models.PositiveIntegerField(
        _("followers"), default=0, editable=False
    )
    following_count = models.PositiveIntegerField(
        _("following"), default=0, editable=False
    )

    objects: ClassVar[PeopleManager] = PeopleManager()

    class Meta:
        """Names without case are unique in the database, not only in the form."""

        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = (
            models.UniqueConstraint(
                Lower("username"),
                name="accounts_user_nickname_ci",
                violation_error_message=_(
                    "This nickname is already in use. Please choose another one."
                ),
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email_ci",
                violation_error_message=_("This e-mail address is already in use."),
            ),
        )

    def __str__(self) -> str:
        """Return the nickname."""
        return self.username

    def get_full_name(self) -> str:
        """Return nothing: people have nicknames only."""
        return ""

    def get_short_name(self) -> str:
        """Return the nickname, by which the admin greets."""
        return self.username

    def get_absolute_url(self) -> str:
        """Return the path of the profile page (row A5)."""
        return reverse("social:profile", args=[self.username])

    @property
    def is_suspended(self) -> bool:
        """Tell whether moderators hide this person."""
        return self.suspended_at is not None


for _name in ("username", "email"):
    User._meta.get_field(_name).register_lookup(IndexedIExact)  # type: ignore[union-attr]
