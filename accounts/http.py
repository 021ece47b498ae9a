"""Request types."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class SignedInRequest(HttpRequest):
    """A request with a signed-in user, as in views that require a login."""

    user: User
    htmx: HtmxDetails
