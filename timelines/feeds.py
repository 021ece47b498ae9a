"""Views of Atom feeds: Explore, a user, and one's own home timeline.

A feed reader has no cookies. Where pages require a login, feeds are read by a secret
URL (``accounts.feed_keys``), which opens feeds and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.feed_keys import KEY_PARAMETER, user_with_key
from accounts.shortcuts import get_user_or_404
from core import errors
from core.availability import optional_write
from core.links import absolute_url
from core.pagination import Cursor, paginate
from core.rate_limits import consume
from core.redaction import STARS
from posts.models import Post
from timelines.atom import AtomFeed, stable_id, write_feed
from timelines.pages import home_page

if TYPE_CHECKING:
    from accounts.models import User

FEED_SIZE = 20
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
View = Callable[..., HttpResponseBase]


def _readable_by_key(feed: Callable[..., AtomFeed], *, public: bool) -> View:
    """Return the view of a feed; ``feed`` gets the reader, None for a visitor.

    A reader is identified by the key in the URL or, in a browser, by the session. A
    ``public`` feed needs neither if ``PUBLIC_READING`` is set.
    """

    @login_not_required
    @require_safe
    @wraps(feed)
    def view(request: HttpRequest, **kwargs: str) -> HttpResponseBase:
        key = request.GET.get(KEY_PARAMETER)
        if key is not None:
            _hide_key(request)
            return _by_key(request, key, feed, kwargs)
        if request.user.is_authenticated:
            return _answer(request, feed(request.user, **kwargs))
        if public and settings.PUBLIC_READING:
            return _answer(request, feed(None, **kwargs))
        return redirect_to_login(request.get_full_path())

    return view


def _by_key(
    request: HttpRequest,
    key: str,
    feed: Callable[..., AtomFeed],
    kwargs: dict[str, str],
) -> HttpResponseBase:
    """Return the feed for the key's owner, in their language; 404 for a wrong key.

    Only wrong keys are counted, and only if the database can be written, so that
    reading needs no write.
    """
    reader = user_with_key(key)
    if reader is None:
        allowed = True
        with optional_write():
            allowed = consume(request, "feed_key").allowed
        if not allowed:
            return errors.too_many_requests(request)
        raise Http404(_("This address of a feed is not valid, or no longer."))
    with override(reader.mail_language):
        shown = feed(reader, **kwargs)
        address = f"{shown.address}?{urlencode({KEY_PARAMETER: key})}"
        response = _answer(request, replace(shown, address=address))
    response["Referrer-Policy"] = "no-referrer"
    return response


def _answer(request: HttpRequest, feed: AtomFeed) -> HttpResponseBase:
    """Return the feed, or 304 if the feed reader has the current one.

    The ETag covers the whole document, so that it changes with every part. There is no
    Last-Modified: a deleted post leaves no date behind, so conditional requests by date
    alone get the feed (RFC 9110, 13.1.3).
    """
    content = write_feed(feed)
    response = HttpResponse(content, "application/atom+xml; charset=utf-8")
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response["ETag"] = etag
    answer = get_conditional_response(request, etag=etag, response=response)
    return answer or response


def _hide_key(request: HttpRequest) -> None:
    """Take the key out of what logs, reports of errors and profilers write down.

    ``hidden_query`` keeps it for a redirect to a user's current nickname.
    """
    request.hidden_query = request.META.get("QUERY_STRING", "")  # type: ignore[attr-defined]
    request.GET = QueryDict()
    request.META["QUERY_STRING"] = ""
    for name in ("RAW_URI", "REQUEST_URI"):
        if name in request.META:
            path = request.META[name].partition("?")[0]
            request.META[name] = f"{path}?{STARS}"


def _explore(reader: User | None) -> AtomFeed:
    """Return the newest posts of everybody; two queries."""
    posts = Post.objects.visible().with_authors()
    rows = paginate(posts, Cursor(), FEED_SIZE).rows
    return AtomFeed(
        id=stable_id("explore"),
        title=_("Everybody's posts on %(site)s") % {"site": settings.SITE_NAME},
        language=get_language() or settings.LANGUAGE_CODE,
        page=absolute_url(reverse("timelines:explore")),
        address=absolute_url(reverse("timelines:explore-feed")),
        updated=_updated(rows),
        posts=rows,
    )


def _profile(reader: User | None, nickname: str) -> AtomFeed:
    """Return the newest posts of one user; two queries."""
    user = get_user_or_404(nickname)
    rows = paginate(Post.objects.by(user), Cursor(), FEED_SIZE).rows
    for post in rows:
        post.author = user
    name = {"nickname": user.username, "site": settings.SITE_NAME}
    return AtomFeed(
        id=stable_id("user", user.pk),
        title=_("%(nickname)s on %(site)s") % name,
        language=get_language() or settings.LANGUAGE_CODE,
        page=absolute_url(user.get_absolute_url()),
        address=absolute_url(reverse("timelines:profile-feed", args=[user.username])),
        updated=max(_updated(rows), user.profile_changed_at),
        posts=rows,
        subtitle=user.about_me,
    )


def _home(reader: User) -> AtomFeed:
    """Return the newest posts of the users whom the reader follows and their own."""
    rows = home_page(reader, Cursor(), FEED_SIZE).rows
    name = {"nickname": reader.username, "site": settings.SITE_NAME}
    return AtomFeed(
        id=stable_id("user", reader.pk, "home"),
        title=_("The home page of %(nickname)s on %(site)s") % name,
        language=get_language() or settings.LANGUAGE_CODE,
        page=absolute_url(reverse("timelines:home")),
        address=absolute_url(reverse("timelines:home-feed")),
        updated=_updated(rows),
        posts=rows,
    )


def _updated(posts: list[Post]) -> datetime:
    """Return the time of the newest post or changed profile of an author."""
    moments = [post.created_at for post in posts]
    moments += [post.author.profile_changed_at for post in posts]
    return max(moments, default=NEVER)


explore_feed = _readable_by_key(_explore, public=True)
profile_feed = _readable_by_key(_profile, public=True)
home_feed = _readable_by_key(_home, public=False)
