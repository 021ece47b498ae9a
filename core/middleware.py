"""Middleware of the whole site."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import get_script_prefix, is_valid_path
from django.utils.encoding import iri_to_uri
from django.utils.http import escape_leading_slashes


class RemoveSlashMiddleware:
    """Lead from ``/explore/`` to ``/explore``.

    The opposite of what Django's ``CommonMiddleware`` does for addresses that end
    with a slash, such as those of the admin.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the next middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Redirect where only the address without its slash is known."""
        response = self.get_response(request)
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
