"""Responses of other servers with limits on size and time."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from core.deadlines import Deadline, watched

if TYPE_CHECKING:
    import socket


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return watched(super()._new_conn())


class _TLSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return watched(super()._new_conn())


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


_POOLS = {"http": _Pool, "https": _TLSPool}


class ResponseTooLarge(requests.RequestException):
    """The body is longer than ``max_bytes``."""


class BoundedAdapter(HTTPAdapter):
    """An adapter for requests that limits the size and the total time of a response."""

    def __init__(self, seconds: float, max_bytes: int) -> None:
        """Wait at most ``seconds`` for a whole response, headers included."""
        super().__init__()
        self.seconds = seconds
        self.max_bytes = max_bytes
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        manager.clear()
        return manager

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        """Return the response with its body read.

        Raises ``requests.RequestException`` if it is too long or too slow.
        """
        # Decompression would wait for as much as it needs.
        request.headers["Accept-Encoding"] = "identity"
        options["stream"] = True
        # Each request has a connection, and a deadline, of its own.
        self.poolmanager.clear()
        with Deadline(self.seconds) as deadline:
            try:
                answer = super().send(request, *args, **options)
                # What requests reads as the body, now that it is bounded.
                answer.raw = BytesIO(self._body(answer))
            except (HTTPError, OSError) as error:  # with those of requests
                if deadline.passed:
                    message = "The answer is too slow."
                    raise requests.Timeout(message) from error
                if isinstance(error, requests.RequestException):
                    raise
                raise requests.RequestException(str(error)) from error
            # A body without a length may have been ended by the deadline.
            if deadline.passed:
                message = "The answer is too slow."
                raise requests.Timeout(message)
        return answer

    def _body(self, answer: requests.Response) -> bytes:
        content = b""
        try:
            while piece := answer.raw.read1(self.max_bytes, decode_content=True):
                content += piece
                if len(content) > self.max_bytes:
                    message = "The answer is too long."
                    raise ResponseTooLarge(message)
        finally:
            answer.close()
        return content
