"""A gunicorn server for a site, and a load generator."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sites import PYTHON, ROOT, Site

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    port: int
    master: int

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.master}/task/{self.master}/children")
        return [int(pid) for pid in children.read_text().split()]

    def cpu_seconds(self) -> float:
        total = 0
        for pid in self.workers():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def memory(self) -> dict[str, list[float]]:
        """Return the resident and the unshared memory of each worker in megabytes."""
        found: dict[str, list[float]] = {"Rss": [], "Private_Dirty": []}
        for pid in self.workers():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name = line.partition(":")[0]
                if name in found:
                    found[name].append(int(line.split()[1]) / 1024)
        return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serve(site: Site, **environment: str) -> Iterator[Server]:
    """Run gunicorn with two workers for a site."""
    port = free_port()
    env = {**site.environment, "HOST": "127.0.0.1", "PORT": str(port)}
    env |= {"WEB_CONCURRENCY": "2", "WEB_THREADS": "1", **environment}
    command = [
        PYTHON,
        "-m",
        "gunicorn",
        "microblog.wsgi",
        "--access-logfile",
        "/dev/null",
    ]
    with subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL) as run:
        try:
            wait_for(port)
            yield Server(port, run.pid)
        finally:
            run.terminate()


def wait_for(port: int) -> None:
    for _ in range(300):
        try:
            if fetch(port, "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    message = "The server does not start."
    raise RuntimeError(message)


def fetch(
    port: int, path: str, session: str = "", body: str | None = None, **headers: str
) -> tuple[int, bytes]:
    """Return status and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    sent = {"Cookie": f"sessionid={session}", **headers}
    connection.request("POST" if body else "GET", path, body, sent)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def load(seconds: float, threads: int, request: Callable[[], bool]) -> tuple[int, int]:
    """Send requests from ``threads`` threads; return how many and how many failed."""
    counts = [[0, 0] for _ in range(threads)]
    end = time.monotonic() + seconds

    def work(count: list[int]) -> None:
        while time.monotonic() < end:
            count[0] += 1
            count[1] += not request()

    running = [threading.Thread(target=work, args=(count,)) for count in counts]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(c[0] for c in counts), sum(c[1] for c in counts)
