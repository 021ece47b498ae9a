"""The private part of gunicorn that this site uses, and no other module does.

``deploy/tests/test_gunicorn.py`` notices what a new version changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket


def continue_if_expected(request: Any, connection: socket.socket) -> None:
    """Tell a client that waits for it to send the body (``100-continue``), once.

    gunicorn itself does so just before the application is called.
    """
    if request._expected_100_continue:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        request._expected_100_continue = False


def refuse_to_continue(request: Any) -> None:
    """Do not ask a client for a body that it has announced (``100-continue``)."""
    request._expected_100_continue = False
