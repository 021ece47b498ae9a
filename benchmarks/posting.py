"""Twenty concurrent writers on SQLite: no post may fail or get lost.

python -m benchmarks.posting
"""

from __future__ import annotations

import argparse
import itertools
import re
import statistics
import time
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.server import fetch, load, serve
from benchmarks.sites import ROOT, make_site

WRITERS = 20
SECONDS = 20


def main() -> None:
    """Post for a while, then count the stored posts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "benchmarks")
    options = parser.parse_args()
    site = make_site(
        options.folder / f"SQLite-{options.posts}", options.posts, people=60_000
    )
    session = site.readers()["nobody"]["session"]
    count = "from posts.models import Post; print(Post.objects.count())"
    before = int(site.run("manage.py", "shell", "-v0", "-c", count).split()[-1])
    numbers = itertools.count()
    times: list[float] = []
    with serve(site, WEB_THREADS="10") as server:
        page = fetch(server.port, "/", session)[1].decode()
        found = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)
        assert found
        token = found[1]
        cookie = f"{session}; csrftoken={token[:32]}"

        def post() -> bool:
            number = next(numbers)
            body = urlencode(
                {
                    "csrfmiddlewaretoken": token[:32],
                    "body": f"A post with the number {number}",
                    "language": "en",
                    "submission": time.time_ns() % 2**62,
                }
            )
            start = time.perf_counter()
            kind = "application/x-www-form-urlencoded"
            status = fetch(server.port, "/", cookie, body, **{"Content-Type": kind})[0]
            times.append((time.perf_counter() - start) * 1000)
            return status == 302

        sent, failed = load(SECONDS, WRITERS, post)
    after = int(site.run("manage.py", "shell", "-v0", "-c", count).split()[-1])
    log = (site.folder / "log" / "microblog.log").read_text(errors="replace")
    print(f"\nsent {sent} posts with {WRITERS} writers: {failed} failed,")
    print(f"{sent - failed - (after - before)} lost,", end=" ")
    print(f"{log.count('database is locked')} times «database is locked»;")
    print(f"{sent / SECONDS:.0f} posts/s, p50 {statistics.median(times):.0f} ms")


if __name__ == "__main__":
    main()
