"""Requests and answers of htmx, which asks for parts of pages (docs/frontend.md)."""

from __future__ import annotations

import re
from string import ascii_letters
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.crypto import get_random_string

_NONCE = re.compile("[A-Za-z]{20}")


def wants_part(request: HttpRequest) -> bool:
    """Return whether htmx sent the request."""
    return request.headers.get("HX-Request") == "true"


def nonce_of(request: HttpRequest) -> str:
    """Return the random mark of elements on which htmx may act in this response.

    A name in CSS, and new for each page: markup that somebody brought into a page
    cannot carry it. A part has the mark of its page, which our own element sent: no
    other site can send the header.
    """
    nonce: str = getattr(request, "htmx_nonce", "")
    if not nonce:
        sent = request.headers.get("HX-Nonce", "") if wants_part(request) else ""
        known = _NONCE.fullmatch(sent)
        nonce = sent if known else get_random_string(20, ascii_letters)
        request.htmx_nonce = nonce  # type: ignore[attr-defined]
    return nonce


def render_page_or_part(
    request: HttpRequest,
    page: str,
    part: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """Return the template ``page``, or for htmx ``part``, told apart by caches."""
    is_part = wants_part(request)
    template = part if is_part else page
    response = render(request, template, {**context, "is_part": is_part}, status=status)
    patch_vary_headers(response, ("HX-Request", "HX-Nonce"))
    return response
