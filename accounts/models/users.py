"""The user, and former nicknames."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from accounts.lookups import IndexedIExact
from accounts.models.addresses import AddressChange
from accounts.skeletons import skeleton, skeleton_of
from accounts.validators import NICKNAME_MAX_LENGTH, NicknameValidator
from core.fields import CleanCharField
from core.links import path_to
from core.mail_addresses import AddressField, known_address

if TYPE_CHECKING:
    from typing import Self

ABOUT_ME_MAX_LENGTH = 140
NICKNAME_TAKEN = _("This nickname is already in use. Please choose another one.")
NICKNAME_TOO_SIMILAR = _(
    "This nickname looks too much like one that is already in use. "
    "Please choose another one."
)
NICKNAME_ON_HOLD = _(
    "This nickname was somebody else's until a short time ago. "
    "Please choose another one."
)
FEED_SECRET_LENGTH = 32


class UserQuerySet(models.QuerySet["User"]):
    def visible(self) -> UserQuerySet:
        """Return the users who are not suspended."""
        return self.filter(suspended_at=None)

    def suspended(self) -> UserQuerySet:
        """Return the suspended users: few, found by an index."""
        return self.filter(suspended_at__isnull=False)

    def named(self, nickname: str) -> UserQuerySet:
        """Return the user with this nickname, ignoring case."""
        return self.filter(username__iexact=nickname)

    def formerly_named(self, nickname: str) -> UserQuerySet:
        """Return the user who had this nickname, if nobody has it now.

        For logging in; see ``redirected_from`` for nicknames that moderators replaced.
        """
        taken = models.Exists(User.objects.named(nickname))
        return self.filter(~taken, former_nicknames__name__iexact=nickname)

    def redirected_from(self, nickname: str) -> UserQuerySet:
        """Return the user to whom URLs with this former nickname redirect."""
        taken = models.Exists(User.objects.named(nickname))
        return self.filter(
            ~taken,
            former_nicknames__name__iexact=nickname,
            former_nicknames__public=True,
        )

    def similar_to(self, nickname: str) -> UserQuerySet:
        """Return the user whose nickname looks like this one."""
        return self.filter(skeleton=skeleton(nickname))


class SiteUserManager(UserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's manager of users with the methods of ``UserQuerySet``."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return the address as the site compares it; an invalid one as it is."""
        return known_address(super().normalize_email(email)).lower()

    def create_superuser(self, username: str, *args: Any, **fields: Any) -> User:
        """Create a superuser, whose nickname may be reserved.

        The address counts as confirmed: who can run commands on the server need not
        prove it, and mail may not work yet. Raises ``ValidationError`` for a nickname
        that is taken or looks like one that is.
        """
        from allauth.account.models import EmailAddress  # noqa: PLC0415  (a cycle)

        check_nickname(username)
        with transaction.atomic(using=self.db):
            user: User = super().create_superuser(username, *args, **fields)
            addresses = EmailAddress.objects.using(self.db)
            if user.email and addresses.filter(email=user.email, verified=True):
                # MariaDB has no unique index with a condition.
                message = f"{user.email} is a confirmed address of somebody."
                raise IntegrityError(message)
            if user.email:
                addresses.create(
                    user=user, email=user.email, verified=True, primary=True
                )
        return user


