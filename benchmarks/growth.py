"""The response time of pages by the size of the site: p50, measured in turns.

python -m benchmarks.growth --sizes 10000 1000000 [--database URL{size}]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
from collections import defaultdict
from pathlib import Path

from benchmarks.sites import PYTHON, ROOT, Site, make_site

PEOPLE = 60_000
ROUNDS = 40
KINDS = ("heavy", "normal", "lonely", "nobody", "quiet", "silent", "flooded")


def paths(facts: dict[str, dict[str, str]]) -> dict[tuple[str, str], str]:
    """Return the URLs to measure, by page and kind of reader."""
    site = facts["site"]
    star = f"/user/{site['celebrity']}"
    pages = {("home, first", kind): "/" for kind in KINDS}
    pages |= {("home, deep", kind): f"/?before={facts[kind]['deep']}" for kind in KINDS}
    others = {
        "profile, first": star,
        "profile, deep": f"{star}?before={site['celebrity_deep']}",
        "followers": f"{star}/followers",
        "Explore, first": "/explore",
        "Explore, deep": f"/explore?before={site['deep']}",
        "permalink": f"/post/{site['post']}",
    }
    return pages | {(name, "heavy"): path for name, path in others.items()}


def measure(sites: dict[int, Site], rounds: int) -> dict[tuple[str, str], list[float]]:
    """Return p50 per page and reader, one figure for each size."""
    facts = {size: site.readers() for size, site in sites.items()}
    workers = {
        size: subprocess.Popen(
            [PYTHON, "-m", "benchmarks.timing"],
            cwd=ROOT,
            env=site.environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for size, site in sites.items()
    }
    times: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    for turn in range(rounds + 2):
        for size, worker in workers.items():
            for (name, kind), path in paths(facts[size]).items():
                assert worker.stdin and worker.stdout
                worker.stdin.write(f"{facts[size][kind]['session']} {path}\n")
                worker.stdin.flush()
                taken = float(worker.stdout.readline())
                if turn >= 2:  # the first two warm up
                    times[name, kind, size].append(taken)
    for worker in workers.values():
        assert worker.stdin
        worker.stdin.close()
        worker.wait()
    result: dict[tuple[str, str], list[float]] = defaultdict(list)
    for (name, kind, _size), taken_all in times.items():
        result[name, kind].append(statistics.median(taken_all))
    return result


def main() -> None:
    """Make the sites, measure, print a table and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--database", default="", help="URL with {size} in it")
    parser.add_argument("--name", default="SQLite")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "benchmarks")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    sites = {
        size: make_site(
            options.folder / f"{options.name}-{size}",
            size,
            people=PEOPLE,
            database=options.database.format(size=size),
        )
        for size in options.sizes
    }
    result = measure(sites, options.rounds)
    head = " | ".join(f"{size:,} posts" for size in options.sizes)
    print(f"\n| {options.name}: page | reader | {head} |")
    print("| --- | --- |" + " --- |" * len(options.sizes))
    for (name, kind), (first, *later) in result.items():
        cells = "".join(f" | {p50:.1f} (× {p50 / first:.2f})" for p50 in later)
        print(f"| {name} | {kind} | {first:.1f}{cells} |")
    kept = {f"{name}, {kind}": row for (name, kind), row in result.items()}
    figures = {"name": options.name, "sizes": options.sizes, "p50": kept}
    (options.folder / f"growth-{options.name}.json").write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
