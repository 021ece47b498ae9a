"""Pages under gunicorn with two workers, compared with the floor (the same page over
posts in memory), and what a worker weighs.

    python -m benchmarks.pages
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from pathlib import Path

from benchmarks.server import Server, fetch, load, serve
from benchmarks.sites import ROOT, make_site

ROUNDS = 5
SECONDS = 3


def measure(server: Server, path: str, session: str) -> tuple[float, float]:
    """Return requests a second, and milliseconds of processor time a request."""
    before = server.cpu_seconds()
    count, failed = load(
        SECONDS, 4, lambda: fetch(server.port, path, session)[0] == 200
    )
    assert not failed, path
    return count / SECONDS, (server.cpu_seconds() - before) / count * 1000


def main() -> None:
    """Measure in turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "benchmarks")
    options = parser.parse_args()
    site = make_site(
        options.folder / f"SQLite-{options.posts}", options.posts, people=60_000
    )
    readers = site.readers()
    star = readers["site"]["celebrity"]
    pages = {
        "floor": ("/floor", "normal"),
        "home, 50 followed": ("/", "normal"),
        "home, 2,000 followed": ("/", "heavy"),
        "home, 1 silent": ("/", "lonely"),
        "Explore": ("/explore", "normal"),
        "profile": (f"/user/{star}", "normal"),
    }
    rates: dict[str, list[float]] = defaultdict(list)
    costs: dict[str, list[float]] = defaultdict(list)
    with serve(site) as server:
        for path, kind in pages.values():
            for _ in range(20):
                fetch(server.port, path, readers[kind]["session"])
        for _ in range(ROUNDS):
            for name, (path, kind) in pages.items():
                rate, cost = measure(server, path, readers[kind]["session"])
                rates[name].append(rate)
                costs[name].append(cost)
        memory = server.memory()
    print("\n| page | requests/s | of the floor | CPU ms a page |")
    print("| --- | --- | --- | --- |")
    floor = statistics.median(rates["floor"])
    for name in pages:
        rate = statistics.median(rates[name])
        cost = statistics.median(costs[name])
        print(f"| {name} | {rate:.0f} | {rate / floor:.0%} | {cost:.1f} |")
    resident = ", ".join(f"{value:.0f}" for value in memory["Rss"])
    own = ", ".join(f"{value:.0f}" for value in memory["Private_Dirty"])
    print(f"\nworkers: {resident} MB resident, {own} MB of their own")


if __name__ == "__main__":
    main()
