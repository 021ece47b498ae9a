"""Home, Explore, profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import public_reading
from accounts.interruptions import take_draft
from accounts.limits import within_rate
from core.actions import tell_if_not_done
from core.cursors import read_cursor
from posts.forms import PostForm
from social.people import Relation, relation
from social.timelines import explore_page, home_page, profile_page
from social.views.lookup import person_or_404

if TYPE_CHECKING:
    from accounts.http import SignedInRequest


@tell_if_not_done(
    gettext_lazy("Your session had ended, so your post was not sent. Please try again.")
)
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: SignedInRequest) -> HttpResponse:
    """Show the posts of the people one follows and one's own; post (P1, P2)."""
    status = 200
    if request.method == "POST":
        form = PostForm(request.POST)
        if form.is_valid() and within_rate(request, "post"):
            form.publish(request.user)
            messages.success(request, _("Your post is now live!"))
            return redirect("social:home")
        status = 422
        if form.is_valid():
            text = _("You have posted a lot. Please wait a minute, then try again.")
            form.add_error(None, text)
            status = 429
    else:
        form = PostForm(initial=take_draft(request))
    page = home_page(request.user, read_cursor(request))
    context = {"form": form, "page": page}
    return render(request, "social/home.html", context, status=status)


@public_reading
@require_safe
def explore(request: HttpRequest) -> HttpResponse:
    """Show everybody's posts."""
    page = explore_page(read_cursor(request))
    return render(request, "social/explore.html", {"page": page})


@public_reading
@require_safe
def profile(request: HttpRequest, nickname: str) -> HttpResponse:
    """Show a person and their posts (A5)."""
    person = person_or_404(nickname)
    if person.username != nickname:
        return redirect(person, permanent=True)
    reader = request.user
    between = relation(reader, person) if reader.is_authenticated else Relation()
    context = {
        "person": person,
        "relation": between,
        "page": profile_page(person, read_cursor(request)),
    }
    return render(request, "social/profile.html", context)
