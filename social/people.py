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


def followers(person: User) -> UserQuerySet:
    """Return the people who follow ``person``."""
    people: UserQuerySet = User.objects.visible()
    return people.filter(following_set__followed=person)


def following(person: User) -> UserQuerySet:
    """Return the people whom ``person`` follows."""
    people: UserQuerySet = User.objects.visible()
    return people.filter(follower_set__follower=person)


def is_following(reader: User, person: User) -> bool:
    """Tell whether ``reader`` follows ``person``."""
    return Follow.objects.filter(follower=reader, followed=person).exists()


def relation(reader: User, person: User) -> Relation:
    """Return both directions by one query; none to oneself."""
    if reader.pk == person.pk:
        return Relation()
    both = Follow.objects.filter(
        Q(follower=reader, followed=person) | Q(follower=person, followed=reader)
    )
    ids = set(both.values_list("follower_id", flat=True))
    return Relation(reader.pk in ids, person.pk in ids)
