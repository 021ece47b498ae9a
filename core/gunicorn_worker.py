"""A worker of gunicorn that nobody can hold by sending or reading slowly.

gunicorn's threaded worker gives each connection a thread as soon as its first byte is
there, and waits in it without limit: as many unfinished requests as there are threads
stop a site that no buffering proxy stands before.
"""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from socket import SHUT_RDWR
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# Connections of a process that may be sending a request or reading an answer.
CONNECTIONS = 500
# From the first byte of a request to its last; and how long an answer may stand still.
REQUEST_SECONDS = float(os.environ.get("REQUEST_SECONDS", "20"))
# A request that says it is larger is refused by Django without being read.
BUFFERED_BYTES = 2_621_440


class BufferingWorker(ThreadWorker):
    """Read each request whole, by cheap threads; answer by few, ``WEB_THREADS``.

    Only those few open connections to the database.
    """

    def init_process(self) -> None:
        """Make the threads that answer, then begin."""
        self._receiving: dict[Any, float] = {}
        self._views = ThreadPoolExecutor(self.cfg.threads, "view")
        super().init_process()

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """Return the threads that read; made when they are needed."""
        return ThreadPoolExecutor(CONNECTIONS, "connection")

    def handle(self, conn: Any) -> Any:
        """Read and answer one request of a connection."""
        self._receiving[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._receiving.pop(conn, None)

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Read the body, then let one of the few threads answer."""
        if req._expected_100_continue:
            conn.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            req._expected_100_continue = False
        headers = dict(req.headers)
        length = headers.get("CONTENT-LENGTH", "0")
        if length.isdigit() and 0 < int(length) <= BUFFERED_BYTES:
            body = req.body.read(int(length))
            if len(body) < int(length):
                return False
            req.body = io.BytesIO(body)
        self._receiving.pop(conn, None)
        conn.sock.settimeout(REQUEST_SECONDS)
        return self._answer(super().handle_request, req, conn)

    def _answer(self, view: Callable[[Any, Any], bool], req: Any, conn: Any) -> bool:
        """Return whether the connection stays; give up after gunicorn's ``timeout``.

        A thread that hangs cannot be ended, but its process can: gunicorn starts
        another.
        """
        # gunicorn's 0 means without a limit.
        seconds: float = self.cfg.timeout or threading.TIMEOUT_MAX
        begun: list[float] = []

        def run() -> bool:
            begun.append(time.monotonic())
            return bool(view(req, conn))

        answer = self._views.submit(run)
        try:
            return answer.result(seconds)
        except TimeoutError:
            if answer.cancel():  # nobody came to it: the others take all the time
                return False
        try:
            return answer.result(max(0, begun[0] + seconds - time.monotonic()))
        except TimeoutError:
            self.log.critical("A page takes over %s s: this worker ends.", seconds)
            self.alive = False
            return False

    def murder_keepalived(self, force: bool = False) -> None:
        """End idle connections (each second), and requests that take too long."""
        super().murder_keepalived(force)
        oldest = time.monotonic() - REQUEST_SECONDS
        for conn, since in list(self._receiving.items()):
            if since < oldest:
                self._receiving.pop(conn, None)
                try:
                    conn.sock.shutdown(SHUT_RDWR)
                except OSError:  # it went by itself
                    continue
