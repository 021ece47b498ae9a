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

# From so many people on, looking at everybody's posts costs less than looking at each
# person's newest (docs/timelines.md has the figures).
DENSE_READER = 1000
SMALLEST_WINDOW = 2000


def home_page(reader: User, cursor: Cursor, size: int | None = None) -> Page[Post]:
    """Return the posts of the people whom ``reader`` follows and their own (P2).

    At most three queries, whatever the site holds; five for somebody who follows
    ``DENSE_READER`` people or more who hardly write. ``size`` is the number of
    posts, ``POSTS_PER_PAGE`` if None.
    """
    size = size or settings.POSTS_PER_PAGE
    return Page.of(_home_rows(reader, cursor, size + 1), cursor, size)


def profile_page(user: User, cursor: Cursor) -> Page[Post]:
    """Return the posts of one person (A5); one query."""
    page = paginate(Post.objects.by(user), cursor, settings.POSTS_PER_PAGE)
    for post in page.rows:
        post.author = user
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
    last = posts.values_list("pk", flat=True)[window - 1 : window]
    edge = next(iter(last), None)
    followed = _followed(reader).values("followed_id")
    rows: list[Any] = list(
        _not_past(posts, cursor, edge)
        .alias(writer=F("author_id") + 0)
        .filter(Q(writer__in=followed) | Q(writer=reader.pk))[:count]
    )
    return rows, len(rows) == count or edge is None


def _probe(reader: User, cursor: Cursor, count: int) -> list[Post]:
    """Look at each followed person's nearest post, then at the nearest people's.

    Only the ``count`` people whose posts are nearest, and the reader, can be on the
    page; no post beyond the last of those can. Nor can any beyond the ``count``-th
    of one person: that bound keeps one person's flood of posts out of the sort.
    """
    posts = beyond(Post.objects.all(), cursor)
    nearest = posts.filter(author=OuterRef("followed_id")).values("pk")[:1]
    writers = list(
        _followed(reader)
        .annotate(nearest=_or_farthest(nearest, cursor))
        .order_by("nearest" if cursor.after is not None else "-nearest")
        .values_list("followed_id", "nearest")[:count]
    )
    none = _farthest(cursor)
    ids = [writer for writer, post in writers if post != none]
    bounds = [writers[-1][1]] if len(ids) == count else []
    ids.append(reader.pk)
    last = posts.filter(author=OuterRef("pk")).values("pk")[count - 1 : count]
    users = User.objects.filter(pk__in=ids).order_by()
    bounds += users.values_list(_or_farthest(last, cursor), flat=True)
    bound = min(bounds) if cursor.after is not None else max(bounds)
    # ``+ 0``: never walk the primary key here.
    by_id = F("pk") + 0
    return list(
        _not_past(posts, cursor, None if bound == none else bound)
        .filter(author__in=ids)
        .select_related("author")
        .order_by(by_id.asc() if cursor.after is not None else by_id.desc())[:count]
    )


def _farthest(cursor: Cursor) -> int:
    """Return the number beyond every id in the direction of the cursor."""
    return MAX_ID if cursor.after is not None else 0


def _or_farthest(ids: QuerySet[Post, Any], cursor: Cursor) -> Coalesce:
    """Return the id that a sub-query finds, and the farthest when it finds none.

    To sort nulls last, MariaDB would run the sub-query once more for each row.
    """
    return Coalesce(Subquery(ids), Value(_farthest(cursor)))


def _not_past(
    posts: QuerySet[Post], cursor: Cursor, edge: int | None
) -> QuerySet[Post]:
    """Keep the posts up to an edge, if there is one.

    The edge is one number: MariaDB takes no sub-query that reads more than 100 rows
    as the bound of a range, and SQLite only the first of several bounds.
    """
    if edge is None:
        return posts
    if cursor.after is not None:
        return posts.filter(pk__lte=edge)
    return posts.filter(pk__gte=edge)
