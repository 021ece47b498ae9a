"""Views of home, Explore and profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.decorators import public_reading
from accounts.interruptions import pop_draft
from accounts.shortcuts import get_user_or_404
from core.decorators import post_action
from core.htmx import render_page_or_part
from core.pagination import read_cursor
from core.rate_limits import consume
from posts.forms import PostForm
from social.relations import Relation, get_relation
from timelines.pages import explore_page, home_page, profile_page

if TYPE_CHECKING:
    from accounts.http import SignedInRequest

# The posts of a page and the way to older ones.
POSTS = "timelines/_feed.html"


@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """Show the home timeline and the form for a post."""
    return _home(request, PostForm(initial=pop_draft(request)))


@post_action(
    gettext_lazy("Your session had ended, so your post was not sent. Please try again.")
)
def publish(request: SignedInRequest) -> HttpResponse:
    """Publish a post; show the form again with its errors (422, or 429)."""
    form = PostForm(request.POST)
    if not form.is_valid():
        return _home(request, form, status=422)
    if not consume(request, "post").allowed:
        text = _("You have posted a lot. Please wait a minute, then try again.")
        form.add_error(None, text)
        return _home(request, form, status=429)
    form.publish(request.user)
    messages.success(request, _("Your post is now live!"))
    return redirect("timelines:home")


def _home(request: SignedInRequest, form: PostForm, status: int = 200) -> HttpResponse:
    page = home_page(request.user, read_cursor(request))
    context = {"form": form, "page": page}
    return render_page_or_part(
        request, "timelines/home.html", POSTS, context, status=status
    )


@public_reading
@require_safe
def explore(request: HttpRequest) -> HttpResponse:
    page = explore_page(read_cursor(request))
    return render_page_or_part(request, "timelines/explore.html", POSTS, {"page": page})


@public_reading
@require_safe
def profile(request: HttpRequest, nickname: str) -> HttpResponse:
    user = get_user_or_404(nickname)
    if user.username != nickname:
        return redirect(user, permanent=True)
    reader = request.user
    between = get_relation(reader, user) if reader.is_authenticated else Relation()
    context = {
        "profile_user": user,
        "relation": between,
        "page": profile_page(user, read_cursor(request)),
    }
    return render_page_or_part(request, "timelines/profile.html", POSTS, context)
