"""Receivers of the signals of accounts and Django."""

from datetime import datetime
from typing import Any

from django.db.models.signals import post_migrate
from django.dispatch import receiver

from accounts.signals import sign_ups_waiting
from moderation.groups import create_groups
from moderation.tasks import notify_moderators_of_sign_ups

post_migrate.connect(create_groups, dispatch_uid="moderation.create_groups")


@receiver(sign_ups_waiting)
def queue_mail_to_moderators(sender: object, when: datetime, **kwargs: Any) -> None:
    """Queue the mail to the moderators, to be sent at ``when``."""
    notify_moderators_of_sign_ups.using(run_after=when).enqueue()
