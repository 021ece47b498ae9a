"""Suspending people, and the address that an unconfirmed account holds."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from accounts.signals import (
    person_reinstated,
    person_state_changing,
    person_suspended,
)


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
    """Let a suspended person return; False when they were not suspended."""
    person_state_changing.send(sender=User, person=person)
    changed = User.objects.hidden().filter(pk=person.pk)
    if not changed.update(suspended_at=None, is_active=True):
        return False
    person.refresh_from_db()
    person_reinstated.send(sender=User, person=person)
    _log(person, by, gettext_noop("Reinstated."))
    return True


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
    used = holder.last_login is not None or holder.is_suspended
    if trusted or used or not addresses.exists():
        return False
    holder.delete()
    return True


def _log(person: User, by: User, message: str) -> None:
    LogEntry.objects.log_actions(by.pk, [person], CHANGE, message, single_object=True)
