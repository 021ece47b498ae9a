"""What is done to accounts: suspending, nicknames, addresses nobody confirmed."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.emails import send_nickname_replaced
from accounts.models import FormerNickname, SignUpRequest, User, check_nickname
from accounts.nicknames import FALLBACK, unique_nickname
from accounts.signals import (
    person_reinstated,
    person_state_changing,
    person_suspended,
)

# So that nobody keeps many names from others.
MAX_FORMER_NICKNAMES = 5
NICKNAME_ATTEMPTS = 5
NEUTRAL_NUMBERS = 1_000_000


@transaction.atomic
def suspend_user(*, person: User, by: User) -> bool:
    """Hide a person from every page and end their sessions at once.

    Returns False when they were suspended before. Raises ``ValidationError`` for
    oneself and for people of the staff.
    """
    if person == by:
        raise ValidationError(_("You cannot suspend yourself."))
    if person.is_staff or person.is_superuser:
        raise ValidationError(
            _("%(nickname)s belongs to the staff and cannot be suspended.")
            % {"nickname": person.username}
        )
    person_state_changing.send(sender=User, person=person)
    changed = User.objects.visible().filter(pk=person.pk)
    if not changed.update(suspended_at=timezone.now(), is_active=False):
        return False
    person.refresh_from_db()
    for session in UserSession.objects.filter(user=person):
        session.end()
    person_suspended.send(sender=User, person=person)
    _log(person, by, gettext_noop("Suspended."))
    return True


@transaction.atomic
def reinstate_user(*, person: User, by: User) -> bool:
    """Let a suspended person return; False when they were not suspended.

    Raises ``ValidationError`` for a sign-up that waits for approval.
    """
    if SignUpRequest.objects.filter(user=person, approved=None).exists():
        raise ValidationError(
            _("%(nickname)s waits for approval: decide in the list of sign-ups.")
            % {"nickname": person.username}
        )
    person_state_changing.send(sender=User, person=person)
    changed = User.objects.hidden().filter(pk=person.pk)
    if not changed.update(suspended_at=None, is_active=True):
        return False
    person.refresh_from_db()
    person_reinstated.send(sender=User, person=person)
    _log(person, by, gettext_noop("Reinstated."))
    return True


@transaction.atomic
def change_nickname(
    *, user: User, nickname: str, public: bool = True, limited: bool = True
) -> bool:
    """Give a person another nickname; False when they have it already.

    The old one goes on logging them in and, if ``public``, leading to them, and nobody
    else can take it for ``NICKNAME_HOLD_DAYS`` days. Raises ``ValidationError`` when
    the new one is held for somebody else or, if ``limited``, this person holds too
    many, and ``IntegrityError`` when somebody has the new one, or one that looks
    like it.
    """
    people = User.objects.select_for_update()
    old: str = people.values_list("username", flat=True).get(pk=user.pk)
    user.username = nickname
    if nickname == old:
        return False
    if nickname.lower() != old.lower():
        FormerNickname.objects.filter(user=user, name__iexact=nickname).delete()
        _hold(user, old, limited=limited, public=public)
    user.save(update_fields=["username"])
    # After the unique index has made us wait for whoever had it.
    check_nickname(nickname, user)
    return True


def _hold(user: User, name: str, *, limited: bool, public: bool) -> None:
    now = timezone.now()
    FormerNickname.objects.filter(name__iexact=name).delete()
    mine = list(FormerNickname.objects.filter(user=user).order_by("until"))
    if len(mine) >= MAX_FORMER_NICKNAMES:
        if limited and mine[0].until > now:
            raise ValidationError(
                _(
                    "You have changed your nickname often. You can choose another new "
                    "one after %(date)s, or one of your former ones now."
                )
                % {"date": formats.date_format(timezone.localdate(mine[0].until))},
                code="often",
            )
        mine[0].delete()
    until = now + timedelta(days=settings.NICKNAME_HOLD_DAYS)
    FormerNickname.objects.create(user=user, name=name, until=until, public=public)


def verified_owner(email: str) -> User | None:
    """Return the person who confirmed this address here."""
    confirmed = EmailAddress.objects.filter(email=email.lower(), verified=True)
    address = confirmed.select_related("user").first()
    return address.user if address else None


@transaction.atomic
def release_address(email: str) -> bool:
    """Take an address that nobody has confirmed from the accounts that claim it.

    For somebody who has proved that it is theirs. A sign-up that was never confirmed,
    and so never used, is deleted with its password and nickname; whoever has another,
    confirmed address keeps their account with that one. Returns False when neither is
    the case (the account was made by the staff, or is of the staff).
    """
    holder = User.objects.select_for_update().filter(email__iexact=email).first()
    if holder is not None and not _release_account(holder):
        return False
    EmailAddress.objects.filter(email=email.lower(), verified=False).delete()
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


@transaction.atomic
def replace_nickname(*, person: User, by: User) -> bool:
    """Give a person a nickname that says nothing, such as ``user48213``.

    They are told by mail, and can log in by the old one, which leads nobody to them.
    Raises ``ValidationError`` for people of the staff.
    """
    _refuse_staff(person)
    for _attempt in range(NICKNAME_ATTEMPTS):
        number = secrets.randbelow(NEUTRAL_NUMBERS)
        nickname = unique_nickname(f"{FALLBACK}{number}")
        with suppress(IntegrityError), transaction.atomic():
            # The bad one may be an earlier one that they have changed themselves.
            FormerNickname.objects.filter(user=person).update(public=False)
            change_nickname(user=person, nickname=nickname, public=False, limited=False)
            send_nickname_replaced(person)
            _log(person, by, gettext_noop("Replaced the nickname."))
            return True
    raise ValidationError(_("Please try again."))


@transaction.atomic
def empty_about_me(*, person: User, by: User) -> bool:
    """Empty what a person says about themselves; False when there was nothing.

    Raises ``ValidationError`` for people of the staff.
    """
    _refuse_staff(person)
    if not person.about_me:
        return False
    person.about_me = ""
    person.save(update_fields=["about_me"])
    _log(person, by, gettext_noop("Emptied “about me”."))
    return True


def _refuse_staff(person: User) -> None:
    if person.is_staff or person.is_superuser:
        raise ValidationError(
            _("%(nickname)s belongs to the staff and cannot be moderated.")
            % {"nickname": person.username}
        )


def _log(person: User, by: User, message: str) -> None:
    LogEntry.objects.log_actions(by.pk, [person], CHANGE, message, single_object=True)
