"""What silk records of a request: nothing with which anybody could sign in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import silk.sql
from django.db.models.signals import pre_save
from django.urls import Resolver404, get_script_prefix, resolve
from silk.collector import DataCollector
from silk.middleware import SilkyMiddleware
from silk.models import Request, Response

from core.statements import REDACTED, plain_parameter, without_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

# Parts of addresses that everybody may know. Numbers are kept, too.
PLAIN_PARTS = frozenset(
    {"kind", "lang_id", "nickname", "po_filter", "provider_id", "seed"}
)
PLAIN_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "host",
        "hx-request",
        "user-agent",
        "vary",
    }
)


class ProfilingMiddleware(SilkyMiddleware):
    """silk's middleware without secrets of the recorded requests.

    An allowlist: texts in statements and their plans, bodies, most headers, and unknown
    words in URLs are not recorded.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Replace the functions with which silk records."""
        # silk formats each parameter with this function, and nothing else.
        silk.sql.force_str = plain_parameter
        pre_save.connect(redact_request, sender=Request, dispatch_uid="silk_request")
        pre_save.connect(redact_response, sender=Response, dispatch_uid="silk_response")
        super().__init__(get_response)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Remove texts from the plans of statements, then let silk store them."""
        if getattr(request, "silk_is_intercepted", False):
            for query in DataCollector().queries.values():
                # PostgreSQL repeats texts there.
                if plan := query.get("analysis"):
                    query["analysis"] = without_texts(plan)
        answer: HttpResponseBase = super().process_response(request, response)
        return answer


def plain_path(path: str) -> str:
    """Return a URL path without keys, tokens and other unknown segments.

    A path without a view may be a secret one with a typing error: nothing of it is
    kept.
    """
    prefix = get_script_prefix()
    try:
        match = resolve("/" + path.removeprefix(prefix))
    except Resolver404:
        return f"{prefix}{REDACTED}"
    for name, value in match.kwargs.items():
        if name not in PLAIN_PARTS and value and not str(value).isdecimal():
            path = path.replace(str(value), REDACTED)
    for value in match.args:
        path = path.replace(str(value), REDACTED)
    return path


def redact_request(instance: Request, **kwargs: Any) -> None:
    """Reduce a recorded request to what profiling needs."""
    instance.body = instance.raw_body = ""
    if not instance._state.adding:
        return
    instance.path = plain_path(instance.path)
    instance.encoded_headers = _plain_headers(instance.encoded_headers)
    if instance.query_params:
        query = json.loads(instance.query_params)
        plain = {name: v if v.isdecimal() else REDACTED for name, v in query.items()}
        instance.query_params = json.dumps(plain)


def redact_response(instance: Response, **kwargs: Any) -> None:
    """Reduce a recorded response to what profiling needs."""
    instance.body = instance.raw_body = ""
    instance.encoded_headers = _plain_headers(instance.encoded_headers)


def _plain_headers(encoded: str) -> str:
    headers = json.loads(encoded or "{}")
    return json.dumps(
        {
            name: value if name.lower() in PLAIN_HEADERS else REDACTED
            for name, value in headers.items()
        }
    )
