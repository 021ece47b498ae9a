"""Queries about follows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User, UserQuerySet
from social.models import Follow


@dataclass(frozen=True)
class Relation:
    """The follows between two users."""

    is_following: bool = False
    follows_reader: bool = False


def followers(user: User) -> UserQuerySet:
    users: UserQuerySet = User.objects.visible()
    return users.filter(following_set__followed=user)


def following(user: User) -> UserQuerySet:
    users: UserQuerySet = User.objects.visible()
    return users.filter(follower_set__follower=user)


def get_relation(reader: User, user: User) -> Relation:
    """Return both directions by one query; no query for oneself."""
    if reader.pk == user.pk:
        return Relation()
    both = Follow.objects.filter(
        Q(follower=reader, followed=user) | Q(follower=user, followed=reader)
    )
    ids = set(both.values_list("follower_id", flat=True))
    return Relation(reader.pk in ids, user.pk in ids)
