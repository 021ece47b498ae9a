"""Django's backend for a mail server, whose connections keep a ``Deadline``."""

from __future__ import annotations

import smtplib
from typing import TYPE_CHECKING, Any

from django.core.mail.backends import smtp

from core.deadlines import watched

if TYPE_CHECKING:
    import socket


class _SMTP(smtplib.SMTP):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return watched(super()._get_socket(host, port, timeout))  # type: ignore[misc]


# _SMTP stands between the two of smtplib, before TLS begins.
class _SMTPOverTLS(smtplib.SMTP_SSL, _SMTP):
    pass


class EmailBackend(smtp.EmailBackend):
    """The backend of ``EMAIL_URL`` with ``smtp``."""

    @property
    def connection_class(self) -> Any:
        """Return smtplib's class, whose connection is watched."""
        return _SMTPOverTLS if self.use_ssl else _SMTP
