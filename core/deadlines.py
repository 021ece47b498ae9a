"""A time limit for a whole connection to another server, however slow it sends.

The timeout of a socket starts again with each byte that arrives.
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
    """Return the connection; the surrounding ``Deadline``, if any, closes it."""
    if deadline := _current.get():
        deadline.watch(connection)
    return connection


class Deadline:
    """Closes the connections ``watched`` inside its block after ``seconds``.

    Reading from or writing to one then fails as if the server had closed it, and
    ``passed`` is true.
    """

    def __init__(self, seconds: float) -> None:
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
        """Close this connection, too; TLS may be added to it later."""
        with self._lock:
            # A duplicate, because TLS takes over the original's file descriptor.
            self._sockets.append(connection.dup())
        if self.passed:
            self._end()

    def _end(self) -> None:
        self.passed = True
        with self._lock:
            for connection in self._sockets:
                with suppress(OSError):  # it is closed already
                    connection.shutdown(socket.SHUT_RDWR)
