"""gunicorn as the Procfile starts it, without a proxy."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

from core.testing import free_port

HALVES = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nCook",
    b"POST /account/login/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\nlogin=su",
    # Requests much and reads none of it.
    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50,
)
# More than the system buffers for a connection.
LARGE = 20_000_000
# This many would block the two threads for longer than a test waits for a response.
MANY = 20


class GunicornTests(SimpleTestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        static = Path(folder) / "static"
        static.mkdir()
        (static / "large.txt").write_bytes(b"x" * LARGE)
        source = settings.BASE_DIR / "static"
        names = [str(path.relative_to(source)) for path in source.rglob("*.*")]
        manifest = {"version": "1.1", "paths": dict(zip(names, names, strict=True))}
        (static / "staticfiles.json").write_text(json.dumps(manifest))
        cls.port = free_port()
        environment = os.environ | {
            "ENV_FILE": os.devnull,
            "DATA_DIR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "STATIC_ROOT": str(static),
            "DJANGO_SETTINGS_MODULE": "microblog.settings.production",
            "SECRET_KEY": "only-for-tests-0123456789-" + "x" * 40,
            "ALLOWED_HOSTS": "localhost",
            "SITE_URL": "http://localhost",
            "HTTPS": "false",
            "HOST": "127.0.0.1",
            "PORT": str(cls.port),
            "WEB_CONCURRENCY": "1",
            "WEB_THREADS": "2",
            "REQUEST_SECONDS": "3",
        }
        environment.pop("SCRIPT_NAME", None)
        errors = cls.enterClassContext((Path(folder) / "errors").open("wb"))
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "microblog.wsgi"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.send_signal, signal.SIGTERM)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", cls.port)).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError((Path(folder) / "errors").read_text())

    def ask(self, **headers: str) -> tuple[int, str, str | None]:
        """Return the response of a page that needs no database."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=15)
        given = {name.replace("__", "-"): value for name, value in headers.items()}
        connection.request("GET", "/nowhere/", headers={"Host": "localhost", **given})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text, answer.getheader("Location")

    def test_slow_clients_hold_no_thread(self) -> None:
        """8, then 50 who send half a request or do not read their responses."""
        for number in 8, 50:
            with self.subTest(number), ExitStack() as clients:
                for count in range(number):
                    address = ("127.0.0.1", self.port)
                    client = socket.create_connection(address)
                    clients.enter_context(client)
                    client.sendall(HALVES[count % len(HALVES)])
                for _ in range(3):
                    connection = HTTPConnection("127.0.0.1", self.port, timeout=15)
                    connection.request("GET", "/healthz", headers={"Host": "localhost"})
                    self.assertEqual(connection.getresponse().status, 200)
                    connection.close()

    def connect(self, clients: ExitStack, sent: bytes) -> socket.socket:
        """Return a client that has sent something and reads slowly."""
        client = clients.enter_context(socket.socket())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.settimeout(15)
        client.connect(("127.0.0.1", self.port))
        client.sendall(sent)
        return client

    def assert_healthy(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=15)
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()

    def test_large_bodies_are_refused_unread(self) -> None:
        head = (
            b"POST /account/login/ HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n"
        )
        said = head + b"Content-Length: 3000000\r\n\r\n--x"
        chunk = b"%x\r\n%s\r\n" % (100_000, b"x" * 100_000)
        sent = head + b"Transfer-Encoding: chunked\r\n\r\n" + 30 * chunk
        with ExitStack() as stack:
            clients = [self.connect(stack, said) for _ in range(MANY)]
            clients.append(self.connect(stack, sent))
            self.assert_healthy()
            for client in clients:
                self.assertIn(b"HTTP/1.1 413 ", client.recv(100))

    def test_a_large_body_gets_a_page_that_leads_back(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=15)
        headers = {
            "Host": "localhost",
            "Referer": "http://localhost/account/login/",
            "Accept-Language": "es",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = b"login=" + b"x" * 4_000_000
        connection.request("POST", "/account/login/", body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self.assertEqual(answer.status, 413)
        self.assertIn("Esto es demasiado grande", text)
        self.assertIn('href="/account/login/"', text)

    def test_slow_readers_of_files_hold_no_thread(self) -> None:
        asked = b"GET /static/large.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with ExitStack() as stack:
            clients = [self.connect(stack, asked) for _ in range(MANY)]
            for client in clients:
                self.assertIn(b"HTTP/1.1 200 ", client.recv(100))
            self.assert_healthy()

    def test_half_a_request_is_ended(self) -> None:
        """However slowly it is sent: the limit is for the whole request."""
        for half in HALVES[:2]:
            address = ("127.0.0.1", self.port)
            with socket.create_connection(address, timeout=0.5) as client:
                client.sendall(half)
                end = time.monotonic() + 30
                ended = False
                while not ended and time.monotonic() < end:
                    try:
                        client.sendall(b"x")
                        ended = client.recv(1) == b""
                    except TimeoutError:
                        continue
                    except OSError:
                        ended = True
            self.assertTrue(ended)

    def test_a_body_that_comes_in_pieces_is_read_whole(self) -> None:
        """And no further: the next request of the connection follows."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=15)
        with client:
            client.sendall(
                b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                b"Expect: 100-continue\r\nContent-Length: 6\r\n\r\n"
            )
            self.assertIn(b"100 Continue", client.recv(100))
            client.sendall(b"abc")
            client.sendall(
                b"defGET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                b"Connection: close\r\n\r\n"
            )
            answer = b"".join(iter(lambda: client.recv(10_000), b""))
        self.assertEqual(answer.count(b"HTTP/1.1 200"), 2, answer)

    def test_headers_of_a_client_are_no_part_of_the_environment(self) -> None:
        plain = self.ask()
        for name in ("SCRIPT_NAME", "Script__Name", "PATH_INFO", "REMOTE_USER"):
            with self.subTest(name):
                self.assertEqual(self.ask(**{name: "/evil"})[0], plain[0])
                self.assertNotIn("evil", "".join(map(str, self.ask(**{name: "/evil"}))))
        for value in ("/nowhere", "/evil"):
            status, text, location = self.ask(SCRIPT_NAME=value)
            self.assertEqual((status, location), (plain[0], plain[2]))
            self.assertNotIn(f"{value}/account", text)
