"""E-mail in the background: each message becomes a task in its transaction."""

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

# RFC 5321, 4.2.1: the server will never accept this message.
PERMANENT = 500
# The whole delivery; EMAIL_TIMEOUT limits each response of the server.
DELIVERY_SECONDS = 60.0
_PLAIN_FIELDS = ("subject", "body", "from_email", "to", "cc", "bcc", "reply_to")


class QueuedEmailBackend(BaseEmailBackend):
    """A mail backend that stores messages for the worker.

    A message sent in a transaction that fails is never delivered, and a mail server
    that is down only delays it. Messages have text and HTML, no attachments.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queue each message that has a recipient; return how many."""
        wanted = [message for message in email_messages if message.recipients()]
        for message in wanted:
            fields = as_json(message)
            # One task each, because a server may refuse some of several recipients.
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
    # Set now, and the same for every attempt: servers recognise a message by its id.
    headers.setdefault("Date", formatdate())
    headers.setdefault("Message-ID", make_msgid(domain=DNS_NAME.get_fqdn()))
    fields["headers"] = headers
    alternatives = getattr(message, "alternatives", [])
    fields["alternatives"] = [[str(text), kind] for text, kind in alternatives]
    return fields


@task()
def deliver(fields: dict[str, Any]) -> None:
    """Send one message to the mail server.

    Raises ``GiveUp`` if the server permanently refuses its recipient or text (5xx). Any
    other error may be temporary or a wrong configuration, so it is retried, as is a
    server that takes longer than ``DELIVERY_SECONDS``. Errors after the server has
    accepted the message are ignored. A message without recipient is not sent: it only
    makes two cases take the same time.
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
