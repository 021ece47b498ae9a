"""Follow and unfollow, and the stored counts of followers."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from accounts.models import User
from core.transactions import batched_keys, lock_rows
from social.models import Follow
from social.tasks import notify_of_new_follower

MAX_COUNT = 2**31 - 1


@transaction.atomic
def follow_user(*, follower: User, followed: User) -> bool:
    """Follow a user; return False if nothing changed.

    A new follower is announced to ``followed`` by mail.
    """
    visible = _lock(follower, followed)
    if len(visible) < 2:  # oneself, or a user suspended or deleted meanwhile
        return False
    _relation, created = Follow.objects.get_or_create(
        follower=follower, followed=followed
    )
    if created:
        _count(follower, followed, 1, visible)
        notify_of_new_follower.enqueue(follower.pk, followed.pk)
    return created


@transaction.atomic
def unfollow_user(*, follower: User, followed: User) -> bool:
    """Unfollow a user; return False if nothing changed."""
    visible = _lock(follower, followed)
    deleted, _by_model = Follow.objects.filter(
        follower=follower, followed=followed
    ).delete()
    if deleted:
        _count(follower, followed, -1, visible)
    return bool(deleted)


def _lock(follower: User, followed: User) -> set[int]:
    """Lock both users; return the keys of those who are not suspended."""
    rows = User.objects.values_list("pk", "suspended_at")
    users = lock_rows(rows, {follower.pk, followed.pk})
    return {pk for pk, suspended_at in users if suspended_at is None}


def _count(follower: User, followed: User, change: int, visible: set[int]) -> None:
    """Change the counts of two users; suspended ones do not count."""
    changes = (
        (follower, "following_count", followed),
        (followed, "follower_count", follower),
    )
    for user, name, other in changes:
        if other.pk in visible:
            User.objects.filter(pk=user.pk).update(
                **{name: clamped_count(name, change)}
            )


def clamped_count(name: str, change: int) -> Case:
    """Return the expression for a count plus ``change``, within the column's range.

    A count that is wrong, after changes made by hand in the database, must not make
    requests fail; ``manage.py recount`` repairs it.
    """
    fits = Q(**{f"{name}__range": (max(0, -change), MAX_COUNT - max(0, change))})
    return Case(
        When(fits, then=F(name) + change),
        default=F(name),
        output_field=IntegerField(),
    )


def adjust_counts(user: User, change: int) -> None:
    """Add (+1) or remove (-1) a user in the counts of all others.

    The caller has locked the user and all others concerned (``lock_relations``).
    """
    followed = Follow.objects.filter(follower=user).values_list("followed_id")
    followers = Follow.objects.filter(followed=user).values_list("follower_id")
    for name, keys in (("follower_count", followed), ("following_count", followers)):
        for some in batched_keys(key for (key,) in keys):
            User.objects.filter(pk__in=some).update(
                **{name: clamped_count(name, change)}
            )


def lock_relations(user: User) -> None:
    """Lock a user with their followers and everybody they follow."""
    relations = Follow.objects.filter(Q(follower=user) | Q(followed=user))
    pairs = relations.values_list("follower_id", "followed_id")
    lock_rows(User.objects.values_list("pk"), {user.pk}.union(*pairs))


@transaction.atomic
def recompute_counts() -> None:
    """Recompute all counts, after changes made by hand in the database.

    Suspended users do not count; their own counts are left for their return.
    """
    counts = (
        ("following_count", "follower", "followed"),
        ("follower_count", "followed", "follower"),
    )
    for name, end, other in counts:
        counted = (
            Follow.objects.filter(
                **{end: OuterRef("pk"), f"{other}__suspended_at": None}
            )
            .order_by()
            .values(end)
            .annotate(number=Count("pk"))
            .values("number")
        )
        User.objects.update(**{name: Coalesce(Subquery(counted), 0)})
