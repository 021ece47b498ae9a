"""Mail leaves the request: each message becomes a task in its transaction."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from contextlib import suppress
from email.utils import formatdate, make_msgid
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.utils import DNS_NAME
from django_tasks import task

from core.deadlines import Deadline
from core.leases import confirm_lease
from core.tasks import GiveUp

# RFC 5321, 4.2.1: the server will never take this message.
PERMANENT = 500
# One delivery; each answer of the server has EMAIL_TIMEOUT besides.
DELIVERY_SECONDS = 60.0
_PLAIN_FIELDS = ("subject", "body", "from_email", "to", "cc", "bcc", "reply_to")


class QueuedEmailBackend(BaseEmailBackend):
    """Django's mail backend that stores messages for the worker.

    A message asked for in a transaction that fails is never sent, and a mail server
    that is down delays it only. Messages carry text and HTML, no attachments.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Store each message that has a recipient; return how many."""
        wanted = [message for message in email_messages if message.recipients()]
        for message in wanted:
            fields = as_json(message)
            # One task each: a server may refuse some of several recipients.
            for recipient in message.recipients():
                alone = {"to": [recipient], "cc": [], "bcc": []}
                deliver.enqueue(fields | alone)
        return len(wanted)


def as_json(message: EmailMessage) -> dict[str, Any]:
    """Return the message as JSON; raise ``ValueError`` if it has attachments."""
    if message.attachments:
        error = "Queued mail carries no attachments."
        raise ValueError(error)
    fields: dict[str, Any] = {name: getattr(message, name) for name in _PLAIN_FIELDS}
    fields["subject"], fields["body"] = str(message.subject), str(message.body)
    headers = {k: str(v) for k, v in message.extra_headers.items()}
    # Of now, and the same for every attempt: servers know a message by its id.
    headers.setdefault("Date", formatdate())
    headers.setdefault("Message-ID", make_msgid(domain=DNS_NAME.get_fqdn()))
    fields["headers"] = headers
    alternatives = getattr(message, "alternatives", [])
    fields["alternatives"] = [[str(text), kind] for text, kind in alternatives]
    return fields


@task()
def deliver(fields: dict[str, Any]) -> None:
    """Hand one message to the mail server.

    Raises ``GiveUp`` when the server refuses its recipient or text for good (5xx);
    any other error may be our configuration's or pass, so it is tried again, as is a
    server that takes longer than ``DELIVERY_SECONDS``. What
    goes wrong after the server has taken the message is no error. A message to nobody
    is not sent: it stands for one that must not be told apart from it.
    """
    if not any(fields[name] for name in ("to", "cc", "bcc")):
        return
    with Deadline(DELIVERY_SECONDS):
        _hand_over(fields)


def _hand_over(fields: dict[str, Any]) -> None:
    connection = get_connection(settings.DELIVERY_EMAIL_BACKEND)
    connection.open()
    try:
        confirm_lease()
        EmailMultiAlternatives(**fields, connection=connection).send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if all(code >= PERMANENT for code in codes):
            raise GiveUp(str(error)) from error
        raise
    except smtplib.SMTPDataError as error:
        if error.smtp_code >= PERMANENT:
            raise GiveUp(str(error)) from error
        raise
    finally:
        with suppress(smtplib.SMTPException, OSError):
            connection.close()
