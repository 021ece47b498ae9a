"""Middleware for URLs."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import get_script_prefix, is_valid_path
from django.utils.deprecation import MiddlewareMixin
from django.utils.encoding import iri_to_uri
from django.utils.http import escape_leading_slashes


class RemoveSlashMiddleware(MiddlewareMixin):
    """Redirect from ``/explore/`` to ``/explore``.

    The opposite of Django's ``APPEND_SLASH``, except for URLs that end with a slash,
    such as those of the admin.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Redirect if only the URL without the slash exists."""
        path = request.path_info
        bare = path.rstrip("/")
        if (
            response.status_code == HTTPStatus.NOT_FOUND
            and request.method in {"GET", "HEAD"}
            and path != bare
            # Browsers resolve these segments themselves.
            and not {".", ".."} & set(bare.split("/"))
            and is_valid_path(bare)
            and not is_valid_path(path)
        ):
            query = request.META.get("QUERY_STRING", "")
            url = get_script_prefix() + iri_to_uri(bare.lstrip("/"))
            url = escape_leading_slashes(url)
            return HttpResponsePermanentRedirect(f"{url}?{query}" if query else url)
        return response
