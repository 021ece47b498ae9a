"""Follow and unfollow, and the stored counts that go with them."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from social.models import Follow
from social.tasks import tell_of_new_follower


@transaction.atomic
def follow_user(*, follower: User, followed: User) -> bool:
    """Make one person follow another; return False when nothing changed (S1).

    A new follower is announced to the followed by mail (S3).
    """
    if follower.pk == followed.pk:
        return False
    _relation, created = Follow.objects.get_or_create(
        follower=follower, followed=followed
    )
    if created:
        _count(follower, followed, 1)
        tell_of_new_follower.enqueue(follower.pk, followed.pk)
    return created


@transaction.atomic
def unfollow_user(*, follower: User, followed: User) -> bool:
    """End the relation; return False when there was none."""
    deleted, _by_model = Follow.objects.filter(
        follower=follower, followed=followed
    ).delete()
    if deleted:
        _count(follower, followed, -1)
    return bool(deleted)


def _count(follower: User, followed: User, change: int) -> None:
    # In the order of the keys, so that two people who follow each other at the
    # same moment do not wait for each other for ever.
    changes = {follower.pk: "following_count", followed.pk: "follower_count"}
    for pk in sorted(changes):
        name = changes[pk]
        User.objects.filter(pk=pk).update(**{name: F(name) + change})


def count_person(person: User, change: int) -> None:
    """Add (+1) or take away (-1) a person from everybody else's counts."""
    followed = Follow.objects.filter(follower=person).values("followed_id")
    User.objects.filter(pk__in=followed).update(
        follower_count=F("follower_count") + change
    )
    followers = Follow.objects.filter(followed=person).values("follower_id")
    User.objects.filter(pk__in=followers).update(
        following_count=F("following_count") + change
    )


@transaction.atomic
def recount() -> None:
    """Count every relation anew, after work done by hand in the database."""
    visible = Follow.objects.filter(
        follower__suspended_at=None, followed__suspended_at=None
    )
    for name, end in (("following_count", "follower"), ("follower_count", "followed")):
        counted = (
            visible.filter(**{end: OuterRef("pk")})
            .order_by()
            .values(end)
            .annotate(number=Count("pk"))
            .values("number")
        )
        User.objects.update(**{name: Coalesce(Subquery(counted), 0)})
