"""Actions of moderators: suspend, reinstate, replace nickname, empty about me."""

from __future__ import annotations

import secrets
from contextlib import suppress

from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.address_changes import is_confirmed
from accounts.emails import send_nickname_replaced
from accounts.models import FormerNickname, SignUpRequest, User
from accounts.nicknames import FALLBACK, unique_nickname
from accounts.services import change_nickname
from social.services import adjust_counts, lock_relations

NICKNAME_ATTEMPTS = 5
NEUTRAL_NUMBERS = 1_000_000


@transaction.atomic
def suspend_user(*, user: User, by: User) -> bool:
    """Suspend a user and end all their sessions at once.

    Return False if they were suspended before. Raises ``ValidationError`` for oneself
    and for members of the staff.
    """
    if user == by:
        raise ValidationError(_("You cannot suspend yourself."))
    if user.is_staff or user.is_superuser:
        raise ValidationError(
            _("%(nickname)s belongs to the staff and cannot be suspended.")
            % {"nickname": user.username}
        )
    lock_relations(user)
    changed = User.objects.visible().filter(pk=user.pk)
    if not changed.update(suspended_at=timezone.now(), is_active=False):
        return False
    user.refresh_from_db()
    for session in UserSession.objects.filter(user=user):
        session.end()
    adjust_counts(user, -1)
    _log(user, by, gettext_noop("Suspended."))
    return True


@transaction.atomic
def reinstate_user(*, user: User, by: User) -> bool:
    """Reinstate a suspended user; return False if they were not suspended.

    Raises ``ValidationError`` for a sign-up that waits for approval.
    """
    waiting = SignUpRequest.objects.filter(user=user, approved=None)
    if waiting.filter(created_at=F("user__suspended_at")).exists():
        raise ValidationError(
            _("%(nickname)s waits for approval: decide in the list of sign-ups.")
            % {"nickname": user.username}
        )
    lock_relations(user)
    changed = User.objects.suspended().filter(pk=user.pk)
    if not changed.update(suspended_at=None, is_active=True):
        return False
    user.refresh_from_db()
    adjust_counts(user, 1)
    _log(user, by, gettext_noop("Reinstated."))
    return True


@transaction.atomic
def replace_nickname(*, user: User, by: User) -> bool:
    """Give a user a neutral nickname, such as ``user48213``.

    They are told by mail and can log in with the old one, which does not redirect.
    Raises ``ValidationError`` for members of the staff.
    """
    _refuse_staff(user)
    for _attempt in range(NICKNAME_ATTEMPTS):
        number = secrets.randbelow(NEUTRAL_NUMBERS)
        nickname = unique_nickname(f"{FALLBACK}{number}")
        with suppress(IntegrityError), transaction.atomic():
            # The offending nickname may be an earlier one that the user changed
            # themselves.
            FormerNickname.objects.filter(user=user).update(public=False)
            change_nickname(user=user, nickname=nickname, public=False, limited=False)
            if is_confirmed(user):
                send_nickname_replaced(user)
            _log(user, by, gettext_noop("Replaced the nickname."))
            return True
    raise ValidationError(_("Please try again."))


@transaction.atomic
def empty_about_me(*, user: User, by: User) -> bool:
    """Empty a user's about me; return False if it was empty.

    Raises ``ValidationError`` for members of the staff.
    """
    _refuse_staff(user)
    if not user.about_me:
        return False
    user.about_me = ""
    user.save(update_fields=["about_me"])
    _log(user, by, gettext_noop("Emptied “about me”."))
    return True


def _refuse_staff(user: User) -> None:
    if user.is_staff or user.is_superuser:
        raise ValidationError(
            _("%(nickname)s belongs to the staff and cannot be moderated.")
            % {"nickname": user.username}
        )


def _log(user: User, by: User, message: str) -> None:
    LogEntry.objects.log_actions(by.pk, [user], CHANGE, message, single_object=True)
