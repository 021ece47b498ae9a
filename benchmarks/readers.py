"""The readers that timelines find easy and hard; run inside a site.

Prints JSON: kind → nickname, session key, and a cursor near the oldest posts.
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
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from posts.models import Post  # noqa: E402
from social.models import Follow  # noqa: E402

FOLLOWED = {"heavy": 2000, "normal": 50, "lonely": 1, "nobody": 0}
CELEBRITY = 50_000


def reader(kind: str) -> User:
    """Return the reader of a kind, made when there is none."""
    found = User.objects.filter(username=f"bench_{kind}").first()
    if found is None:
        found = User.objects.create_user(f"bench_{kind}", f"{kind}@bench.invalid")
        people = User.objects.exclude(pk=found.pk)
        if kind == "lonely":
            people = people.filter(posts=None)
        else:  # who has written, so that pages are full at every size
            people = people.filter(posts__isnull=False).distinct()
        keys = list(
            people.order_by("pk").values_list("pk", flat=True)[: FOLLOWED[kind]]
        )
        Follow.objects.bulk_create(
            Follow(follower=found, followed_id=key) for key in keys
        )
        found.following_count = len(keys)
        found.save()
    User.objects.filter(pk=found.pk).update(last_seen=timezone.now())
    return found


def celebrity() -> User:
    """Return the most followed person, with up to 50,000 followers."""
    person = User.objects.order_by("-follower_count").first()
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
    """Return the key of a new session in which ``person`` is signed in."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = person.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def main() -> None:
    """Print the readers."""
    star = celebrity()
    first = Post.objects.order_by("pk").values_list("pk", flat=True)[:1].get()
    last = Post.objects.order_by("-pk").values_list("pk", flat=True)[:1].get()
    deep = first + (last - first) // 20
    found = {}
    for kind in FOLLOWED:
        person = reader(kind)
        found[kind] = {"nickname": person.username, "session": session(person)}
    middle = Post.objects.filter(pk__gte=deep).order_by("pk").first()
    assert middle is not None
    found["site"] = {
        "deep": str(deep),
        "celebrity": star.username,
        "post": str(middle.pk),
    }
    print(json.dumps(found))


main()
