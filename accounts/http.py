"""Typed requests."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class SignedInRequest(HttpRequest):
    """The request of a view that asks for a login."""

    user: User
    htmx: HtmxDetails
