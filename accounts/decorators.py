"""Views that can be read without a login where the owner allows it."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth.decorators import login_not_required

__all__ = ["login_not_required", "public_reading"]

View = TypeVar("View", bound=Callable[..., object])


def public_reading(view: View) -> View:
    """Let visitors read the view when ``PUBLIC_READING`` is set."""
    view.public_reading = True  # type: ignore[attr-defined]
    return view
