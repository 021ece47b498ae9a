"""The home page's processor time beside that of a lean Django page.

    python -m benchmarks.lean

The lean page draws twenty posts from memory, with a session and a user, and nothing
else. Both are asked in turns, in processes of their own.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
from pathlib import Path

from benchmarks.sites import PYTHON, ROOT, Site, make_site

ROUNDS = 15
REQUESTS = 20


def start(site: Site, *arguments: str, **more: str) -> subprocess.Popen[str]:
    """Start a process that answers; see ``benchmarks.processor``."""
    return subprocess.Popen(
        [PYTHON, "-m", "benchmarks.processor", *arguments],
        cwd=ROOT,
        env={**site.environment, **more},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def ask(process: subprocess.Popen[str], session: str, path: str) -> tuple[float, int]:
    """Return the median milliseconds of a page, and its size in bytes."""
    assert process.stdin and process.stdout
    process.stdin.write(f"{session} {path} {REQUESTS}\n")
    process.stdin.flush()
    taken, size = process.stdout.readline().split()
    return float(taken), int(size)


def main() -> None:
    """Measure in turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "benchmarks")
    options = parser.parse_args()
    folder = options.folder / f"lean-{options.posts}"
    site = make_site(folder, options.posts, people=2_000)
    readers = site.readers()
    lean = start(site, "lean", DJANGO_SETTINGS_MODULE="benchmarks.lean_settings")
    assert lean.stdout
    session = lean.stdout.readline().strip()
    ours = start(site)
    pages = {
        "lean page": (lean, session, "/"),
        "home, 50 followed": (ours, readers["normal"]["session"], "/"),
        "home, 2,000 followed": (ours, readers["heavy"]["session"], "/"),
        "home's template, posts in memory": (
            ours,
            readers["normal"]["session"],
            "/floor",
        ),
        "Explore": (ours, readers["normal"]["session"], "/explore"),
    }
    times: dict[str, list[float]] = {name: [] for name in pages}
    sizes = {}
    for turn in range(options.rounds + 1):
        for name, page in pages.items():
            taken, sizes[name] = ask(*page)
            if turn:  # the first warms up
                times[name].append(taken)
    floor = statistics.median(times["lean page"])
    print("\n| page | CPU ms | of the lean page | bytes |")
    print("| --- | --- | --- | --- |")
    for name, all_taken in times.items():
        taken = statistics.median(all_taken)
        print(f"| {name} | {taken:.1f} | {taken / floor:.2f} | {sizes[name]:,} |")
    for process in (lean, ours):
        assert process.stdin
        process.stdin.close()
        process.wait()


if __name__ == "__main__":
    main()
