"""Every list of posts that depends on who is looking.

``docs/timelines.md`` explains the home timeline's queries and what was measured.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import (
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    prefetch_related_objects,
)
from django.db.models.functions import Coalesce

from accounts.models import User
from core.cursors import Cursor, Page, beyond, paginate
from core.ids import MAX_ID
from posts.models import Post, PostQuerySet
from social.models import Follow

# From so many people on, looking at everybody's posts finds a page sooner than
# looking at each person's newest.
DENSE_READER = 200
SMALLEST_WINDOW = 2000


def home_page(reader: User, cursor: Cursor) -> Page[Post]:
    """Return the posts of the people whom ``reader`` follows and their own (P2).

    At most three queries, whatever the site holds.
    """
    size = settings.POSTS_PER_PAGE
    return Page.of(_home_rows(reader, cursor, size + 1), cursor, size)


def profile_page(person: User, cursor: Cursor) -> Page[Post]:
    """Return the posts of one person (A5); one query."""
    page = paginate(Post.objects.by(person), cursor, settings.POSTS_PER_PAGE)
    for post in page.rows:
        post.author = person
    return page


def explore_page(cursor: Cursor) -> Page[Post]:
    """Return everybody's posts; two queries."""
    posts = Post.objects.visible().with_authors()
    return paginate(posts, cursor, settings.POSTS_PER_PAGE)


def followed_posts(reader: User) -> PostQuerySet:
    """Return the posts of the people whom ``reader`` follows, lazily (S2)."""
    return Post.objects.filter(author_id__in=_followed(reader).values("followed_id"))


def _followed(reader: User) -> QuerySet[Follow]:
    hidden = User.objects.hidden().values("pk")
    return Follow.objects.filter(follower=reader).exclude(followed_id__in=hidden)


def _home_rows(reader: User, cursor: Cursor, count: int) -> list[Post]:
    """Return the ``count`` posts nearest to the cursor: walk, or probe."""
    if reader.following_count >= DENSE_READER:
        rows, complete = _walk(reader, cursor, count)
        if complete:
            prefetch_related_objects(rows, "author")
            return rows
    return _probe(reader, cursor, count)


def _walk(reader: User, cursor: Cursor, count: int) -> tuple[list[Post], bool]:
    """Look at the next posts of everybody, within a window; without their authors.

    Return what was found, and whether that is the answer: a full page is, because
    the window has no gaps, and so is what is left when the window has no edge.
    ``+ 0`` keeps the planner from leaving the primary key.
    """
    window = max(4 * reader.following_count, SMALLEST_WINDOW)
    posts = beyond(Post.objects.all(), cursor)
    edge = Subquery(posts.values("pk")[window - 1 : window])
    if cursor.after is None:
        posts = posts.filter(pk__gte=Coalesce(edge, Value(0)))
    else:
        posts = posts.filter(pk__lte=Coalesce(edge, Value(MAX_ID)))
    followed = _followed(reader).values("followed_id")
    rows: list[Any] = list(
        posts.alias(writer=F("author_id") + 0)
        .filter(Q(writer__in=followed) | Q(writer=reader.pk))
        .annotate(edge=edge)[:count]
    )
    return rows, len(rows) == count or (bool(rows) and rows[0].edge is None)


def _probe(reader: User, cursor: Cursor, count: int) -> list[Post]:
    """Look at each followed person's nearest post, then at the nearest people's.

    Only the ``count`` people whose posts are nearest, and the reader, can be on the
    page; no post beyond the last of those can. Nor can any beyond the ``count``-th
    of one person: that bound keeps one person's flood of posts out of the sort.
    """
    newer = cursor.after is not None
    posts = beyond(Post.objects.all(), cursor)
    nearest = Subquery(posts.filter(author=OuterRef("followed_id")).values("pk")[:1])
    order = F("nearest").asc if newer else F("nearest").desc
    writers = list(
        _followed(reader)
        .annotate(nearest=nearest)
        .order_by(order(nulls_last=True))
        .values_list("followed_id", "nearest")[:count]
    )
    ids = [writer for writer, post in writers if post is not None]
    if len(ids) == count:
        bound = writers[-1][1]
        posts = posts.filter(pk__lte=bound) if newer else posts.filter(pk__gte=bound)
    ids.append(reader.pk)
    far = Subquery(
        beyond(Post.objects.filter(author=OuterRef("pk")), cursor).values("pk")[
            count - 1 : count
        ]
    )
    order = F("far").asc if newer else F("far").desc
    farthest = Subquery(
        User.objects.filter(pk__in=ids)
        .annotate(far=far)
        .order_by(order(nulls_last=True))
        .values("far")[:1]
    )
    if newer:
        posts = posts.filter(pk__lte=Coalesce(farthest, Value(MAX_ID)))
    else:
        posts = posts.filter(pk__gte=Coalesce(farthest, Value(0)))
    # ``+ 0``: never walk the primary key here.
    by_id = F("pk") + 0
    return list(
        posts.filter(author__in=ids)
        .select_related("author")
        .order_by(by_id.asc() if newer else by_id.desc())[:count]
    )
