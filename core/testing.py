"""Shared test tools: the worker, real local servers, database counters."""

from __future__ import annotations

import socket
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from django.db import connection, connections
from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult, get_date_max

from core import health, log_throttling
from core.tasks import RetryingWorker

if TYPE_CHECKING:
    from email.message import EmailMessage

    from aiosmtpd.smtp import SMTP, Envelope, Session


def reset_throttling() -> None:
    """Let ``warn_throttled`` log every line again."""
    log_throttling.left_out_until.clear()


def clear_cached_results() -> None:
    """Let ``/readyz`` ask every check again."""
    health.kept_answers.clear()


def run_tasks(*, delayed: bool = False) -> None:
    """Run all due tasks like the worker; with ``delayed`` future ones too, once."""
    if delayed:
        DBTaskResult.objects.filter(status="READY").update(run_after=get_date_max())
    # Like Django's test client: the worker must not close the connection with the
    # test's transaction (it would on PostgreSQL and MariaDB).
    with patch.object(db_worker, "close_old_connections"):
        RetryingWorker().run()


@contextmanager
def file_database() -> Iterator[None]:
    """Let the threads of the block share a database, like processes.

    SQLite's test database is in memory, where a thread that reads while another writes
    gets an error at once instead of waiting: the block uses a copy in a file. Other
    databases are used as they are.
    """
    database: Any = connection
    if database.vendor != "sqlite" or not database.is_in_memory_db():
        yield
        return
    connection.ensure_connection()
    memory = connection.connection
    with tempfile.TemporaryDirectory() as folder:
        name = f"{folder}/db.sqlite3"
        with closing(sqlite3.connect(name)) as copy:
            memory.backup(copy)
        try:
            with patch.dict(connection.settings_dict, NAME=name):
                connection.connection = None
                yield
                connection.close()
        finally:
            connection.connection = memory


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class _Mailbox:
    """The handler of aiosmtpd: collects or refuses messages."""

    def __init__(
        self,
        refuse: dict[str, str],
        refuse_sender: str,
        refuse_text: str,
        hang_up: bool,
    ) -> None:
        self.refuse = refuse
        self.refuse_sender = refuse_sender
        self.refuse_text = refuse_text
        self.hang_up = hang_up
        self.arrived: list[EmailMessage] = []

    async def handle_MAIL(  # noqa: N802
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if self.refuse_sender:
            return self.refuse_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_QUIT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        return "421 gone" if self.hang_up else "221 Bye"

    async def handle_RCPT(  # noqa: N802
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.refuse_text:
            return self.refuse_text
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        self.arrived.append(message_from_bytes(raw, policy=policy.default))
        return "250 OK"


@contextmanager
def mail_server(
    port: int,
    refuse: dict[str, str] | None = None,
    *,
    refuse_sender: str = "",
    refuse_text: str = "",
    hang_up: bool = False,
) -> Iterator[list[EmailMessage]]:
    """Run a real SMTP server; yield the messages that arrive.

    ``refuse`` maps an address to the server's response, such as ``550 no``;
    ``refuse_sender`` is its response to every sender, ``refuse_text`` to every message;
    ``hang_up`` makes it fail at the end, after it has accepted the message.
    """
    from aiosmtpd.controller import Controller  # noqa: PLC0415  (only in tests)

    mailbox = _Mailbox(refuse or {}, refuse_sender, refuse_text, hang_up)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox.arrived
    finally:
        controller.stop()


@dataclass
class Call:
    """A request that the HTTP server received."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpServer:
    """A real HTTP server on loopback with one response to every POST.

    ``status`` and ``body`` are the response, sent after ``delay`` seconds or until the
    server ends; ``drip`` is the pause before each byte of the body, or of the headers
    if ``drip_headers``; ``location`` is where a redirect leads; ``calls`` are the
    requests.
    """

    status: int = 200
    body: bytes = b"{}"
    delay: float = 0
    drip: float = 0
    drip_headers: bool = False
    location: str = ""
    calls: list[Call] = field(default_factory=list)
    url: str = ""
    ended: threading.Event = field(default_factory=threading.Event)


@contextmanager
def http_server() -> Iterator[HttpServer]:
    """Run the server until the end of the block."""
    state = HttpServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            state.calls.append(Call(self.path, dict(self.headers), body))
            state.ended.wait(state.delay)
            with suppress(OSError):
                if state.drip_headers:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while state.drip_headers and not state.ended.wait(state.drip):
                    self.wfile.write(b"x")
                self.send_response(state.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(state.body)))
                if state.location:
                    self.send_header("Location", state.location)
                self.end_headers()
                pieces = [state.body]
                if state.drip:
                    pieces = [state.body[at : at + 1] for at in range(len(state.body))]
                for piece in pieces:
                    state.ended.wait(state.drip)
                    self.wfile.write(piece)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield state
    finally:
        state.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Work:
    """The work of a database: instructions on SQLite, rows read on the others."""

    amount: int = 0


@contextmanager
def database_work() -> Iterator[Work]:
    """Measure the database's work in the block; the same on every machine."""
    work = Work()
    if connection.vendor == "sqlite":

        def count() -> None:
            work.amount += 1

        connection.ensure_connection()
        connection.connection.set_progress_handler(count, 10)
        try:
            yield work
        finally:
            connection.connection.set_progress_handler(None, 0)
        return
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    before = _rows_read()
    yield work
    work.amount = _rows_read() - before


def _rows_read() -> int:
    """Return the rows that this connection has read (PostgreSQL, MariaDB)."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables"
            )
        else:
            cursor.execute(
                "SELECT sum(variable_value) FROM information_schema.session_status "
                "WHERE variable_name IN ('HANDLER_READ_FIRST', 'HANDLER_READ_KEY', "
                "'HANDLER_READ_NEXT', 'HANDLER_READ_PREV', 'HANDLER_READ_RND_NEXT')"
            )
        (amount,) = cursor.fetchone()
    return int(amount)


def at_once(*works: Callable[[], object]) -> list[BaseException]:
    """Run the functions in threads that start together; return their exceptions.

    For ``TransactionTestCase``: each thread has a connection of its own.
    """
    raised: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised
