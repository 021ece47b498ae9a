"""Mail leaves the request: each message becomes a task in its transaction."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django_tasks import task

from microblog.lib.tasks import GiveUp

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
    fields["headers"] = {k: str(v) for k, v in message.extra_headers.items()}
    alternatives = getattr(message, "alternatives", [])
    fields["alternatives"] = [[str(text), kind] for text, kind in alternatives]
    return fields


@task()
def deliver(fields: dict[str, Any]) -> None:
    """Hand one message to the mail server.

    Raises ``GiveUp`` when the server refuses it for good (5xx), the server's or the
    network's own error otherwise, so that it is tried again.
    """
    message = EmailMultiAlternatives(
        **fields, connection=get_connection(settings.DELIVERY_EMAIL_BACKEND)
    )
    try:
        message.send()
    except smtplib.SMTPAuthenticationError:
        raise  # our password may be mended
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if all(code >= 500 for code in codes):
            raise GiveUp(str(error)) from error
        raise
    except smtplib.SMTPResponseException as error:
        if error.smtp_code >= 500:
            raise GiveUp(str(error)) from error
        raise
