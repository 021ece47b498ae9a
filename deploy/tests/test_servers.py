"""The deployments, under the real Apache and lighttpd of Debian, on loopback.

Run by ``.ci/run`` (as root, with the servers installed); left out elsewhere.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parent.parent.parent
PACKAGES = (
    *(path.parent.name for path in ROOT.glob("*/apps.py")),
    "locale",
    "static",
    "templates",
)
APACHE, LIGHTTPD = "/usr/sbin/apache2", "/usr/sbin/lighttpd"
ACCOUNT = "daemon"  # not the web server's
MOD_WSGI = "/usr/lib/apache2/modules/mod_wsgi.so"
PATIENCE = 60  # seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Browser:
    """A minimal HTTP client with cookies and forms."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def ask(
        self, path: str, form: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Cookie": jar, "Host": "localhost", **headers}
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(form) if form is not None else None
        connection.request("POST" if form is not None else "GET", path, body, sent)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        connection.close()
        return answer.status, answer.headers, text


@contextmanager
def running(command: list[str], port: int, **more: object) -> Iterator[None]:
    """Run a server in the foreground until the end of the block."""
    with subprocess.Popen(command, start_new_session=True, **more) as process:  # type: ignore[call-overload]
        try:
            end = time.monotonic() + PATIENCE
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > end or process.poll() is not None:
                        raise
                    threading.Event().wait(0.1)
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)


@unittest.skipUnless(
    os.environ.get("DEPLOY_TESTS"), "deployments were left out: run with DEPLOY_TESTS=1"
)
class DeploymentTestCase(unittest.TestCase):
    """A site in a folder that the web server can read."""

    prefix = ""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="microblog-deploy-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o755)
        self.app = self.folder / "app"
        self.app.mkdir()
        for package in PACKAGES:
            shutil.copytree(ROOT / package, self.app / package)
        for file in ("manage.py", "gunicorn.conf.py"):
            shutil.copy(ROOT / file, self.app)
        self.data, self.static = self.folder / "var", self.folder / "static"
        variables = {
            "SECRET_KEY": "only-for-tests-0123456789-" * 3,
            "ALLOWED_HOSTS": "localhost",
            "SITE_URL": f"http://localhost{self.prefix}",
            "HTTPS": "false",
            "DATA_DIR": str(self.data),
            "STATIC_ROOT": str(self.static),
            "SCRIPT_NAME": self.prefix,
        }
        (self.app / ".env").write_text(
            "".join(f"{k}={v}\n" for k, v in variables.items())
        )
        self.environment = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "microblog.settings.production",
            "HOME": str(self.folder),
        }
        self.manage("migrate", "--verbosity", "0")
        self.manage("collectstatic", "--noinput", "--verbosity", "0")
        make = (
            "from accounts.models import User as U;"
            "U.objects.create_superuser('susan', 's@example.com', 'a-good-pw-1')"
        )
        self.manage("shell", "-c", make)

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(
            command, cwd=self.app, env=self.environment, check=True, capture_output=True
        )

    def check_site(self, port: int) -> None:
        """Check what every deployment must do."""
        browser, prefix = Browser(port), self.prefix
        status, headers, _ = browser.ask(f"{prefix}/")
        self.assertEqual(status, 302)
        login = f"{prefix}/account/login/"
        self.assertTrue(headers["Location"].startswith(f"{login}?next={prefix}/"))
        status, _, page = browser.ask(login)
        self.assertEqual(status, 200, page)
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        form = {
            "csrfmiddlewaretoken": token[1],
            "login": "susan",
            "password": "a-good-pw-1",
        }
        status, headers, _ = browser.ask(login, form)
        self.assertEqual((status, headers["Location"]), (302, f"{prefix}/"))
        status, _, page = browser.ask(f"{prefix}/")
        self.assertEqual(status, 200)
        style = re.search(r'href="([^"]+site\.[0-9a-f]{12}\.css)"', page)
        assert style, "Static files carry a hash in their names."
        self.assertTrue(style[1].startswith(f"{prefix}/static/"))
        status, headers, _ = browser.ask(style[1])
        self.assertEqual(status, 200)
        self.assertIn("max-age=31", headers["Cache-Control"])
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "body": "Hello from a server 🚀"}
        status, headers, _ = browser.ask(f"{prefix}/", form)
        self.assertEqual((status, headers["Location"]), (302, f"{prefix}/"))
        page = browser.ask(f"{prefix}/")[2]
        self.assertIn("Hello from a server 🚀", page)
        self.assertIn('src="data:image/svg+xml,', page)
        avatar = browser.ask(f"{prefix}/avatar/0123456789abcdef.svg")
        self.assertIn("immutable", avatar[1]["Cache-Control"])
        status, _, page = browser.ask(f"{prefix}/admin/")
        self.assertEqual(status, 200)
        admin_style = re.search(r'href="([^"]+/admin/css/base[^"]+)"', page)
        assert admin_style
        self.assertEqual(browser.ask(admin_style[1])[0], 200)
        self.assertEqual(browser.ask(f"{prefix}/healthz")[2], "ok")
        self.assertEqual(browser.ask(f"{prefix}/nowhere")[0], 404)


