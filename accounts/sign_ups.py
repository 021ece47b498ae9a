"""Who can sign up (``SIGNUPS``), invitations and approval."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from allauth.account.stages import LoginStage
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.emails import send_sign_up_decision
from accounts.models import Invitation, SignUpRequest, User
from accounts.signals import sign_ups_waiting
from core.ids import MAX_AHEAD

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

INVITATION_KEY = "invitation"
ANNOUNCE_EVERY = timedelta(days=1)


# Invitations


def store_invitation(invitation: Invitation) -> str:
    """Store a new invitation and return its token."""
    token = secrets.token_urlsafe(24)
    invitation.token_hash = Invitation.hash_token(token)
    invitation.save()
    return token


def remember_invitation(request: HttpRequest, token: str) -> bool:
    """Keep the token in the session; return False if it cannot be used."""
    if not Invitation.objects.usable().with_token(token).exists():
        return False
    request.session[INVITATION_KEY] = token
    return True


def is_invited(request: HttpRequest) -> bool:
    """Return whether the visitor has an invitation that can be used."""
    token = request.session.get(INVITATION_KEY, "")
    usable = Invitation.objects.usable()
    return bool(token) and usable.with_token(token).exists()


def _use_invitation(request: HttpRequest) -> bool:
    """Count one use, exactly: of two concurrent last uses, one succeeds."""
    token = request.session.get(INVITATION_KEY, "")
    if not token:
        return False
    usable = Invitation.objects.usable().with_token(token)
    used = usable.update(uses_left=F("uses_left") - 1)
    if used:
        del request.session[INVITATION_KEY]
    return bool(used)


# Signing up


def can_sign_up(request: HttpRequest) -> bool:
    """Return whether the visitor can sign up; queries for invitations only."""
    if settings.SIGNUPS == "invitation":
        return is_invited(request)
    return bool(settings.SIGNUPS != "closed")


def check_open(request: HttpRequest) -> None:
    """Raise ``ImmediateHttpResponse`` with a 403 if the visitor cannot sign up."""
    if not can_sign_up(request):
        raise ImmediateHttpResponse(closed_page(request))


def closed_page(request: HttpRequest, *, ended: bool = False) -> HttpResponse:
    """Return the page (403) that says who can sign up."""
    if ended:
        text = _(
            "This invitation has ended, or has been used as often as it may. Please "
            "ask for another one."
        )
    elif settings.SIGNUPS == "invitation":
        text = _(
            "One can sign up here with an invitation only: please open the link that "
            "you were sent."
        )
    else:
        text = _("This site takes no new members at the moment.")
    return render(request, "account/signup_closed.html", {"text": text}, status=403)


def admit_or_queue(request: HttpRequest, user: User, reason: str = "") -> None:
    """Admit a user who was just stored, or queue the sign-up for approval.

    Call it in the transaction that stores the user. Raises ``ImmediateHttpResponse`` if
    nobody can sign up, or no longer with this invitation.
    """
    if settings.SIGNUPS == "open":
        return
    check_open(request)
    if _use_invitation(request):
        return
    if settings.SIGNUPS == "invitation":
        raise ImmediateHttpResponse(closed_page(request, ended=True))
    now = timezone.now()
    user.suspended_at, user.is_active = now, False
    user.save(update_fields=["suspended_at", "is_active"])
    # The same moment tells this suspension from those that moderators decide on.
    SignUpRequest.objects.create(user=user, reason=reason, created_at=now)


# Approval


def sign_up_request(user: User) -> SignUpRequest | None:
    """Return the user's undecided or refused request; no query for active users."""
    if user.is_active:
        return None
    return SignUpRequest.objects.filter(user=user).exclude(approved=True).first()


class ApprovalStage(LoginStage):
    """The login stage, after the address is confirmed, at which users wait."""

    key = "approval"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Return the redirect to the waiting page, or None to continue."""
        request = sign_up_request(self.login.user) if self.login.user else None
        if request is None:
            return None, True
        if request.approved is None:
            _announce(request)
            return redirect("accounts:sign-up-waiting"), False
        return redirect("accounts:sign-up-refused"), False


def _announce(request: SignUpRequest) -> None:
    """Notify the moderators, now or a day after the last notification."""
    if request.announced_at:
        return
    now = timezone.now()
    with transaction.atomic():
        # What lies further ahead is of a clock that has been set right since.
        told = SignUpRequest.objects.filter(
            announced_at__lte=now + ANNOUNCE_EVERY + MAX_AHEAD
        )
        last = told.aggregate(at=Max("announced_at"))["at"]
        if last and last > now:
            return  # The scheduled mail covers this user, too.
        when = max(now, last + ANNOUNCE_EVERY) if last else now
        SignUpRequest.objects.filter(pk=request.pk).update(announced_at=when)
        sign_ups_waiting.send(sender=SignUpRequest, when=when)


@transaction.atomic
def decide_sign_up(*, request: SignUpRequest, approved: bool, by: User) -> bool:
    """Approve or refuse a sign-up and mail the user; False if it was decided before.

    Raises ``ValidationError`` for members of the staff and for those whom moderators
    have suspended, who return by ``reinstate_user`` only, which counts them again.
    """
    undecided = SignUpRequest.objects.filter(pk=request.pk, approved=None)
    now = timezone.now()
    if not undecided.update(approved=approved, decided_at=now, decided_by=by):
        return False
    row = SignUpRequest.objects.get(pk=request.pk)
    user = User.objects.select_for_update().get(pk=row.user_id)
    _refuse_others(row, user)
    if approved:
        user.suspended_at, user.is_active = None, True
        user.save(update_fields=["suspended_at", "is_active"])
    send_sign_up_decision(user, approved=approved)
    return True


def _refuse_others(request: SignUpRequest, user: User) -> None:
    """Raise ``ValidationError`` unless the sign-up is what keeps this user out."""
    if user.is_staff or user.is_superuser:
        raise ValidationError(
            _("%(nickname)s belongs to the staff and cannot be moderated.")
            % {"nickname": user.username}
        )
    if user.suspended_at != request.created_at:
        raise ValidationError(
            _("%(nickname)s is not waiting for approval.") % {"nickname": user.username}
        )
