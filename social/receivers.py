"""What social does when accounts announces something."""

from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver

from accounts.models import User
from accounts.signals import (
    person_reinstated,
    person_state_changing,
    person_suspended,
)
from social.services import count_person, lock_relations


@receiver(person_state_changing)
def lock_counts(sender: object, person: User, **kwargs: Any) -> None:
    """Wait for those who follow or unfollow the person at this moment."""
    lock_relations(person)


@receiver(person_suspended)
def leave_counts(sender: object, person: User, **kwargs: Any) -> None:
    """Count a suspended person nowhere."""
    count_person(person, -1)


@receiver(person_reinstated)
def return_to_counts(sender: object, person: User, **kwargs: Any) -> None:
    """Count a reinstated person again."""
    count_person(person, 1)


@receiver(pre_delete, sender=User)
def leave_counts_for_ever(sender: object, instance: User, **kwargs: Any) -> None:
    """Take a person who is deleted out of the counts, unless already hidden."""
    lock_relations(instance)
    if not instance.is_suspended:
        count_person(instance, -1)