@unittest.skipUnless(
    os.geteuid() == 0 and Path(APACHE).exists() and Path(MOD_WSGI).exists(),
    "Apache with mod_wsgi is tested as root where it is installed: .ci/run",
)
class ApacheTests(DeploymentTestCase):
    """mod_wsgi in daemon mode, static files by Apache."""

    def test_serves_the_site(self) -> None:
        home = self.folder / "venv"
        subprocess.run(
            ["/usr/bin/python3", "-m", "venv", "--without-pip", home], check=True
        )
        packages = next((home / "lib").glob("python3*")) / "site-packages"
        shutil.copytree(sysconfig.get_path("purelib"), packages, dirs_exist_ok=True)
        port = free_port()
        site = (ROOT / "deploy/apache/microblog.conf").read_text()
        for old, new in {
            "<VirtualHost *:80>": f"<VirtualHost 127.0.0.1:{port}>",
            "user=microblog group=microblog": f"user={ACCOUNT} group={ACCOUNT}",
            "/srv/microblog/app/.venv": str(home),
            "/srv/microblog/static": str(self.static),
            "/srv/microblog/app": str(self.app),
        }.items():
            self.assertIn(old, site)
            site = site.replace(old, new)
        modules = "".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
            for name in ("mpm_event", "authz_core", "alias", "headers", "mime", "wsgi")
        )
        config = self.folder / "apache.conf"
        config.write_text(
            f"ServerRoot {self.folder}\nServerName localhost\nListen 127.0.0.1:{port}\n"
            f"PidFile {self.folder}/apache.pid\nErrorLog {self.folder}/apache.log\n"
            f"User www-data\nGroup www-data\nMutex file:{self.folder}\n{modules}"
            f"TypesConfig /etc/mime.types\nWSGISocketPrefix {self.folder}/wsgi\n{site}"
        )
        # As deploying.md: the account's own, and its group's is Apache.
        self.folder.chmod(0o750)
        self.app.chmod(0o750)
        written = (self.data, self.static, self.app, home)
        for path in (
            self.folder,
            *written,
            *(p for top in written for p in top.rglob("*")),
        ):
            if not path.is_symlink():
                shutil.chown(path, ACCOUNT, "www-data")
        (self.app / ".env").chmod(0o600)
        apache = [APACHE, "-f", str(config), "-D", "FOREGROUND"]
        with running(apache, port, env={"PATH": os.environ["PATH"]}):
            try:
                self.check_site(port)
            except AssertionError:
                for log in ("apache.log", "var/log/microblog.log"):
                    sys.stderr.write((self.folder / log).read_text()[-3000:])
                raise


@unittest.skipUnless(
    Path(LIGHTTPD).exists(), "lighttpd is tested where it is installed: .ci/run"
)
class LighttpdTests(DeploymentTestCase):
    """lighttpd in front of gunicorn, the site under a sub-path."""

    prefix = "/microblog"

    def test_serves_the_site_under_its_path(self) -> None:
        port, behind = free_port(), free_port()
        site = (ROOT / "deploy/lighttpd/microblog.conf").read_text()
        self.assertIn('"port" => 8000', site)
        site = site.replace('"port" => 8000', f'"port" => {behind}')
        (self.folder / "www").mkdir()
        config = self.folder / "lighttpd.conf"
        config.write_text(
            f'server.port = {port}\nserver.bind = "127.0.0.1"\n'
            f'server.document-root = "{self.folder}/www"\n{site}'
        )
        environment = {**self.environment, "PORT": str(behind), "HOST": "127.0.0.1"}
        environment["SCRIPT_NAME"] = self.prefix
        gunicorn = [sys.executable, "-m", "gunicorn", "microblog.wsgi"]
        with (
            running(gunicorn, behind, cwd=self.app, env=environment),
            running([LIGHTTPD, "-D", "-f", str(config)], port),
        ):
            self.check_site(port)
            forged = {"SCRIPT_NAME": "/evil", "Script-Name": "/evil"}
            status, headers, _ = Browser(port).ask("/microblog/", **forged)
            self.assertEqual(status, 302)
            self.assertTrue(headers["Location"].startswith("/microblog/account/login/"))


class PlatformTests(DeploymentTestCase):
    """gunicorn on ``$PORT``, logs on standard output, no permanent files."""

    def test_serves_by_its_procfile(self) -> None:
        lines = (ROOT / "Procfile").read_text().splitlines()
        web = next(line for line in lines if line.startswith("web:"))
        self.assertIn("gunicorn", web)
        port = free_port()
        environment = {**self.environment, "PORT": str(port), "LOG_TO_STDOUT": "true"}
        command = web.removeprefix("web:").split()
        command[:1] = [sys.executable, "-m", "gunicorn"]
        with running(command, port, cwd=self.app, env=environment):
            self.check_site(port)
        self.assertFalse((self.data / "log" / "microblog.log").exists())
