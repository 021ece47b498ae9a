"""Receivers of Django's signals."""

from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver

from accounts.models import User
from social.services import adjust_counts, lock_relations


@receiver(pre_delete, sender=User)
def remove_from_counts(sender: object, instance: User, **kwargs: Any) -> None:
    """Remove a deleted user from the counts, unless they were suspended."""
    lock_relations(instance)
    if not instance.is_suspended:
        adjust_counts(instance, -1)
