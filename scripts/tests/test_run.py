"""`make run` on a fresh machine: messages, secrets, processes."""

import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from django.test import SimpleTestCase

from scripts import run

SITE = """
import http.server, sys
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), \
http.server.SimpleHTTPRequestHandler)
try:
    server.serve_forever()
except KeyboardInterrupt:
    print("site ended", flush=True)
"""
WORKER = """
import signal
print("worker works", flush=True)
try:
    signal.pause()
except KeyboardInterrupt:
    print("worker ended", flush=True)
"""
RUNNER = """
import os, sys
from scripts.run import Processes, Stop
site, worker, port = sys.argv[1:]
python = [sys.executable, "-u", "-c"]
try:
    status = Processes(
        [*python, site, port], [*python, worker], os.environ
    ).run(f"http://127.0.0.1:{port}/")
except Stop as reason:
    sys.exit(str(reason))
sys.exit(status)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SetUpTests(SimpleTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_makes_an_env_file_with_a_secret_only_its_owner_may_read(self):
        file = self.folder / ".env"

        self.assertTrue(run.ensure_env_file(file))

        self.assertRegex(file.read_text(), r"SECRET_KEY=\S{60,}")
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)

    def test_never_overwrites_an_env_file(self):
        file = self.folder / ".env"
        file.write_text("SITE_NAME=mine\n")

        self.assertFalse(run.ensure_env_file(file))

        self.assertEqual(file.read_text(), "SITE_NAME=mine\n")

    def test_a_complete_environment_is_used_as_it_is(self):
        (self.folder / "requirements.txt").write_text("# nothing\n")
        python = self.folder / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.touch()
        wanted = run.fingerprint(self.folder / "requirements.txt")
        (self.folder / ".venv" / "installed-requirements.txt").write_text(wanted)

        self.assertEqual(
            run.ensure_environment(self.folder, "requirements.txt"), python
        )

    def test_makes_a_working_environment_and_remembers_what_is_in_it(self):
        (self.folder / "requirements.txt").write_text("# nothing\n")
        wanted = run.fingerprint(self.folder / "requirements.txt")

        with contextlib.redirect_stdout(io.StringIO()):
            python = run.ensure_environment(self.folder, "requirements.txt")

        subprocess.run(
            [python, "-m", "pip", "--version"], check=True, stdout=subprocess.DEVNULL
        )
        stamp = self.folder / ".venv" / "installed-requirements.txt"
        self.assertEqual(stamp.read_text(), wanted)
        for path, mode in (
            (self.folder / "var", 0o700),
            (self.folder / "var" / "pip.log", 0o600),
        ):
            self.assertEqual(path.stat().st_mode & 0o777, mode)

    def test_an_environment_that_is_gone_is_made_again(self):
        """A broken link, and a Python that a system upgrade removed."""
        (self.folder / "requirements.txt").write_text("# nothing\n")
        environment = self.folder / ".venv"
        environment.symlink_to(self.folder / "gone")
        with contextlib.redirect_stdout(io.StringIO()):
            python = run.ensure_environment(self.folder, "requirements.txt")
            for name in ("python", "python3", f"python3.{sys.version_info[1]}"):
                link = environment / "bin" / name
                link.unlink(missing_ok=True)
                link.symlink_to(self.folder / "gone")
            python = run.ensure_environment(self.folder, "requirements.txt")

        subprocess.run([python, "-c", ""], check=True)

    def test_what_is_in_the_way_is_named(self):
        (self.folder / "requirements.txt").write_text("# nothing\n")
        (self.folder / ".venv").touch()
        with self.assertRaisesMessage(run.Stop, ".venv is a file"):
            run.ensure_environment(self.folder, "requirements.txt")
        self.assertTrue((self.folder / ".venv").exists(), "It is not ours to remove.")
        (self.folder / ".env").mkdir()
        with self.assertRaisesMessage(run.Stop, ".env is not a file"):
            run.ensure_env_file(self.folder / ".env")
        (self.folder / "link").symlink_to(self.folder / "gone")
        with self.assertRaisesMessage(run.Stop, "a broken link"):
            run.ensure_env_file(self.folder / "link")

    def test_what_cannot_be_written_is_a_sentence(self):
        """As in a checkout without write permission."""
        for name in ("scripts/run.py", "requirements.txt"):
            file = self.folder / name
            file.parent.mkdir(exist_ok=True)
            shutil.copy(run.ROOT / name, file)
        (self.folder / "var").touch()  # where a folder is expected
        environment = self.folder / ".venv" / "bin"
        environment.mkdir(parents=True)
        (environment / "python").symlink_to(sys.executable)
        (environment / "pip").touch()
        command = [sys.executable, self.folder / "scripts" / "run.py", "install"]
        result = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertNotIn("Traceback", result.stderr)
        self.assertIn(f"File exists: {self.folder / 'var'}", result.stderr)

    def test_the_fingerprint_changes_with_the_requirements(self):
        file = self.folder / "requirements.txt"
        file.write_text("one==1\n")
        before = run.fingerprint(file)
        file.write_text("one==2\n")

        self.assertNotEqual(run.fingerprint(file), before)


class SiteEnvironmentTests(SimpleTestCase):
    """What the settings make of the variables that the site is started with."""

    SHOW = "from django.conf import settings as s; print(s.SITE_URL, s.DATA_DIR)"

    def settings(self, env_file: str, **variables: str) -> list[str]:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / ".env").write_text(env_file.format(folder=folder))
        given = run.site_environment("http://localhost:8123/")
        given |= {"DJANGO_SETTINGS_MODULE": "microblog.settings.development"}
        given |= {"ENV_FILE": str(folder / ".env"), "DATA_DIR": str(folder)}
        for name in ("SITE_URL", "DATA_DIR"):
            if f"{name}=" in env_file:
                given.pop(name, None)
        shown = subprocess.run(
            [sys.executable, "-c", self.SHOW],
            env=given | variables,
            cwd=run.ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        return shown.replace(str(folder), "FOLDER").split()

    def test_links_lead_to_the_port_where_nothing_else_is_said(self):
        self.assertEqual(self.settings("")[0], "http://localhost:8123")
        self.assertEqual(self.settings("SITE_URL=\n")[0], "http://localhost:8123")

    def test_the_env_file_decides(self):
        lines = "SITE_URL=https://blog.example\nDATA_DIR={folder}/data\n"
        expected = ["https://blog.example", "FOLDER/data"]
        self.assertEqual(self.settings(lines), expected)

    def test_the_environment_comes_before_the_env_file(self):
        address = "https://other.example"
        lines = "SITE_URL=https://blog.example\n"
        self.assertEqual(self.settings(lines, SITE_URL=address)[0], address)


class SentenceTests(SimpleTestCase):
    def test_an_old_python_is_told_what_to_do(self):
        with self.assertRaisesMessage(run.Stop, "needs Python 3.11 or newer"):
            run.check_python((3, 9, 2))

    def test_a_new_python_is_fine(self):
        run.check_python((3, 14, 0))

    def test_a_port_in_use_names_another(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]

            with self.assertRaisesMessage(run.Stop, f"make run PORT={port + 1}"):
                run.check_port(port)

    def test_a_number_that_is_no_port_is_refused(self):
        for port in (0, -1, 65536):
            with self.subTest(port), self.assertRaisesMessage(run.Stop, "no port"):
                run.check_port(port)

    def test_what_is_no_number_is_no_port(self):
        makefile = (run.ROOT / "Makefile").read_text()
        self.assertIn('site --port="$(PORT)"', makefile)
        for port in ("abc", "", "8000.5"):
            errors = io.StringIO()
            with self.subTest(port), contextlib.redirect_stderr(errors):
                self.assertEqual(run.main(["site", f"--port={port}"]), 1)
            sentence = f"PORT={port} is no port: choose a number from 1024 to 65535."
            self.assertEqual(errors.getvalue().strip(), sentence)

    def test_a_free_port_is_fine(self):
        run.check_port(free_port())

    def test_no_network_is_told_apart_from_other_failures(self):
        offline = "NewConnectionError: Failed to establish a new connection"

        self.assertIn("Connect this machine", run.why_pip_failed(offline))
        self.assertIn("var/pip.log", run.why_pip_failed("ERROR: hash mismatch"))


class ProcessesTests(SimpleTestCase):
    def start(self, site: str, worker: str) -> subprocess.Popen[str]:
        runner = subprocess.Popen(
            [sys.executable, "-u", "-c", RUNNER, site, worker, str(free_port())],
            cwd=run.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(runner.stdout.close)
        self.addCleanup(runner.wait)
        self.addCleanup(runner.kill)
        return runner

    def read_until(self, runner: subprocess.Popen[str], words: str) -> None:
        for line in runner.stdout:
            if words in line:
                return
        self.fail(f"It ended without saying {words!r}.")

    def test_says_the_address_and_ends_both_on_ctrl_c(self):
        runner = self.start(SITE, WORKER)
        self.read_until(runner, "microblog is running: http://127.0.0.1:")

        os.kill(runner.pid, signal.SIGINT)
        rest, _ = runner.communicate(timeout=60)

        self.assertIn("site ended", rest)
        self.assertEqual(runner.returncode, 0)

    def test_ends_when_the_site_ends(self):
        runner = self.start("raise SystemExit(3)", WORKER)

        said, _ = runner.communicate(timeout=60)

        self.assertIn("The site ended", said)
        self.assertEqual(runner.returncode, 3)

    def test_starts_a_worker_again_and_gives_up_on_one_that_never_lives(self):
        runner = self.start(SITE, "raise SystemExit(5)")

        said, _ = runner.communicate(timeout=60)

        self.assertIn("The worker ended (5); starting it again.", said)
        self.assertIn("ends again and again", said)
        self.assertEqual(runner.returncode, 1)
