"""Invalid filters in URLs of the admin."""

from __future__ import annotations

import logging

from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import FieldError
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from core.transactions import SAFE_METHODS

logger = logging.getLogger(__name__)

# What a year of 99999999, a text in place of a range or a broken regular expression
# raises when the list is fetched or rendered. Any other error is raised again without
# the filters.
BAD_FILTER = (
    ArithmeticError,
    DatabaseError,
    FieldError,
    LookupError,
    TypeError,
    ValueError,
)


class AdminFilterMiddleware(MiddlewareMixin):
    """Handle invalid filters like Django's admin handles unknown ones.

    Django checks the names of filters and the format of some values, and redirects to
    ``?e=1``, which shows the list without them. Values of the right format that neither
    Python nor the database can represent fail later.
    """

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Redirect to the list without filters if they caused the exception."""
        match = request.resolver_match
        if (
            match is None
            # A failed action is no matter of filters.
            or request.method not in SAFE_METHODS
            or match.app_name != "admin"
            or not str(match.url_name).endswith("_changelist")
            or not isinstance(exception, BAD_FILTER)
            or set(request.GET) <= {ERROR_FLAG}
        ):
            return None
        logger.info("A list of the admin was asked for nonsense: %s", exception)
        return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
