"""The default of the header ``Cache-Control``: private."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control
from django.utils.deprecation import MiddlewareMixin


class CacheControlMiddleware(MiddlewareMixin):
    """Forbid shared caches to store a page, and make browsers revalidate it.

    A feed reader's own cache may get a 304. Static files and avatars set their own
    headers, which allow caches to keep them for ever.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Add a rule for caches where the view gave none."""
        if "Cache-Control" not in response:
            patch_cache_control(response, private=True, no_cache=True)
        return response
