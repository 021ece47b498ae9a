"""Views of lists of users, and the card of a user."""

from __future__ import annotations

from typing import Literal

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.decorators import public_reading
from accounts.models import User
from accounts.shortcuts import get_user_or_404
from core.htmx import render_page_or_part
from core.pagination import paginate, read_cursor
from social.models import Follow
from social.relations import Relation, get_relation


@public_reading
@require_safe
def followers(request: HttpRequest, nickname: str) -> HttpResponse:
    """List a user's followers, the latest first."""
    return _users(request, nickname, "follower")


@public_reading
@require_safe
def following(request: HttpRequest, nickname: str) -> HttpResponse:
    """List the users whom a user follows, the latest first."""
    return _users(request, nickname, "followed")


def _users(
    request: HttpRequest, nickname: str, shown: Literal["follower", "followed"]
) -> HttpResponse:
    user = get_user_or_404(nickname)
    hidden = User.objects.suspended().values("pk")
    follows: QuerySet[Follow]
    if shown == "follower":
        follows = Follow.objects.filter(followed=user).exclude(follower__in=hidden)
    else:
        follows = Follow.objects.filter(follower=user).exclude(followed__in=hidden)
    # Not joined: MariaDB would sort all followers (see PostQuerySet.with_authors).
    follows = follows.prefetch_related(shown)
    page = paginate(follows, read_cursor(request), settings.POSTS_PER_PAGE)
    context = {
        "profile_user": user,
        "page": page,
        "users": [getattr(row, shown) for row in page.rows],
        "shown": shown,
    }
    return render_page_or_part(
        request, "timelines/users.html", "timelines/_users.html", context
    )


@public_reading
@require_safe
def card(request: HttpRequest, nickname: str) -> HttpResponse:
    """Return the fragment that is shown when the pointer rests on a nickname."""
    user = get_user_or_404(nickname)
    reader = request.user
    between = get_relation(reader, user) if reader.is_authenticated else Relation()
    context = {"profile_user": user, "relation": between}
    return render(request, "timelines/_card.html", context)
