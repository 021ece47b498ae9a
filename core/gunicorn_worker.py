"""A gunicorn worker that slow clients cannot block.

gunicorn's threaded worker gives each connection a thread as soon as its first byte
arrives, and waits in it without limit: as many unfinished requests as there are threads
block a site without a buffering proxy in front.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from socket import SHUT_RDWR
from typing import Any

from gunicorn import util
from gunicorn.http.errors import NoMoreData
from gunicorn.workers.gthread import ThreadWorker

from core.gunicorn_internals import continue_if_expected, refuse_to_continue

# Connections of a process that may be sending a request or reading a response.
CONNECTIONS = 500
# Django's DATA_UPLOAD_MAX_MEMORY_SIZE: what is larger is refused without being read
# (core.errors has the page).
BUFFERED_BYTES = 2_621_440


class BufferingWorker(ThreadWorker):
    """Reads and writes in many cheap threads; runs views in ``WEB_THREADS`` threads.

    Only the latter open connections to the database.
    """

    # From the first byte of a request to its last; and how long an answer may stand
    # still. Set in gunicorn.conf.py.
    request_seconds: float
    wsgi: Any

    def init_process(self) -> None:
        """Create the view threads, then start."""
        self._receiving: dict[Any, float] = {}
        self._views = ThreadPoolExecutor(self.cfg.threads, "view")
        super().init_process()

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """Return the pool of the reading threads."""
        return ThreadPoolExecutor(CONNECTIONS, "connection")

    def handle(self, conn: Any) -> Any:
        """Handle one request of a connection."""
        self._receiving[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._receiving.pop(conn, None)

    def load_wsgi(self) -> None:
        """Load the site; its views run in the view threads."""
        super().load_wsgi()
        site = self.wsgi

        def answer(environ: dict[str, Any], start_response: Any) -> Any:
            return self._answer(lambda: _whole(site(environ, start_response)))

        self.wsgi = answer

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Read the body, run the view, and write the response."""
        if _is_too_large(req):
            return self._refuse(req, conn)
        body = _read_body(req, conn.sock)
        self._receiving.pop(conn, None)
        conn.sock.settimeout(self.request_seconds)
        if body is None:
            util.write_error(conn.sock, 413, "Content Too Large", "")
            # Otherwise the system resets the connection, and the response may be lost.
            util.close_graceful(conn.sock, max_drain=4 * BUFFERED_BYTES)
            return False
        req.body = io.BytesIO(body)
        return bool(super().handle_request(req, conn))

    def _refuse(self, req: Any, conn: Any) -> bool:
        """Let the site say in its page that a body is too large, without reading it."""
        self._receiving.pop(conn, None)
        conn.sock.settimeout(self.request_seconds)
        req.body = io.BytesIO()
        refuse_to_continue(req)
        req.force_close()
        super().handle_request(req, conn)
        # Otherwise the system resets the connection, and the page may be lost.
        util.close_graceful(conn.sock, max_drain=4 * BUFFERED_BYTES)
        return False

    def _answer(self, view: Callable[[], Any]) -> Any:
        """Return the view's response; give up after gunicorn's ``timeout``.

        A thread that hangs cannot be stopped, but its process can: gunicorn starts
        another. Raises ``StopIteration``, with which gunicorn closes a connection.
        """
        # 0 means no limit in gunicorn.
        seconds: float = self.cfg.timeout or threading.TIMEOUT_MAX
        begun: list[float] = []

        def run() -> Any:
            begun.append(time.monotonic())
            return view()

        answer = self._views.submit(run)
        try:
            return answer.result(seconds)
        except TimeoutError:
            if answer.done():  # just finished, or the view raised it
                return answer.result()
            if answer.cancel():  # never started: the other views take too long
                raise StopIteration from None
        try:
            return answer.result(max(0, begun[0] + seconds - time.monotonic()))
        except TimeoutError:
            self.log.critical("A page takes over %s s: this worker ends.", seconds)
            self.alive = False
            raise StopIteration from None

    def murder_keepalived(self, force: bool = False) -> None:
        """Close idle connections (each second), and requests that take too long."""
        super().murder_keepalived(force)
        oldest = time.monotonic() - self.request_seconds
        for conn, since in list(self._receiving.items()):
            if since < oldest:
                self._receiving.pop(conn, None)
                try:
                    conn.sock.shutdown(SHUT_RDWR)
                except OSError:  # it is closed already
                    continue


def _is_too_large(req: Any) -> bool:
    """Return whether the body is too large, if its length is known beforehand."""
    headers = dict(req.headers)
    if "TRANSFER-ENCODING" in headers:
        return False
    return int(headers.get("CONTENT-LENGTH", 0)) > BUFFERED_BYTES


def _read_body(req: Any, sock: Any) -> bytes | None:
    """Return the body, None if it comes in chunks and is too large.

    Raises ``NoMoreData`` if the client disconnects before its end.
    """
    headers = dict(req.headers)
    chunked = "TRANSFER-ENCODING" in headers
    length = BUFFERED_BYTES + 1 if chunked else int(headers.get("CONTENT-LENGTH", 0))
    continue_if_expected(req, sock)
    body: bytes = req.body.read(length)
    if chunked:
        return body if len(body) < length else None
    if len(body) < length:
        raise NoMoreData
    return body


def _whole(answer: Any) -> Any:
    """Return a page as one block, closed in the view's thread, as are its queries.

    Files and other streams are returned unchanged: the connection's thread reads them.
    """
    if getattr(answer, "streaming", True):
        return answer
    try:
        return [b"".join(answer)]
    finally:
        answer.close()
