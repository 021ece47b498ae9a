"""Django's SMTP backend with connections that keep a ``Deadline``."""

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


# _SMTP comes between the two classes of smtplib, before TLS begins.
class _SMTPOverTLS(smtplib.SMTP_SSL, _SMTP):
    pass


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> Any:
        """Return smtplib's class with a watched connection."""
        return _SMTPOverTLS if self.use_ssl else _SMTP
