"""The commands of the Makefile, with nothing but Python's standard library.

A fresh machine has none of the packages yet, so this file imports the standard library
only. It creates ``.venv`` and ``.env``, migrates, and runs the site beside its
background worker until Ctrl-C.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
# pip's messages when it cannot reach its index.
OFFLINE = ("NewConnectionError", "Name or service not known", "name resolution")
FIRST_PAGE_SECONDS = 60
PATIENCE_SECONDS = 10
# A worker that ends sooner than this after its start counts as failing.
HEALTHY_SECONDS = 10
MOST_FAILURES = 5

LEFT_OUT = """
----------------------------------------------------------------------
LEFT OUT, because they need more than Python:
  the browser tests (Chromium), the suite on PostgreSQL, MariaDB and Xapian,
  what needs a Redis, and the deployments under Apache and lighttpd.
On Debian, as root, `bash .ci/run` installs what they need and runs all.
----------------------------------------------------------------------"""


class Stop(Exception):  # noqa: N818 - it is no error of ours
    """An error with a message that says what to do."""


# The environment


def check_python(version: tuple[int, ...] = tuple(sys.version_info)) -> None:
    if version[:2] < OLDEST_PYTHON:
        found = ".".join(map(str, version[:3]))
        raise Stop(
            f"microblog needs Python 3.11 or newer and this is {found}. Install "
            "python3.11 (or newer) from your system's packages, then try again."
        )


def fingerprint(file: Path) -> str:
    """Return a hash of ``file`` and the version of Python."""
    content = file.read_bytes() + repr(sys.version_info[:3]).encode()
    return hashlib.sha256(content).hexdigest()


def ensure_environment(root: Path, requirements: str) -> Path:
    """Return the Python of ``.venv``, after installing ``requirements`` if needed."""
    folder = root / ".venv"
    python = folder / "bin" / "python"
    stamp = folder / f"installed-{requirements}"
    wanted = fingerprint(root / requirements)
    # Do not resolve links: their targets may be gone, as after a system upgrade.
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    try:
        if not (python.exists() and (folder / "bin" / "pip").exists()):
            make_room(folder)
            venv.create(folder, with_pip=True, symlinks=True, clear=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Stop(
            f"The virtual environment {folder.name} could not be made ({error}). "
            "On Debian and Ubuntu: apt install python3-venv. Then remove "
            f"{folder.name} and try again."
        ) from error
    install(python, root / requirements, root / "var" / "pip.log")
    stamp.write_text(wanted)
    return python


def make_room(folder: Path) -> None:
    """Remove a broken link; raise ``Stop`` if ``folder`` is a file."""
    if folder.is_symlink() and not folder.exists():
        folder.unlink()
    if folder.exists() and not folder.is_dir():
        raise Stop(
            f"{folder} is a file, where the virtual environment belongs. Move or "
            "remove it, then try again."
        )


def install(python: Path, requirements: Path, log: Path) -> None:
    """Install the pinned packages, verifying their hashes.

    The names are printed as they come, everything else goes to ``log``. Raises ``Stop``
    if pip fails.
    """
    say(f"Installing {requirements.name}; the first time this takes a minute or two.")
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    log.touch(mode=0o600)
    command = [
        *(python, "-m", "pip", "install", "--disable-pip-version-check"),
        *("--no-input", "--require-hashes", "-r", requirements),
    ]
    with (
        log.open("w", encoding="utf-8") as output,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as pip,
    ):
        for line in pip.stdout or ():
            output.write(line)
            if line.startswith("Collecting "):
                say("  " + line.split()[1].partition("=")[0])
    if pip.returncode:
        raise Stop(why_pip_failed(log.read_text(encoding="utf-8")))


def why_pip_failed(output: str) -> str:
    """Return the message about a failed installation."""
    if any(words in output for words in OFFLINE):
        return (
            "The packages could not be downloaded: the package index cannot be "
            "reached. Connect this machine to the net (or set PIP_INDEX_URL to a "
            "mirror that it can reach), then try again. Only the first start needs it."
        )
    tail = "\n".join(output.splitlines()[-15:])
    return f"{tail}\nThe packages could not be installed; var/pip.log has it all."


def ensure_env_file(file: Path) -> bool:
    """Create ``file`` with a random secret; return False if it exists."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if file.is_file():
            return False
        what = "a broken link" if file.is_symlink() else "not a file"
        message = f"{file} is {what}. Move or remove it, then try again."
        raise Stop(message) from None
    with os.fdopen(descriptor, "w") as lines:
        lines.write(
            "# This site's own settings; docs/settings.md explains each.\n"
            f"SECRET_KEY={secrets.token_urlsafe(50)}\n"
        )
    return True


def port_number(text: str) -> int:
    """Return the port that somebody typed; raise ``Stop`` for what is no number."""
    try:
        return int(text)
    except ValueError:
        message = f"PORT={text} is no port: choose a number from 1024 to 65535."
        raise Stop(message) from None


def check_port(port: int) -> None:
    """Raise ``Stop`` unless the site can listen on ``port``."""
    if not 0 < port < 65536:
        raise Stop(f"{port} is no port: choose one from 1024 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise Stop(
                f"Port {port} is for the system only. Choose another: make run "
                "PORT=8001."
            ) from error
        except OSError as error:
            raise Stop(
                f"Port {port} is in use. End what uses it, or choose another port: "
                f"make run PORT={port + 1}."
            ) from error


