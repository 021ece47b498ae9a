"""Mails about errors: limited, without secrets, and never sent by a request.

The thread in which an error happened only puts a text into a short queue. One thread of
each process sends the texts, and counts them in a file in ``DATA_DIR`` that all
processes of this machine share. The database is not used: it may be what failed.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import json
import logging
import os
import queue
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from core.logs import one_line
from core.redaction import redact

logger = logging.getLogger(__name__)

MAX_MAILS_PER_HOUR = 20
HOUR = 3600
SAME_ERROR_INTERVAL = 600  # seconds
QUEUE_SIZE = 50
SUBJECT_LENGTH = 150
# How long the end of a process may wait for mails that are being sent.
FLUSH_TIMEOUT = 5.0
STATE_FILE = "error-mails.json"


class _Waiting(NamedTuple):
    kind: str
    subject: str
    body: str


class ErrorMailHandler(logging.Handler):
    """Mails errors to the administrators, at most ``MAX_MAILS_PER_HOUR`` in all.

    The same error is mailed once in ``SAME_ERROR_INTERVAL`` seconds. Skipped errors are
    counted, and the next mail says how many.
    """

    def __init__(self, *, email_backend: str) -> None:
        """Send with ``email_backend``, the path of a backend without our queue."""
        super().__init__()
        self.email_backend = email_backend
        self._start()
        _handlers.add(self)
        atexit.register(self.flush)

    def _start(self) -> None:
        """Start empty; a forked process has neither the thread nor the mails."""
        self._queue: queue.Queue[_Waiting] = queue.Queue(QUEUE_SIZE)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._dropped = 0
        self._memory: dict[str, Any] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Hand the record to the sending thread; never wait."""
        if not settings.ADMINS:
            return
        try:
            error = record.exc_info[0] if record.exc_info else None
            where = f"{error} {record.pathname} {record.lineno} {record.msg}"
            kind = hashlib.sha256(where.encode("utf-8", "replace")).hexdigest()[:16]
            said = redact(one_line(record.getMessage()))[:SUBJECT_LENGTH]
            subject = f"{settings.EMAIL_SUBJECT_PREFIX}{record.levelname}: {said}"
            self._queue.put_nowait(_Waiting(kind, subject, self.format(record)))
        except queue.Full:
            self._dropped += 1
        except Exception:  # noqa: BLE001  (logging must not fail what it reports)
            self.handleError(record)
        else:
            self._ensure_thread()

    def _ensure_thread(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                name = "mails about errors"
                self._thread = threading.Thread(
                    target=self._work, name=name, daemon=True
                )
                self._thread.start()

    def _work(self) -> None:
        while True:
            waiting = self._queue.get()
            try:
                self._send_within_bounds(waiting)
            except Exception as error:  # noqa: BLE001  (the thread must live on)
                logger.warning("An error could not be mailed: %s", error)
            finally:
                self._queue.task_done()

    def _send_within_bounds(self, waiting: _Waiting) -> None:
        dropped, self._dropped = self._dropped, 0
        with self._counts() as counts:
            left_out = _take_turn(counts, waiting.kind, time.time(), dropped)
        if left_out is None:
            return
        body = waiting.body
        if left_out:
            body += f"\n\nErrors that were not mailed since the last mail: {left_out}."
        try:
            self._send(waiting.subject, body)
        except OSError:
            # This error is only counted, and reported when the mail server is back.
            with self._counts() as counts:
                counts["left_out"] = counts.get("left_out", 0) + left_out + 1
            raise

    def _send(self, subject: str, body: str) -> None:
        connection = get_connection(self.email_backend)
        EmailMessage(
            subject,
            body,
            settings.SERVER_EMAIL,
            [address for _name, address in settings.ADMINS],
            connection=connection,
        ).send()

    @contextmanager
    def _counts(self) -> Iterator[dict[str, Any]]:
        """Yield this machine's counts for changing; this process's if that fails.

        Those of this process where they cannot be read, or not be stored: on a full
        disk the mail that says so goes out all the same, and in the same bounds.
        """
        file = _open_counts(Path(settings.DATA_DIR) / STATE_FILE)
        if file is None:
            yield self._memory
            return
        try:
            counts = self._memory or _read_counts(file)
            yield counts
            self._memory = {} if _store_counts(file, counts) else counts
        finally:
            with suppress(OSError):
                file.close()

    def flush(self, seconds: float = FLUSH_TIMEOUT) -> None:
        """Wait until everything in the queue is sent, for at most ``seconds``."""
        end = time.monotonic() + seconds
        with self._queue.all_tasks_done:
            while self._queue.unfinished_tasks:
                rest = end - time.monotonic()
                if rest <= 0:
                    return
                self._queue.all_tasks_done.wait(rest)

    def close(self) -> None:
        atexit.unregister(self.flush)
        super().close()


def _after_fork() -> None:
    for handler in list(_handlers):
        handler._start()


_handlers: weakref.WeakSet[ErrorMailHandler] = weakref.WeakSet()
os.register_at_fork(after_in_child=_after_fork)


def _open_counts(path: Path) -> IO[bytes] | None:
    """Return the file, locked until it is closed; None if that cannot be."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        # Without a buffer: a write fails where it stands, and not when it is closed.
        file = os.fdopen(os.open(path, flags, 0o600), "r+b", buffering=0)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:
        file.close()
        return None
    return file


def _read_counts(file: IO[bytes]) -> dict[str, Any]:
    try:
        loaded = json.loads(file.read())
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _store_counts(file: IO[bytes], counts: dict[str, Any]) -> bool:
    """Write the counts; False if there is no room for them."""
    content = json.dumps(counts).encode()
    try:
        file.seek(0)
        whole = file.write(content) == len(content)
        file.truncate()
    except OSError:
        return False
    return whole


def _take_turn(
    counts: dict[str, Any], kind: str, now: float, dropped: int
) -> int | None:
    """Count an error; return how many were skipped before it, None to skip it.

    ``counts`` has ``since`` and ``sent`` of the current hour, ``left_out``, and
    ``kinds``: when each kind of error was mailed last.
    """
    left_out = int(counts.get("left_out", 0)) + dropped
    # A clock that was set back must not delay mails for longer than an hour.
    if not 0 <= now - counts.get("since", 0) < HOUR:
        counts |= {"since": now, "sent": 0}
    told = counts.get("kinds", {})
    recent = {k: at for k, at in told.items() if 0 <= now - at < SAME_ERROR_INTERVAL}
    counts["kinds"] = recent
    if kind in recent or counts["sent"] >= MAX_MAILS_PER_HOUR:
        counts["left_out"] = left_out + 1
        return None
    recent[kind] = now
    counts |= {"sent": counts["sent"] + 1, "left_out": 0}
    return left_out
