"""Views for following and unfollowing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.shortcuts import get_user_or_404
from core import errors
from core.decorators import post_action
from core.links import redirect_back
from core.rate_limits import consume
from social.relations import get_relation
from social.services import follow_user, unfollow_user

if TYPE_CHECKING:
    from accounts.http import SignedInRequest
    from accounts.models import User


@post_action(
    gettext_lazy("Your session had ended, so nobody was followed. Please try again.")
)
def follow(request: SignedInRequest, nickname: str) -> HttpResponse:
    user = get_user_or_404(nickname)
    name = {"nickname": user.username}
    if user == request.user:
        messages.error(request, _("You can't follow yourself!"))
    elif not consume(request, "follow").allowed:
        return _too_often(request, user)
    elif follow_user(follower=request.user, followed=user):
        messages.success(request, _("You are now following %(nickname)s!") % name)
    else:
        messages.error(request, _("Cannot follow %(nickname)s.") % name)
    return _answer(request, user)


@post_action(
    gettext_lazy("Your session had ended, so nobody was unfollowed. Please try again.")
)
def unfollow(request: SignedInRequest, nickname: str) -> HttpResponse:
    user = get_user_or_404(nickname)
    name = {"nickname": user.username}
    if user == request.user:
        messages.error(request, _("You can't unfollow yourself!"))
    elif not consume(request, "follow").allowed:
        return _too_often(request, user)
    elif unfollow_user(follower=request.user, followed=user):
        messages.success(request, _("You have stopped following %(nickname)s.") % name)
    else:
        messages.error(request, _("Cannot unfollow %(nickname)s.") % name)
    return _answer(request, user)


def _too_often(request: SignedInRequest, user: User) -> HttpResponse:
    text = _(
        "You have followed or unfollowed many people. Nothing was changed. Please wait "
        "a minute, then go back and try again."
    )
    if request.htmx:
        messages.error(request, text)
        return _answer(request, user, status=429)
    return errors.page(request, 429, text)


def _answer(request: SignedInRequest, user: User, status: int = 200) -> HttpResponse:
    """Return to the page; give htmx the button, the count and the messages."""
    if not request.htmx:
        return redirect_back(request, user)
    user.refresh_from_db(fields=["follower_count"])
    in_card = request.htmx.target == "card-follow"
    context = {
        "profile_user": user,
        "relation": get_relation(request.user, user),
        "place": "card" if in_card else "profile",
    }
    return render(request, "social/_follow_answer.html", context, status=status)
