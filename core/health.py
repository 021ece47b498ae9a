"""Health checks for monitoring: ``/healthz`` and ``/readyz``."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    connection,
    transaction,
)
from django.db.models import F
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tasks_db.models import DBTaskResult
from haystack.query import SearchQuerySet

from core.availability import lock_timeout
from core.django_internals import leave_out_of_log
from core.log_throttling import warn_throttled
from core.models import WorkerHeartbeat, WriteProbe

logger = logging.getLogger(__name__)

MAX_TASK_DELAY = timedelta(minutes=5)
MAX_TASK_DURATION = timedelta(minutes=10)
WORKER_TIMEOUT = timedelta(minutes=1)
MIN_FREE_BYTES = 100 * 1024 * 1024  # bytes
PROBE_LOCK_TIMEOUT_MS = 1000
CACHE_SECONDS = 5.0  # seconds

UNREACHABLE = "cannot be reached"


class Check(NamedTuple):
    """A part of ``/readyz``."""

    ask: Callable[[], str]
    keep: float
    needs_database: bool


_checks: dict[str, Check] = {}
# By check: until when its answer is kept, and the answer.
kept_answers: dict[str, tuple[float, str]] = {}


@login_not_required
@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """Return 200 as long as the process works (``/healthz``)."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Return the state of what the site needs (``/readyz``); 503 on failure."""
    states = _states()
    healthy = all(state == "ok" for state in states.values())
    response = JsonResponse(states, status=200 if healthy else 503)
    if not healthy:
        wrong = {name: state for name, state in states.items() if state != "ok"}
        warn_throttled(logger, "Not ready: %s", wrong)
        # Otherwise Django logs each response as an error, which is mailed.
        leave_out_of_log(response)
    return response


def register(
    name: str,
    check: Callable[[], str],
    keep: float = CACHE_SECONDS,
    *,
    needs_database: bool = True,
) -> None:
    """Add ``check`` to ``/readyz``: it returns "ok" or the problem.

    Each process keeps its answer for ``keep`` seconds, whoever asks how often. One
    that ``needs_database`` is not asked while that cannot be reached.
    """
    _checks[name] = Check(check, keep, needs_database)


def _states() -> dict[str, str]:
    """Return what each check says; ``database`` is the first."""
    states: dict[str, str] = {}
    for name, check in _checks.items():
        # Or each would wait as long for a server that hangs.
        gone = check.needs_database and states.get("database") == UNREACHABLE
        states[name] = f"the database {UNREACHABLE}" if gone else _answer(name)
    return states


def _answer(name: str) -> str:
    check = _checks[name]
    until, state = kept_answers.get(name, (0.0, ""))
    if time.monotonic() >= until:
        keep = check.keep
        try:
            state = check.ask()
        except (DatabaseError, InterfaceError):
            state, keep = f"the database {UNREACHABLE}", min(keep, CACHE_SECONDS)
        kept_answers[name] = time.monotonic() + keep, state
    return state


def _database() -> str:
    """Check reading, and writing by a write."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return UNREACHABLE
    try:
        with lock_timeout(PROBE_LOCK_TIMEOUT_MS), transaction.atomic():
            row = WriteProbe.objects.filter(pk=1)
            if not row.update(tries=F("tries") + 1):
                WriteProbe.objects.create(pk=1)
    except IntegrityError:  # another process has just created it
        return "ok"
    except (DatabaseError, InterfaceError) as error:
        return f"cannot be written to: {error}"
    return "ok"


def _disk() -> str:
    """Check the free space for files, and for the database if it is one."""
    folders = {"DATA_DIR": Path(settings.DATA_DIR)}
    file = Path(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite" and file.is_file():
        folders["the folder of the database"] = file.parent
    for name, folder in folders.items():
        free = shutil.disk_usage(folder).free
        if free < MIN_FREE_BYTES:
            return f"{free // 1024**2} MB are free in {name}"
    return "ok"


def _worker() -> str:
    """Check that a worker is alive, by the database's time, and finishes its tasks."""
    near = (Now() - WORKER_TIMEOUT, Now() + WORKER_TIMEOUT)
    alive = WorkerHeartbeat.objects.filter(beats__gte=0, seen_at__range=near)
    if not alive.exists():
        return "no worker is alive"
    long_ago = timezone.now() - MAX_TASK_DURATION
    if DBTaskResult.objects.running().filter(started_at__lt=long_ago).exists():
        return "a task takes too long"
    return "ok"


def _search() -> str:
    try:
        list(SearchQuerySet().filter(text="ok")[:1])
    except Exception:  # noqa: BLE001  (whatever an engine raises)
        return "cannot be read"
    return "ok"


def _queue() -> str:
    """Check that no task has been due for five minutes."""
    late = timezone.now() - MAX_TASK_DELAY
    waiting = DBTaskResult.objects.ready().filter(enqueued_at__lt=late)
    if waiting.exclude(run_after__range=(late, timezone.now())).exists():
        return "tasks wait too long: the worker cannot keep up"
    return "ok"


register("database", _database, needs_database=False)
register("disk", _disk, needs_database=False)
register("worker", _worker)
register("queue", _queue)
register("search", _search, needs_database=False)
