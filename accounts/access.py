"""Which pages may be read without a login (row A2)."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth.decorators import login_not_required

__all__ = ["login_not_required", "public_reading"]

View = TypeVar("View", bound=Callable[..., object])


def public_reading(view: View) -> View:
    """Let everybody read this page when the owner set ``PUBLIC_READING``."""
    view.public_reading = True  # type: ignore[attr-defined]
    return view
