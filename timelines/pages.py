"""The queries of the lists of posts: home, profile and Explore.

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
from core.compiled_queries import CompiledQuery
from core.ids import MAX_ID
from core.pagination import Cursor, Page, paginate, start_of
from posts.models import Post
from social.models import Follow

# For readers who follow at least this many users, scanning everybody's posts costs less
# than finding each user's newest (docs/timelines.md has the figures).
DENSE_READER = 1000
SMALLEST_WINDOW = 2000


def home_page(reader: User, cursor: Cursor, size: int | None = None) -> Page[Post]:
    """Return the posts of the users whom ``reader`` follows and their own.

    At most three queries, whatever the size of the site; five for readers who follow
    ``DENSE_READER`` users or more who hardly post. ``size`` is the number of posts,
    ``POSTS_PER_PAGE`` if None.
    """
    size = size or settings.POSTS_PER_PAGE
    return Page.from_rows(_home_rows(reader, cursor, size + 1), cursor, size)


def profile_page(user: User, cursor: Cursor) -> Page[Post]:
    """Return the posts of one user; one query."""
    page = paginate(Post.objects.by(user), cursor, settings.POSTS_PER_PAGE)
    for post in page.rows:
        post.author = user
    return page


def explore_page(cursor: Cursor) -> Page[Post]:
    """Return everybody's posts; two queries."""
    posts = Post.objects.visible().with_authors()
    return paginate(posts, cursor, settings.POSTS_PER_PAGE)


def _home_rows(reader: User, cursor: Cursor, count: int) -> list[Post]:
    """Return the ``count`` posts nearest to the cursor, by walking or probing."""
    if reader.following_count >= DENSE_READER:
        rows, complete = _walk(reader, cursor, count)
        if complete:
            prefetch_related_objects(rows, "author")
            return rows
    return _probe(reader, cursor, count)


def _walk(reader: User, cursor: Cursor, count: int) -> tuple[list[Post], bool]:
    """Scan the next posts of everybody, within a window; without their authors.

    Return what was found, and whether that is the answer: a full page is, because
    the window has no gaps, and so is what is left when the window has no edge.
    """
    upwards, start = cursor.after is not None, start_of(cursor)
    window = SMALLEST_WINDOW
    while window < 4 * reader.following_count:  # few sizes, so few statements
        window *= 2
    edges = _edge.run(start, upwards=upwards, window=window)
    edge = edges[0] if edges else _farthest(upwards)
    rows = _in_window.run(start, edge, reader.pk, upwards=upwards, count=count)
    return rows, len(rows) == count or not edges


def _probe(reader: User, cursor: Cursor, count: int) -> list[Post]:
    """Find each followed user's nearest post, then the posts of the nearest users.

    Only the ``count`` users whose posts are nearest, and the reader, can be on the
    page; no post beyond the last of those can. Nor can any beyond the ``count``-th of
    one user: that bound keeps one user's flood of posts out of the sort.
    """
    upwards, start = cursor.after is not None, start_of(cursor)
    nearest = _nearest.run(reader.pk, start, upwards=upwards, count=count)
    none = _farthest(upwards)
    ids = [writer for writer, post in nearest if post != none]
    bounds = [nearest[-1][1]] if len(ids) == count else []
    # One number of people, so one statement.
    writers = (*ids, *[reader.pk] * (count + 1 - len(ids)))
    bounds += _last_of_page.run(writers, start, upwards=upwards, count=count)
    bound = min(bounds) if upwards else max(bounds)
    return _of_writers.run(writers, start, bound, upwards=upwards, count=count)


# The statements of both, written once (``core.compiled_queries``). Ordered towards the
# end of ``upwards``; ``start`` and ``edge`` are ids.


def _posts(start: int, *, upwards: bool) -> QuerySet[Post]:
    """Return the posts beyond ``start``, the nearest first."""
    if upwards:
        return Post.objects.filter(pk__gt=start).order_by("pk")
    return Post.objects.filter(pk__lt=start).order_by("-pk")


def _up_to(posts: QuerySet[Post], edge: int, *, upwards: bool) -> QuerySet[Post]:
    """Keep the posts up to an edge.

    The edge must be a number: MariaDB accepts no sub-query that reads more than 100
    rows as the bound of a range, and SQLite only the first of several bounds.
    """
    return posts.filter(pk__lte=edge) if upwards else posts.filter(pk__gte=edge)


def _followed(reader: int) -> QuerySet[Follow]:
    """Return the follows of the reader whose other end is not suspended."""
    hidden = User.objects.suspended().values("pk")
    return Follow.objects.filter(follower=reader).exclude(followed_id__in=hidden)


@CompiledQuery
def _edge(start: int, *, upwards: bool, window: int) -> QuerySet[Post, int]:
    """Return the id at the window's end, if so many posts there are."""
    ids = _posts(start, upwards=upwards).values_list("pk", flat=True)
    return ids[window - 1 : window]


@CompiledQuery
def _in_window(
    start: int, edge: int, reader: int, *, upwards: bool, count: int
) -> QuerySet[Any, Any]:
    """Return the window's posts by the reader and whom the reader follows.

    ``+ 0`` keeps the planner from leaving the primary key.
    """
    followed = _followed(reader).values("followed_id")
    posts = _up_to(_posts(start, upwards=upwards), edge, upwards=upwards)
    by = Q(writer__in=followed) | Q(writer=reader)
    return posts.alias(writer=F("author_id") + 0).filter(by)[:count]


@CompiledQuery
def _nearest(
    reader: int, start: int, *, upwards: bool, count: int
) -> QuerySet[Any, tuple[int, int]]:
    """Return followed users and the id of the nearest post of each, nearest first."""
    posts = _posts(start, upwards=upwards)
    nearest = posts.filter(author=OuterRef("followed_id")).values("pk")[:1]
    return (
        _followed(reader)
        .annotate(nearest=_or_farthest(nearest, upwards=upwards))
        .order_by("nearest" if upwards else "-nearest")
        .values_list("followed_id", "nearest")[:count]
    )


@CompiledQuery
def _last_of_page(
    writers: tuple[int, ...], start: int, *, upwards: bool, count: int
) -> QuerySet[Any, Any]:
    """Return, for each writer, the id of the last post that a page of theirs has."""
    posts = _posts(start, upwards=upwards).filter(author=OuterRef("pk"))
    last = _or_farthest(posts.values("pk")[count - 1 : count], upwards=upwards)
    users = User.objects.filter(pk__in=writers).order_by().annotate(last=last)
    ids: QuerySet[Any, Any] = users.values_list("last", flat=True)
    return ids


@CompiledQuery
def _of_writers(
    writers: tuple[int, ...], start: int, bound: int, *, upwards: bool, count: int
) -> QuerySet[Post]:
    """Return the writers' posts up to the bound, with their authors.

    ``+ 0``: never walk the primary key here.
    """
    by_id = F("pk") + 0
    posts = _up_to(_posts(start, upwards=upwards), bound, upwards=upwards)
    return (
        posts.filter(author__in=writers)
        .select_related("author")
        .order_by(by_id.asc() if upwards else by_id.desc())[:count]
    )


def _farthest(upwards: bool) -> int:
    """Return the number beyond every id in a direction."""
    return MAX_ID if upwards else 0


def _or_farthest(ids: QuerySet[Post, Any], *, upwards: bool) -> Coalesce:
    """Return the id found by a sub-query, the farthest if there is none.

    To sort nulls last, MariaDB would run the sub-query once more for each row.
    """
    return Coalesce(Subquery(ids), Value(_farthest(upwards)))
