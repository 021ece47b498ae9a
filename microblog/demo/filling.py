"""Storing of demo data, in bulk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db import transaction
from django.db.models import Model

from accounts.models import User
from accounts.reserved_nicknames import is_reserved
from accounts.skeletons import skeleton
from posts.models import Post
from social.models import Follow

if TYPE_CHECKING:
    from microblog.demo.community import Community

BATCH = 5_000
Row = TypeVar("Row", bound=Model)
Progress = Callable[[str, int, Iterable[Any]], Iterable[Any]]


def fill(community: Community, password: str, progress: Progress) -> str:
    """Store users, posts and follows; return the nickname that can sign in.

    ``progress`` is called with a title, a total and the rows, which it yields.
    """
    size = community.size
    follows = list(community.follows())
    with transaction.atomic():
        people = _people(community, follows, password)
        _write(progress("people", size.people, people))
        keys = _keys()
        posts = (
            Post(pk=pk, author_id=keys[writer], body=body, language=language)
            for pk, writer, body, language in community.posts()
        )
        _write(progress("posts", size.posts, posts))
        rows = (
            Follow(follower_id=keys[one], followed_id=keys[other])
            for one, other in follows
        )
        _write(progress("follows", len(follows), rows))
        guide: User = User.objects.get(pk=keys[community.popular[0]])
        EmailAddress.objects.create(
            user=guide, email=guide.email, verified=True, primary=True
        )
    return str(guide.username)


def _people(
    community: Community, follows: list[tuple[int, int]], password: str
) -> Iterator[User]:
    following = Counter(follower for follower, _ in follows)
    followers = Counter(followed for _, followed in follows)
    guide = community.popular[0]
    for number, nickname in enumerate(_unlike(community.nicknames())):
        yield User(
            username=nickname,
            email=f"{nickname}@demo.invalid",
            about_me=community.about(number),
            password=make_password(password)
            if number == guide
            else UNUSABLE_PASSWORD_PREFIX,
            following_count=following[number],
            follower_count=followers[number],
        )


def _unlike(names: Iterable[str]) -> Iterator[str]:
    """Yield names that nobody has and that do not look alike."""
    taken = set(User.objects.values_list("skeleton", flat=True))
    for name in names:
        nickname = name
        while skeleton(nickname) in taken or is_reserved(nickname):
            nickname += "x"
        taken.add(skeleton(nickname))
        yield nickname


def _keys() -> list[int]:
    """Return the keys of the demo users in the order in which they were stored."""
    people = User.objects.filter(email__endswith="@demo.invalid").order_by("pk")
    return list(people.values_list("pk", flat=True))


def _write(rows: Iterable[Row]) -> None:
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        type(batch[0])._default_manager.bulk_create(batch)
