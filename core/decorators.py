"""Decorators of views."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar, cast

from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.functional import Promise

View = TypeVar("View", bound=Callable[..., object])

NOT_DONE = _("Your session had ended, so nothing was changed. Please try again.")


def post_action(not_done: str | Promise = NOT_DONE) -> Callable[[View], View]:
    """Decorate a view that accepts POST only.

    ``not_done`` is the message after a login if the session had ended before the user
    pressed the button.
    """

    def decorate(view: View) -> View:
        checked = require_POST(view)
        checked.post_only = True  # type: ignore[attr-defined]
        checked.not_done = not_done  # type: ignore[attr-defined]
        return checked

    return decorate


def view_by_method(*, get: View, post: View) -> View:
    """Return one view for a URL with a page and a form.

    GET and HEAD are handled by ``get``, POST by ``post``.
    """

    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(get)
    def view(request: HttpRequest, *args: object, **kwargs: object) -> object:
        chosen = post if request.method == "POST" else get
        return chosen(request, *args, **kwargs)

    view.not_done = post.not_done  # type: ignore[attr-defined]
    return cast("View", view)
