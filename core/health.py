"""Is the site alive, and can it work? For machines that watch over it."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tasks_db.models import DBTaskResult
from haystack.query import SearchQuerySet

OLDEST_TASK = timedelta(minutes=5)


@login_not_required
@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """Answer as long as the process does (``/healthz``)."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Tell whether database, index and queue work (``/readyz``); 503 if not."""
    checks = {"database": _database(), "search": _search(), "queue": _queue()}
    healthy = all(state == "ok" for state in checks.values())
    return JsonResponse(checks, status=200 if healthy else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "cannot be reached"
    return "ok"


def _search() -> str:
    try:
        list(SearchQuerySet().filter(text="ok")[:1])
    except Exception:  # noqa: BLE001  (whatever an engine raises)
        return "cannot be read"
    return "ok"


def _queue() -> str:
    """Tell whether the worker keeps up: no task has been due for five minutes."""
    late = timezone.now() - OLDEST_TASK
    try:
        waiting = DBTaskResult.objects.ready().filter(enqueued_at__lt=late)
        if waiting.exclude(run_after__range=(late, timezone.now())).exists():
            return "tasks wait too long: is the worker running?"
    except DatabaseError:
        return "cannot be reached"
    return "ok"
