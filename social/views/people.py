"""Following and unfollowing, lists of people, the card on a nickname."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.access import public_reading
from accounts.limits import within_rate
from accounts.models import User
from core import errors
from core.actions import action
from core.cursors import paginate, read_cursor
from core.links import redirect_back
from social.models import Follow
from social.people import Relation, relation
from social.services import follow_user, unfollow_user
from social.views.lookup import person_or_404

if TYPE_CHECKING:
    from accounts.http import SignedInRequest


@action(
    gettext_lazy("Your session had ended, so nobody was followed. Please try again.")
)
def follow(request: SignedInRequest, nickname: str) -> HttpResponse:
    """Follow a person (S1)."""
    person = person_or_404(nickname)
    name = {"nickname": person.username}
    if person == request.user:
        messages.error(request, _("You can't follow yourself!"))
    elif not within_rate(request, "follow"):
        return _too_often(request)
    elif follow_user(follower=request.user, followed=person):
        messages.success(request, _("You are now following %(nickname)s!") % name)
    else:
        messages.error(request, _("Cannot follow %(nickname)s.") % name)
    return redirect_back(request, person)


@action(
    gettext_lazy("Your session had ended, so nobody was unfollowed. Please try again.")
)
def unfollow(request: SignedInRequest, nickname: str) -> HttpResponse:
    """Stop following a person (S1)."""
    person = person_or_404(nickname)
    name = {"nickname": person.username}
    if person == request.user:
        messages.error(request, _("You can't unfollow yourself!"))
    elif not within_rate(request, "follow"):
        return _too_often(request)
    elif unfollow_user(follower=request.user, followed=person):
        messages.success(request, _("You have stopped following %(nickname)s.") % name)
    else:
        messages.error(request, _("Cannot unfollow %(nickname)s.") % name)
    return redirect_back(request, person)


def _too_often(request: HttpRequest) -> HttpResponse:
    text = _(
        "You have followed or unfollowed many people. Nothing was changed. Please wait "
        "a minute, then go back and try again."
    )
    return errors.page(request, 429, text)


@public_reading
@require_safe
def followers(request: HttpRequest, nickname: str) -> HttpResponse:
    """List the people who follow a person, the latest first."""
    return _people(request, nickname, "follower")


@public_reading
@require_safe
def following(request: HttpRequest, nickname: str) -> HttpResponse:
    """List the people whom a person follows, the latest first."""
    return _people(request, nickname, "followed")


def _people(
    request: HttpRequest, nickname: str, shown: Literal["follower", "followed"]
) -> HttpResponse:
    person = person_or_404(nickname)
    hidden = User.objects.hidden().values("pk")
    follows: QuerySet[Follow]
    if shown == "follower":
        follows = Follow.objects.filter(followed=person).exclude(follower__in=hidden)
    else:
        follows = Follow.objects.filter(follower=person).exclude(followed__in=hidden)
    # Not joined: MariaDB would sort all followers (see PostQuerySet.with_authors).
    follows = follows.prefetch_related(shown)
    page = paginate(follows, read_cursor(request), settings.POSTS_PER_PAGE)
    context = {
        "person": person,
        "page": page,
        "people": [getattr(row, shown) for row in page.rows],
        "shown": shown,
    }
    return render(request, "social/people.html", context)


@public_reading
@require_safe
def card(request: HttpRequest, nickname: str) -> HttpResponse:
    """Show what matters about a person, for the pointer that rests on a nickname."""
    person = person_or_404(nickname)
    reader = request.user
    between = relation(reader, person) if reader.is_authenticated else Relation()
    response = render(
        request, "social/_card.html", {"person": person, "relation": between}
    )
    response["Cache-Control"] = "private, max-age=60"
    return response
