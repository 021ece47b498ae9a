"""A bound for a whole conversation with another server, however it drips.

The time-out of a socket begins again with each byte that comes.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def watched(connection: socket.socket) -> socket.socket:
    """Return the connection; the deadline around, if there is one, ends it."""
    if deadline := _current.get():
        deadline.watch(connection)
    return connection


class Deadline:
    """Ends the connections ``watched`` inside its block after ``seconds``.

    Who reads from or writes to one then gets what a server that hangs up causes, and
    ``passed`` is true.
    """

    def __init__(self, seconds: float) -> None:
        """Begin with the block."""
        self.passed = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        _current.reset(self._token)
        with self._lock:
            for connection in self._sockets:
                connection.close()
            self._sockets.clear()

    def watch(self, connection: socket.socket) -> None:
        """End this connection, too; TLS may be put upon it later."""
        with self._lock:
            # A duplicate: TLS takes the original's file descriptor away from it.
            self._sockets.append(connection.dup())
        if self.passed:
            self._end()

    def _end(self) -> None:
        self.passed = True
        with self._lock:
            for connection in self._sockets:
                with suppress(OSError):  # it went by itself
                    connection.shutdown(socket.SHUT_RDWR)
