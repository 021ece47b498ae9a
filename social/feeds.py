"""Atom feeds of a person and of everybody's posts (RFC 4287)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import feedgenerator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import condition

from accounts.access import public_reading
from core.ids import time_of
from core.links import absolute_url
from posts.models import Post
from social.views.lookup import person_or_404

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User

FEED_SIZE = 20


class PostFeed(Feed[Post, Any]):
    """What both feeds share: how one post is told."""

    feed_type = feedgenerator.Atom1Feed
    title_length = 60

    def item_title(self, item: Post) -> str:
        """Return the author and the beginning of the text."""
        return f"{item.author.username}: {item.body[: self.title_length]}"

    def item_description(self, item: Post) -> str:
        """Return the text."""
        return str(item.body)

    def item_link(self, item: Post) -> str:
        """Return the post's own page."""
        return absolute_url(item.get_absolute_url())

    def item_author_name(self, item: Post) -> str:
        """Return the nickname."""
        return item.author.username

    def item_author_link(self, item: Post) -> str:
        """Return the author's profile."""
        return absolute_url(item.author.get_absolute_url())

    def item_pubdate(self, item: Post) -> datetime:
        """Return when it was said."""
        return item.created_at

    def item_updateddate(self, item: Post) -> datetime:
        """Return when it was said: posts do not change."""
        return item.created_at


class ExploreFeed(PostFeed):
    """The newest posts of everybody."""

    def title(self) -> str:
        """Return the feed's name."""
        return _("Everybody's posts on %(site)s") % {"site": settings.SITE_NAME}

    def link(self) -> str:
        """Return the page that shows the same."""
        return absolute_url(reverse("social:explore"))

    def items(self) -> QuerySet[Post]:
        """Return the newest posts."""
        posts = Post.objects.visible().with_authors()
        return posts.newest_first()[:FEED_SIZE]


class ProfileFeed(PostFeed):
    """The newest posts of one person."""

    def get_object(self, request: HttpRequest, nickname: str) -> User:
        """Return the person; raise ``Http404`` when there is none to see."""
        return person_or_404(nickname)

    def title(self, obj: User) -> str:
        """Return the feed's name."""
        name = {"nickname": obj.username, "site": settings.SITE_NAME}
        return _("%(nickname)s on %(site)s") % name

    def link(self, obj: User) -> str:
        """Return the person's profile."""
        return absolute_url(obj.get_absolute_url())

    def subtitle(self, obj: User) -> str:
        """Return what the person says about themselves."""
        return str(obj.about_me)

    def items(self, obj: User) -> QuerySet[Post]:
        """Return the person's newest posts."""
        posts = Post.objects.by(obj).select_related("author")
        return posts.newest_first()[:FEED_SIZE]


def _shown_ids(request: HttpRequest, nickname: str | None) -> list[int]:
    """Return the ids of the posts in the feed, looked up once a request."""
    found: list[int] | None = getattr(request, "shown_ids", None)
    if found is None:
        posts = Post.objects.visible()
        if nickname is not None:
            posts = posts.by(person_or_404(nickname))
        newest = posts.newest_first().values_list("pk", flat=True)
        found = list(newest[:FEED_SIZE])
        request.shown_ids = found  # type: ignore[attr-defined]
    return found


def feed_etag(request: HttpRequest, nickname: str | None = None) -> str:
    """Return a tag of what the feed would show."""
    shown = f"{get_language()} {nickname} {_shown_ids(request, nickname)}"
    return f'"{hashlib.sha256(shown.encode()).hexdigest()[:32]}"'


def feed_last_modified(
    request: HttpRequest, nickname: str | None = None
) -> datetime | None:
    """Return when the newest post was said."""
    shown = _shown_ids(request, nickname)
    return time_of(shown[0]) if shown else None


def _conditional(
    feed: Callable[..., HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Answer 304 without rendering when the reader has what the feed would show."""
    checked = condition(etag_func=feed_etag, last_modified_func=feed_last_modified)
    return public_reading(checked(feed))


explore_feed = _conditional(ExploreFeed())
profile_feed = _conditional(ProfileFeed())