class User(AbstractUser):
    """A user; ``username`` is the nickname.

    ``follower_count`` and ``following_count`` are kept by ``social`` so that no page
    counts rows. ``suspended_at`` is set while moderators hide the user.
    ``profile_changed_at`` is the time of the last change of nickname or about me.
    ``browser_language`` is that of the last sign-up or login, else of the first
    request, for mails; ``feed_secret`` see ``feed_keys``. ``signed_up`` is false for
    accounts that the staff created.
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    username = models.CharField(
        _("nickname"),
        max_length=NICKNAME_MAX_LENGTH,
        unique=True,
        validators=[NicknameValidator()],
        help_text=_("Letters, digits, dots and underscores; at most 64."),
        error_messages={"unique": NICKNAME_TAKEN},
    )
    # Computed by the database, so that no way of writing leaves it out.
    skeleton = models.GeneratedField(
        expression=skeleton_of("username"),
        output_field=models.CharField(max_length=NICKNAME_MAX_LENGTH),
        db_persist=True,
    )
    email = AddressField(
        _("e-mail address"),
        unique=True,
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
    browser_language = models.CharField(
        _("language of the browser"), max_length=16, blank=True, editable=False
    )
    feed_secret = models.CharField(
        max_length=FEED_SECRET_LENGTH, blank=True, editable=False
    )
    signed_up = models.BooleanField(default=False, editable=False)
    profile_changed_at = models.DateTimeField(default=timezone.now, editable=False)
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

    objects: ClassVar[SiteUserManager] = SiteUserManager()
    _stored: dict[str, Any] | None = None
    # Set by Django until the new password is stored.
    _password: str | None

    class Meta:
        """Nicknames and addresses are unique in the database, ignoring case."""

        verbose_name = _("person")
        verbose_name_plural = _("people")
        permissions = (
            ("moderate_user", "Can moderate people"),
            ("translate_site", "Can translate the site"),
        )
        constraints = (
            models.UniqueConstraint(
                Lower("username"),
                name="accounts_user_nickname_ci",
                violation_error_message=NICKNAME_TAKEN,
            ),
            models.UniqueConstraint(
                fields=["skeleton"],
                name="accounts_user_skeleton",
                violation_error_message=NICKNAME_TOO_SIMILAR,
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email_ci",
                violation_error_message=_("This e-mail address is already in use."),
            ),
        )

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        """Remember the stored values, so that ``save`` writes changed fields only."""
        user = super().from_db(*args, **kwargs)
        user._stored = user._row()
        return user

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Fetch the row, or some fields of it, again, and remember it."""
        super().refresh_from_db(*args, **kwargs)
        self._remember(args[1] if len(args) > 1 else kwargs.get("fields"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the fields that changed since the user was fetched, and no others.

        Saving whole rows would undo concurrent changes, such as counts or a suspension.
        A changed nickname or about me sets ``profile_changed_at``; a new password
        replaces ``feed_secret``, so that copies of the feeds' addresses stop working.
        """
        changed = self._changed_fields()
        derived: set[str] = set()
        if changed & {"username", "about_me"}:
            self.profile_changed_at = timezone.now()
            derived.add("profile_changed_at")
        if "password" in changed and self._is_new_password() and self.feed_secret:
            self.feed_secret = get_random_string(FEED_SECRET_LENGTH)
            derived.add("feed_secret")
        changed |= derived
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, *derived}
        if self._stored is not None and not (args or kwargs.keys() - {"using"}):
            kwargs["update_fields"] = changed
        if "email" in changed:
            # Whoever changes it by another way ends the link to a new one.
            AddressChange.objects.filter(user=self).delete()
        super().save(*args, **kwargs)
        self._remember(kwargs.get("update_fields"))

    def _is_new_password(self) -> bool:
        """Tell it from the present one, hashed again by better parameters."""
        return self._password is not None or not self.has_usable_password()

    def _remember(self, fields: Iterable[str] | None) -> None:
        """Take these fields, or all, for stored; the others may have changed."""
        row = self._row()
        if self._stored is None or fields is None:
            self._stored = row
            return
        for name in fields:
            attname = getattr(self._meta.get_field(name), "attname", name)
            if attname in row:
                self._stored[attname] = row[attname]

    def _row(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if not k.startswith("_")}

    def _changed_fields(self) -> set[str]:
        """Return the names of the fields that differ from the row; none if new."""
        if self._stored is None:
            return set()
        # Not by attribute: that would fetch a deferred field.
        return {
            field.name
            for field in self._meta.concrete_fields
            if not field.generated
            and self.__dict__.get(field.attname) != self._stored.get(field.attname)
        }

    def __str__(self) -> str:
        return self.username

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Check the nickname against similar ones and those on hold, too."""
        if "username" not in (exclude or ()):
            try:
                check_nickname(self.username, self)
            except ValidationError as error:
                raise ValidationError({"username": error}) from error
        super().validate_constraints(exclude={*(exclude or ()), "skeleton"})

    def get_full_name(self) -> str:
        """Return '': users have nicknames only."""
        return ""

    def get_short_name(self) -> str:
        return self.username

    def get_absolute_url(self) -> str:
        """Return the URL of the profile, a view of a higher layer."""
        return path_to(settings.PROFILE_URL_NAME, self.username)

    @property
    def known_language(self) -> str:
        """Return the user's choice, else the browser's language, "" if unknown."""
        known = dict(settings.LANGUAGES)
        choices = (self.language, self.browser_language)
        return next((code for code in choices if code in known), "")

    @property
    def mail_language(self) -> str:
        """Return the language of mails to the user."""
        return self.known_language or settings.LANGUAGE_CODE

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None


class FormerNickname(models.Model):
    """A former nickname: it redirects to its user, and nobody else can take it.

    After ``until`` another user can take it, and then it is theirs. One that is not
    ``public`` was replaced by moderators: its user can log in with it, but it does not
    redirect.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="former_nicknames"
    )
    name = models.CharField(
        _("nickname"), max_length=NICKNAME_MAX_LENGTH, unique=True, editable=False
    )
    skeleton = models.GeneratedField(
        expression=skeleton_of("name"),
        output_field=models.CharField(max_length=NICKNAME_MAX_LENGTH),
        db_persist=True,
        db_index=True,
    )
    until = models.DateTimeField(_("held until"))
    public = models.BooleanField(default=True, editable=False)

    class Meta:
        """Unique ignoring case, like the nicknames themselves."""

        verbose_name = _("former nickname")
        verbose_name_plural = _("former nicknames")
        constraints = (
            models.UniqueConstraint(
                Lower("name"), name="accounts_formernickname_name_ci"
            ),
        )

    def __str__(self) -> str:
        return self.name


def check_nickname(nickname: str, user: User | None = None) -> None:
    """Raise ``ValidationError`` if ``user``, or None, cannot have the nickname.

    It is refused if another user has it or one that looks like it, or if it is on hold
    for another user.
    """
    own = user.pk if user else None
    others = User.objects.similar_to(nickname).exclude(pk=own)
    taken: str | None = others.values_list("username", flat=True).first()
    if taken is not None:
        same = taken.lower() == nickname.lower()
        raise ValidationError(
            NICKNAME_TAKEN if same else NICKNAME_TOO_SIMILAR, code="unique"
        )
    held = FormerNickname.objects.filter(
        skeleton=skeleton(nickname), until__gt=timezone.now()
    )
    if held.exclude(user=own).exists():
        raise ValidationError(NICKNAME_ON_HOLD, code="held")


for _model, _name in ((User, "username"), (User, "email"), (FormerNickname, "name")):
    _model._meta.get_field(_name).register_lookup(IndexedIExact)  # type: ignore[union-attr]