# The processes


class Processes:
    """The site and its worker: both end together, but a dead worker is restarted."""

    def __init__(
        self, site: Sequence[str], worker: Sequence[str], env: Mapping[str, str]
    ) -> None:
        """Remember the two commands and their environment; ``run`` starts them."""
        self._site_command = site
        self._worker_command = worker
        self._env = dict(env)
        self._failures = 0
        self._worker_started = 0.0
        self._stopping = False

    def run(self, address: str) -> int:
        """Run both until they end; return the site's exit status."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        self._site = self._start(self._site_command)
        self._start_worker()
        try:
            if self._wait_for_page(address):
                announce(address)
            self._watch()
        finally:
            self._end()
        return 0 if self._stopping else self._site.returncode or 1

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches only this process, which then ends the
        # others in order, with their children.
        return subprocess.Popen(
            command, env=self._env, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def _start_worker(self) -> None:
        self._worker = self._start(self._worker_command)
        self._worker_started = time.monotonic()

    def _alive(self) -> bool:
        return not self._stopping and self._site.poll() is None

    def _wait_for_page(self, address: str) -> bool:
        limit = time.monotonic() + FIRST_PAGE_SECONDS
        while self._alive() and time.monotonic() < limit:
            try:
                with urllib.request.urlopen(address, timeout=20):  # noqa: S310
                    return True
            except urllib.error.HTTPError:
                return True
            except OSError:
                time.sleep(0.1)
        return False

    def _watch(self) -> None:
        while self._alive():
            if self._worker.poll() is not None:
                self._restart_worker()
            time.sleep(0.2)
        if not self._stopping:
            say("The site ended; ending its worker too.")

    def _restart_worker(self) -> None:
        lived = time.monotonic() - self._worker_started
        self._failures = 0 if lived > HEALTHY_SECONDS else self._failures + 1
        if self._failures >= MOST_FAILURES:
            raise Stop("The worker ends again and again; its messages say why.")
        say(f"The worker ended ({self._worker.returncode}); starting it again.")
        self._start_worker()

    def _end(self) -> None:
        ladder = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
        for number in ladder:
            running = [p for p in (self._site, self._worker) if p.poll() is None]
            for process in running:
                os.killpg(process.pid, number)
            for process in running:
                try:
                    process.wait(PATIENCE_SECONDS)
                except subprocess.TimeoutExpired:
                    continue


def announce(address: str) -> None:
    """Print the site's URL and the next steps."""
    say(
        f"\n  microblog is running: {address}\n"
        "  Sign up there; the mail that confirms your address is shown here.\n"
        "  To be an administrator, in another terminal:  make admin\n"
        "  Ctrl-C ends the site and its worker.\n"
    )


def say(text: str) -> None:
    """Print without buffering, also into a pipe."""
    print(text, flush=True)


# The commands


def run_site(port: int) -> int:
    """Set everything up and run the site on ``port`` until it is stopped."""
    check_port(port)
    python = prepare("requirements.txt")
    address = f"http://localhost:{port}/"
    env = site_environment(address)
    manage = [str(python), str(ROOT / "manage.py")]
    if subprocess.run([*manage, "migrate", "--verbosity", "1"], env=env).returncode:
        raise Stop("The database could not be brought up to date; see above.")
    site = [*manage, "runserver", f"127.0.0.1:{port}"]
    return Processes(site, [*manage, "worker"], env).run(address)


def site_environment(address: str) -> dict[str, str]:
    """Return the variables of the site and its worker.

    ``RUN_ADDRESS`` is what SITE_URL is in development where nothing else, neither the
    environment nor ``.env``, says what it is.
    """
    run_address = address.rstrip("/")
    return {**os.environ, "PYTHONUNBUFFERED": "1", "RUN_ADDRESS": run_address}


def run_tests(arguments: Sequence[str]) -> int:
    """Run the tests; return pytest's exit status."""
    python = prepare("requirements-dev.txt")
    command = [str(python), "-m", "pytest", "-n", "auto", *arguments]
    status = subprocess.run(command, cwd=ROOT).returncode
    say(LEFT_OUT)
    return status


def prepare(requirements: str) -> Path:
    """Return the Python of a complete environment, with a local ``.env``."""
    check_python()
    python = ensure_environment(ROOT, requirements)
    if ensure_env_file(ROOT / ".env"):
        say("Made .env with a secret of this site's own.")
    return python


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    site = commands.add_parser("site", help="run the site and its worker")
    site.add_argument("--port", default="8000")
    commands.add_parser("install", help="install what running needs")
    commands.add_parser("install-dev", help="install what developing needs")
    commands.add_parser("test", help="run the tests; pytest's options may follow")
    options, rest = parser.parse_known_args(arguments)
    try:
        if options.command == "site":
            return run_site(port_number(options.port))
        if options.command == "test":
            return run_tests(rest)
        dev = options.command == "install-dev"
        prepare("requirements-dev.txt" if dev else "requirements.txt")
    except OSError as error:
        # A checkout without write permission, a full disk.
        where = f": {error.filename}" if error.filename else ""
        reason = f"{error.strerror or error}{where}. Free or unlock it, then try again."
        print(f"\n{reason}", file=sys.stderr)
        return 1
    except Stop as reason:
        print(f"\n{reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
