"""Forms that were sent after the session ended or another user logged in.

The text is kept in the session of the login page, and given back only to the user for
whom the form was rendered. A message about what was not done is shown after the login;
it is stored in a signed cookie, so that visitors create no rows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.core import signing

from core.links import is_site_url, nearest_page
from core.text import replace_forbidden

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict
    from django.http.response import HttpResponseBase

    from accounts.models import User

DRAFT_KEY = "draft"
OWNER_FIELD = "owner"
# What a form with texts says of its page, for what else it may be sent to.
PAGE_FIELD = "site_page"
# Never a field that holds a secret. The last are the fields of rosetta's form.
KEPT_FIELDS = re.compile(
    r"body|language|email|username|about_me|reason"
    r"|m_[0-9a-f]{32}(_[0-9])?|f_[0-9a-f]{32}"
)
FIELD_MAX_LENGTH = 2000
# Of all fields: several times what a page of rosetta has.
TEXTS_MAX_LENGTH = 20_000
KEPT_SECONDS = 3600
OWNER_SECONDS = 24 * 3600
COOKIE = "interrupted"
_SALT = "accounts.interruptions"


def owner_token(user: User) -> str:
    """Return a signed token with the id of the user for whom a form is rendered."""
    return signing.TimestampSigner(salt=_SALT).sign(str(user.pk))


def _owner(request: HttpRequest) -> str:
    """Return the user id from the submitted form's token, '' if it has none.

    Nor does a form that was opened more than ``OWNER_SECONDS`` ago.
    """
    token = request.POST.get(OWNER_FIELD, "")
    try:
        return signing.TimestampSigner(salt=_SALT).unsign(token, OWNER_SECONDS)
    except signing.BadSignature:
        return ""


def has_session(request: HttpRequest) -> bool:
    """Return whether the request brought a session that exists.

    A form of another site comes without the cookie, and a session made for it would
    take the place of the reader's own.
    """
    request.session.get(DRAFT_KEY)  # a key without a row is forgotten by reading
    return not request.session.is_empty()


def is_of_another_user(request: HttpRequest) -> bool:
    """Return whether the form is not that of the user who has logged in since."""
    user = _present_user(request)
    return bool(user) and _owner(request) not in {"", user}


def save_draft(request: HttpRequest) -> bool:
    """Keep the texts of a refused form; return whether there were any.

    Not those of another user than the one who has logged in since.
    """
    owner = _owner(request)
    if not owner or is_of_another_user(request):
        return False
    return _save(request, owner)


def save_draft_of_page(request: HttpRequest) -> None:
    """Keep the texts of a form for its page, which is shown again.

    Those of a visitor, too, whose form says no owner: its token has been checked.
    """
    _save(request, _owner(request) or _present_user(request))


def _present_user(request: HttpRequest) -> str:
    """Return the id of the user who is logged in, '' for a visitor."""
    return str(request.user.pk) if request.user.is_authenticated else ""


def _save(request: HttpRequest, owner: str) -> bool:
    texts = _texts(request.POST)
    if not texts:
        return False
    request.session[DRAFT_KEY] = {
        "owner": owner,
        "path": _path_of_form(request),
        "texts": texts,
    }
    if not request.user.is_authenticated:
        request.session.set_expiry(KEPT_SECONDS)
    return True


def _path_of_form(request: HttpRequest) -> str:
    """Return the path of the page on which the form stands."""
    page = request.POST.get(PAGE_FIELD, "")
    if page.startswith("/") and is_site_url(request, page):
        return urlsplit(nearest_page(page)).path or request.path
    return request.path


def _texts(data: QueryDict) -> dict[str, str]:
    """Return the fields worth keeping, as many as there is room for."""
    texts: dict[str, str] = {}
    room = TEXTS_MAX_LENGTH
    for name, value in data.items():
        if not value or not KEPT_FIELDS.fullmatch(name):
            continue
        text = replace_forbidden(str(value)[:FIELD_MAX_LENGTH])
        room -= len(name) + len(text)
        if room < 0:
            break
        texts[name] = text
    return texts


def pop_draft(request: HttpRequest) -> dict[str, str]:
    """Return and delete the texts kept for this page and this user."""
    draft = request.session.get(DRAFT_KEY)
    if not draft or draft["path"] != request.path:
        return {}
    del request.session[DRAFT_KEY]
    texts: dict[str, str] = draft["texts"]
    return texts if draft["owner"] == _present_user(request) else {}


def note_interruption(
    request: HttpRequest, response: HttpResponseBase, text: str
) -> None:
    """Set the cookie with the message about what was not done.

    The next login in this browser may be another user's, to whom the message about the
    first user's text is not shown. The message of a button is shown to both.
    """
    note = {"owner": _owner(request), "text": text}
    response.set_cookie(
        COOKIE,
        signing.dumps(note, salt=_SALT),
        max_age=KEPT_SECONDS,
        httponly=True,
        samesite="Lax",
        **_cookie_options(),
    )


def forget_interruption(request: HttpRequest, response: HttpResponseBase) -> None:
    """Delete the cookie of a message that has been shown."""
    if getattr(request, "interruption_told", False):
        path = _cookie_options()["path"]
        response.delete_cookie(COOKIE, path=path, samesite="Lax")


def _cookie_options() -> dict[str, Any]:
    return {
        "path": settings.SESSION_COOKIE_PATH,
        "secure": settings.SESSION_COOKIE_SECURE,
    }


def show_interruption(
    sender: object, request: HttpRequest | None, user: User, **kwargs: Any
) -> None:
    """Show the message about what was not done, unless it is for another user.

    The session of a login lasts as long as any other, whatever was kept in it before.
    """
    if request is None:
        return
    if request.session.get_expiry_age() == KEPT_SECONDS:
        # That was for the text of a visitor, and would end the login, too.
        request.session.set_expiry(None)
    draft = request.session.get(DRAFT_KEY)
    if draft and draft["owner"] != str(user.pk):
        del request.session[DRAFT_KEY]
    if COOKIE not in request.COOKIES:
        return
    request.interruption_told = True  # type: ignore[attr-defined]
    try:
        note = signing.loads(request.COOKIES[COOKIE], salt=_SALT, max_age=KEPT_SECONDS)
    except signing.BadSignature:
        return
    if note["owner"] in ("", str(user.pk)):
        messages.warning(request, note["text"])
