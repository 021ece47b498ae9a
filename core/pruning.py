"""Deletion of expired rows, in small batches so that no writer waits for long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.app_settings import EMAIL_CONFIRMATION_EXPIRE_DAYS
from django.apps import apps
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult

KEEP_FINISHED = timedelta(days=7)
KEEP_FAILED = timedelta(days=30)
PRUNED_AT_ONCE = 500
# A session may be listed a moment before it is stored.
NEW_SESSION = timedelta(hours=1)


def prune_finished() -> int:
    """Delete tasks a week after success, a month after failure; return how many."""
    now = timezone.now()
    done = DBTaskResult.objects.successful().filter(finished_at__lt=now - KEEP_FINISHED)
    failed = DBTaskResult.objects.failed().filter(finished_at__lt=now - KEEP_FAILED)
    return _delete_some(done) + _delete_some(failed)


def prune_sessions() -> int:
    """Delete expired sessions, confirmations and the like; return how many rows.

    At most ``PRUNED_AT_ONCE`` of each kind, so that no writer waits for long; the rest
    follow in the next runs.
    """
    now = timezone.now()
    sessions = import_string(
        f"{settings.SESSION_ENGINE}.SessionStore"
    ).get_model_class()
    live = sessions.objects.filter(session_key=OuterRef("session_key"))
    confirmed = now - timedelta(days=EMAIL_CONFIRMATION_EXPIRE_DAYS)
    over: list[QuerySet[Any]] = [
        sessions.objects.filter(expire_date__lt=now),
        # django-allauth's list of a user's sessions, with their IP addresses.
        apps.get_model("usersessions.UserSession").objects.filter(
            ~Exists(live), created_at__lt=now - NEW_SESSION
        ),
        apps.get_model("account.EmailConfirmation").objects.filter(sent__lt=confirmed),
    ]
    return sum(_delete_some(rows) for rows in over)


def _delete_some(rows: QuerySet[Any]) -> int:
    keys = list(rows.values_list("pk", flat=True)[:PRUNED_AT_ONCE])
    deleted, _by_model = rows.model._default_manager.filter(pk__in=keys).delete()
    return int(deleted)
