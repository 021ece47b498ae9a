"""The cost of silk, by the share of recorded requests.

python -m benchmarks.profilers
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from benchmarks.pages import measure
from benchmarks.server import fetch, serve
from benchmarks.sites import ROOT, make_site

ROUNDS = 3
SHARES = {"off": None, "1 %": "1", "10 %": "10", "100 %": "100"}


def main() -> None:
    """Measure the home page with each share of recorded requests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "benchmarks")
    options = parser.parse_args()
    site = make_site(options.folder / "silk-10000", 10_000, people=1_000)
    session = site.readers()["normal"]["session"]
    rates: dict[str, float] = {}
    print("\n| silk records | requests/s | CPU ms a page |\n| --- | --- | --- |")
    for name, share in SHARES.items():
        silk = {"SILK_ENABLED": "true", "SILK_SAMPLING_PERCENT": share} if share else {}
        if share == "1":
            site.run("manage.py", "migrate", "--verbosity", "0", **silk)
        with serve(site, **silk) as server:
            for _ in range(20):
                fetch(server.port, "/", session)
            taken = [measure(server, "/", session) for _ in range(ROUNDS)]
        rate, cost = (statistics.median(column) for column in zip(*taken, strict=True))
        rates[name] = rate
        print(f"| {name} | {rate:.0f} | {cost:.1f} |")


if __name__ == "__main__":
    main()
