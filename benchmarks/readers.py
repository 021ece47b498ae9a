"""Readers with easy and hard timelines; run inside a site.

Prints JSON: kind → nickname, session key, and the cursor of the deepest full page.
"""

from __future__ import annotations

import json
from importlib import import_module

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import (  # noqa: E402
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.db.models import Count, Max, Min, QuerySet  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from core.ids import MAX_ID  # noqa: E402
from posts.models import Post  # noqa: E402
from social.models import Follow  # noqa: E402

FOLLOWED = {
    "heavy": 2000,
    "normal": 50,
    "lonely": 1,
    "nobody": 0,
    "quiet": 200,
    "silent": 2000,
    "flooded": 25,
}
CELEBRITY = 50_000
FLOOD = 10_000


def reader(kind: str) -> User:
    """Return the reader of a kind, creating it if necessary."""
    found = User.objects.filter(username=f"bench_{kind}").first()
    if found is None:
        found = User.objects.create_user(f"bench_{kind}", f"{kind}@bench.invalid")
        keys = list(whom(kind)[: FOLLOWED[kind]])
        if kind == "flooded":
            keys.append(flood().pk)
        Follow.objects.bulk_create(
            Follow(follower=found, followed_id=key) for key in keys
        )
        found.following_count = len(keys)
        found.save()
    User.objects.filter(pk=found.pk).update(last_seen=timezone.now())
    return found


def whom(kind: str) -> QuerySet[User, int]:
    """Return the keys of the users that a kind of reader follows."""
    people = User.objects.exclude(username__startswith="bench_").order_by("pk")
    if kind in {"lonely", "silent"}:
        people = people.filter(posts=None)
    else:  # with posts, so that pages are full at every size
        people = people.filter(posts__isnull=False)
        if kind in {"quiet", "flooded"}:  # with few posts
            people = people.annotate(n=Count("posts")).order_by("n", "pk")
    return people.values_list("pk", flat=True).distinct()


def flood() -> User:
    """Return a new user with 10,000 posts over the site's whole time."""
    writer = User.objects.create_user("bench_flood", "flood@bench.invalid")
    ids = Post.objects.aggregate(first=Min("pk"), last=Max("pk"))
    step = (ids["last"] - ids["first"]) // FLOOD
    Post.objects.bulk_create(
        (
            Post(id=ids["last"] - step * number + 1, author=writer, body="Again!")
            for number in range(FLOOD)
        ),
        batch_size=1000,
    )
    return writer


def celebrity() -> User:
    """Return the most followed user with full pages, with up to 50,000 followers."""
    writers = User.objects.annotate(written=Count("posts"))
    writers = writers.filter(written__gt=2 * settings.POSTS_PER_PAGE)
    person = writers.order_by("-follower_count").first()
    assert person is not None
    if person.follower_count < CELEBRITY:
        have = set(
            Follow.objects.filter(followed=person).values_list("follower_id", flat=True)
        )
        others = User.objects.exclude(pk=person.pk).values_list("pk", flat=True)
        missing = [pk for pk in others[:CELEBRITY] if pk not in have]
        Follow.objects.bulk_create(
            (Follow(follower_id=pk, followed=person) for pk in missing), batch_size=5000
        )
        person.follower_count = len(have) + len(missing)
        person.save(update_fields=["follower_count"])
    return person


def session(person: User) -> str:
    """Return the key of a new session of ``user``."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = person.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def deepest(posts: QuerySet[Post]) -> str:
    """Return the cursor of the oldest full page (or MAX_ID)."""
    oldest = posts.order_by("pk").values_list("pk", flat=True)
    nearest = list(oldest[: settings.POSTS_PER_PAGE + 1])
    return str(nearest[-1] if len(nearest) > settings.POSTS_PER_PAGE else MAX_ID)


def main() -> None:
    """Print the readers."""
    star = celebrity()
    found = {}
    for kind in FOLLOWED:
        person = reader(kind)
        found[kind] = {
            "nickname": person.username,
            "session": session(person),
            "deep": deepest(Post.objects.filter(author__follower_set__follower=person)),
        }
    oldest = Post.objects.order_by("pk").first()
    assert oldest is not None
    found["site"] = {
        "deep": deepest(Post.objects.all()),
        "celebrity": star.username,
        "celebrity_deep": deepest(Post.objects.by(star)),
        "post": str(oldest.pk),
    }
    print(json.dumps(found))


main()
