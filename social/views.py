"""Home, Explore, profiles."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import public_reading
from accounts.models import User


def home(request: HttpRequest) -> HttpResponse:
    """Show the posts of the people one follows and one's own (P2)."""
    return render(request, "social/home.html")


@public_reading
@require_safe
def explore(request: HttpRequest) -> HttpResponse:
    """Show everyone's posts."""
    return render(request, "social/explore.html")


@public_reading
@require_safe
def profile(request: HttpRequest, nickname: str) -> HttpResponse:
    """Show a person and their posts (A5)."""
    person = get_object_or_404(User.objects.visible().named(nickname))
    return render(request, "social/profile.html", {"person": person})
