"""Follow and unfollow."""

from django.db import transaction
from django.db.models import F

from accounts.models import User
from social.models import Follow


@transaction.atomic
def follow_user(*, follower: User, followed: User) -> bool:
    """Make one person follow another; return False when nothing changed (S1)."""
    if follower.pk == followed.pk:
        return False
    _, created = Follow.objects.get_or_create(follower=follower, followed=followed)
    if created:
        _count(follower, followed, 1)
    return created


@transaction.atomic
def unfollow_user(*, follower: User, followed: User) -> bool:
    """End the relation; return False when there was none."""
    deleted, _ = Follow.objects.filter(follower=follower, followed=followed).delete()
    if deleted:
        _count(follower, followed, -1)
    return bool(deleted)


def _count(follower: User, followed: User, change: int) -> None:
    User.objects.filter(pk=follower.pk).update(
        following_count=F("following_count") + change
    )
    User.objects.filter(pk=followed.pk).update(
        follower_count=F("follower_count") + change
    )
