"""The page with a user's secret feed URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.feed_keys import (
    KEY_PARAMETER,
    feed_key,
    remove_feed_key,
    renew_feed_key,
)
from accounts.reauthentication import sensitive_if
from core.links import absolute_url
from core.transactions import SAFE_METHODS

if TYPE_CHECKING:
    from accounts.http import SignedInRequest


def _makes_key(request: HttpRequest) -> bool:
    """Return whether the request creates a key, which outlives the session."""
    return request.method not in SAFE_METHODS and "remove" not in request.POST


@sensitive_if(_makes_key)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def feeds(request: SignedInRequest) -> HttpResponse:
    """Show the user's feed URLs; create new ones, or remove them."""
    if request.method == "POST":
        if "remove" in request.POST:
            remove_feed_key(request.user)
            messages.success(request, _("Your feed addresses no longer work."))
        else:
            renew_feed_key(request.user)
            messages.success(request, _("Your new feed addresses are ready."))
        return redirect("timelines:feeds")
    key = feed_key(request.user)
    query = urlencode({KEY_PARAMETER: key})
    addresses = [
        (title, absolute_url(reverse(name)) + (f"?{query}" if secret else ""))
        for title, name, secret in (
            (_("Home"), "timelines:home-feed", True),
            (_("Explore"), "timelines:explore-feed", not settings.PUBLIC_READING),
        )
    ]
    context = {"addresses": addresses if key else []}
    return render(request, "timelines/feeds.html", context)
