"""The private parts of Django that this site uses, and no other module does.

``core/tests/test_django_internals.py`` notices what a new version changes.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.utils.translation import trans_real

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

# gettext's catalogue of a language, by its object in trans_real and its folder.
Loader = Callable[..., gettext.NullTranslations]

# Private names have no types.
_django: Any = trans_real
_gettext: Any = gettext

Row = TypeVar("Row")


def leave_out_of_log(response: HttpResponseBase) -> None:
    """Keep Django from logging a response with a status from 500 up as an error.

    ``django.utils.log.log_response`` would log one, too.
    """
    response._has_been_logged = True  # type: ignore[attr-defined]


def looked_up_user_id(request: HttpRequest) -> int | None:
    """Return the key of the user if a view or middleware has looked them up.

    ``request.user`` would ask the database.
    """
    user = getattr(request, "_cached_user", None)
    return getattr(user, "pk", None)


def is_non_atomic(view: Callable[..., Any]) -> bool:
    """Tell whether a view is marked by ``transaction.non_atomic_requests``."""
    return bool(getattr(view, "_non_atomic_requests", None))


def fetch_rows(queryset: QuerySet[Any, Row]) -> list[Row]:
    """Return the rows of a queryset, each time by a query; it keeps no result."""
    kept: Any = queryset
    return list(kept._iterable_class(kept))


def wrap_catalogue_loader(wrap: Callable[[Loader], Loader]) -> None:
    """Let ``wrap(loader)`` load catalogues, and forget those that were loaded.

    The loader takes Django's object for a language, a folder and
    ``use_null_fallback``. Django has no setting for it.
    """
    kind = _django.DjangoTranslation
    kind._new_gnu_trans = wrap(kind._new_gnu_trans)
    _django._translations = {}


def reload_catalogues(kind: type[gettext.NullTranslations]) -> None:
    """Read the catalogues of a class again, for the languages in use.

    Django's own way (``translation_file_changed``) empties what other threads are
    reading from; this replaces one language after the other, the default one first
    because the others fall back to it.
    """
    for key in list(_gettext._translations):
        if key[0] is kind:
            _gettext._translations.pop(key, None)
    known = _django._translations
    for language in sorted(known, key=lambda code: code != settings.LANGUAGE_CODE):
        known[language] = _django.DjangoTranslation(language)
    if _django._default is not None:
        _django._default = _django.translation(settings.LANGUAGE_CODE)
