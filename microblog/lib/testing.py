"""What the tests of every app use: the worker's turn and real local servers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import TYPE_CHECKING
from unittest.mock import patch

from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult, get_date_max

from microblog.lib.tasks import PatientWorker

if TYPE_CHECKING:
    from email.message import EmailMessage

    from aiosmtpd.smtp import SMTP, Envelope, Session


def run_tasks(*, delayed: bool = False) -> None:
    """Run all due tasks as the worker would; ``delayed`` ones too, once."""
    if delayed:
        DBTaskResult.objects.filter(status="READY").update(run_after=get_date_max())
    # Like Django's test client: the worker must not close the connection that holds
    # the test's transaction (it would on PostgreSQL and MariaDB).
    with patch.object(db_worker, "close_old_connections"):
        PatientWorker().run()


def free_port() -> int:
    """Return a port on loopback where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class _Mailbox:
    """What aiosmtpd calls for each recipient and each message."""

    def __init__(self, refuse: dict[str, str]) -> None:
        self.refuse = refuse
        self.arrived: list[EmailMessage] = []

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
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        self.arrived.append(message_from_bytes(raw, policy=policy.default))
        return "250 OK"


@contextmanager
def mail_server(
    port: int, refuse: dict[str, str] | None = None
) -> Iterator[list[EmailMessage]]:
    """Run a real SMTP server; yield the messages that arrive.

    ``refuse`` maps an address to the server's answer, such as ``550 no``.
    """
    from aiosmtpd.controller import Controller  # noqa: PLC0415  (only in tests)

    mailbox = _Mailbox(refuse or {})
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox.arrived
    finally:
        controller.stop()
