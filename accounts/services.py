"""Changes of nicknames, and the release of unconfirmed addresses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TypeVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import FormerNickname, SignUpRequest, User, check_nickname
from core.mail_addresses import normalize_address

# So that nobody can block many nicknames.
MAX_FORMER_NICKNAMES = 5

Row = TypeVar("Row", User, EmailAddress)


@transaction.atomic
def change_nickname(
    *, user: User, nickname: str, public: bool = True, limited: bool = True
) -> bool:
    """Change a user's nickname; return False if it is the same.

    The user can still log in with the old one, which redirects to them if ``public``,
    and nobody else can take it for ``NICKNAME_HOLD_DAYS`` days. Raises
    ``ValidationError`` if the new one is on hold for another user or, if ``limited``,
    this user holds too many, and ``IntegrityError`` if another user has the new one, or
    one that looks like it.
    """
    users = User.objects.select_for_update()
    old: str = users.values_list("username", flat=True).get(pk=user.pk)
    user.username = nickname
    if nickname == old:
        return False
    if nickname.lower() != old.lower():
        FormerNickname.objects.filter(user=user, name__iexact=nickname).delete()
        _hold(user, old, limited=limited, public=public)
    user.save(update_fields=["username"])
    # After the unique index has made this transaction wait for the previous owner.
    check_nickname(nickname, user)
    return True


def _hold(user: User, name: str, *, limited: bool, public: bool) -> None:
    now = timezone.now()
    FormerNickname.objects.filter(name__iexact=name).delete()
    mine = list(FormerNickname.objects.filter(user=user).order_by("until"))
    too_many = mine[: max(0, len(mine) - MAX_FORMER_NICKNAMES + 1)]
    # The staff may make somebody hold more; nobody loses one before its time.
    if too_many and limited and too_many[0].until > now:
        raise ValidationError(
            _(
                "You have changed your nickname often. You can choose another new "
                "one after %(date)s, or one of your former ones now."
            )
            % {"date": formats.date_format(timezone.localdate(mine[0].until))},
            code="often",
        )
    for former in too_many:
        if former.until <= now:
            former.delete()
    until = now + timedelta(days=settings.NICKNAME_HOLD_DAYS)
    FormerNickname.objects.create(user=user, name=name, until=until, public=public)


def verified_owner(email: str) -> User | None:
    """Return the user who has confirmed this address."""
    email = normalize_address(email)
    confirmed = EmailAddress.objects.filter(email=email, verified=True)
    owners = _exactly(confirmed.select_related("user"), email)
    return owners[0].user if owners else None


def _exactly(rows: Iterable[Row], email: str) -> list[Row]:
    """Return the rows with this very address: MariaDB finds others, too.

    Its collations take "exámple.com" for "example.com".
    """
    return [row for row in rows if row.email.lower() == email]


@transaction.atomic
def release_address(email: str) -> bool:
    """Remove an address that nobody has confirmed from the accounts that claim it.

    For a user who has proved that it is theirs. A sign-up that was never confirmed, and
    so never used, is deleted; an account with another, confirmed address keeps that
    one. Return False if neither is the case (the account was created by the staff, or
    belongs to it).
    """
    email = normalize_address(email)
    holders = User.objects.select_for_update().filter(email__iexact=email)
    if not all(_release_account(holder) for holder in _exactly(holders, email)):
        return False
    claims = _exactly(EmailAddress.objects.filter(email=email, verified=False), email)
    EmailAddress.objects.filter(pk__in=[claim.pk for claim in claims]).delete()
    return True


def _release_account(holder: User) -> bool:
    addresses = EmailAddress.objects.filter(user=holder)
    other = addresses.filter(verified=True).order_by("-primary", "pk").first()
    if other is not None:
        holder.email = other.email
        holder.save(update_fields=["email"])
        return True
    trusted = holder.is_staff or holder.is_superuser or holder.groups.exists()
    # Who waits for approval is suspended until then.
    waits = SignUpRequest.objects.filter(user=holder, approved=None).exists()
    used = holder.last_login is not None or (holder.is_suspended and not waits)
    if trusted or used or not holder.signed_up:
        return False
    holder.delete()
    return True
