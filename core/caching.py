"""Whatever a view does not say otherwise about is for one reader only."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control


class PrivateByDefaultMiddleware:
    """Middleware: no shared cache may keep a page, and browsers ask again.

    A reader's own cache may answer a feed with 304. Static files and avatars say
    themselves that they may be kept for ever.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with a rule for caches."""
        response = self.get_response(request)
        if "Cache-Control" not in response:
            patch_cache_control(response, private=True, no_cache=True)
        return response
