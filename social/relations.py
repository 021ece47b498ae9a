"""Reading verbs of the follow relation (row S2): lazy querysets, and one look."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User, UserQuerySet
from social.models import Follow


@dataclass(frozen=True)
class Relation:
    """How a reader and a person stand to each other."""

    is_following: bool = False
    follows_reader: bool = False


def followers(user: User) -> UserQuerySet:
    """Return the people who follow ``person``."""
    users: UserQuerySet = User.objects.visible()
    return users.filter(following_set__followed=user)


def following(user: User) -> UserQuerySet:
    """Return the people whom ``person`` follows."""
    users: UserQuerySet = User.objects.visible()
    return users.filter(follower_set__follower=user)


def is_following(reader: User, user: User) -> bool:
    """Tell whether ``reader`` follows ``person``."""
    return Follow.objects.filter(follower=reader, followed=user).exists()


def relation(reader: User, user: User) -> Relation:
    """Return both directions by one query; none to oneself."""
    if reader.pk == user.pk:
        return Relation()
    both = Follow.objects.filter(
        Q(follower=reader, followed=user) | Q(follower=user, followed=reader)
    )
    ids = set(both.values_list("follower_id", flat=True))
    return Relation(reader.pk in ids, user.pk in ids)
