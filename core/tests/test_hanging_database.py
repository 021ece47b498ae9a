"""A MariaDB that takes connections and does not answer."""

from __future__ import annotations

import socket
import threading
from contextlib import closing
from unittest import skipUnless

from django.db import OperationalError, connection
from django.test import TestCase, override_settings

from core.availability import is_unavailable
from core.databases.timeouts import limit_waiting


class Forwarder:
    """Passes bytes between a client and a server, until it hangs.

    A client that waits is let go after ``LIMIT`` seconds; ``let_go`` tells so.
    """

    LIMIT = 30.0

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.hangs = threading.Event()
        self.let_go = threading.Event()
        threading.Thread(target=self._connect, daemon=True).start()

    def _connect(self) -> None:
        client, _ = self._listening.accept()
        self._timer = threading.Timer(self.LIMIT, self._hang_up, (client,))
        self._timer.start()
        server = socket.create_connection(self._server)
        for ends in ((client, server), (server, client)):
            threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        while data := source.recv(65536):
            if not self.hangs.is_set():
                target.sendall(data)
        target.close()

    def _hang_up(self, client: socket.socket) -> None:
        self.let_go.set()
        client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._timer.cancel()
        self._listening.close()


@skipUnless(connection.vendor == "mysql", "SQLite has no server; PostgreSQL's differs")
class HangingMariaDBTests(TestCase):
    @override_settings(DATABASE_LOCK_TIMEOUT=1)
    def test_a_statement_gives_up(self) -> None:
        """After two seconds; without the limit it would never end."""
        hanging = connection.copy()
        database = hanging.settings_dict
        port = int(database["PORT"] or 3306)
        forwarder = Forwarder((database["HOST"] or "127.0.0.1", port))
        with closing(forwarder):
            database |= {"HOST": "127.0.0.1", "PORT": forwarder.port}
            limit_waiting(database)
            with closing(hanging), hanging.cursor() as cursor:
                cursor.execute("SELECT 1")
                forwarder.hangs.set()
                with self.assertRaises(OperationalError) as raised:
                    cursor.execute("SELECT 1")
        self.assertFalse(forwarder.let_go.is_set(), "it waited without end")
        self.assertTrue(is_unavailable(raised.exception))
