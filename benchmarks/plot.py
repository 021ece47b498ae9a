"""Draw the results of ``benchmarks.growth``: one panel for each database.

python -m benchmarks.plot
"""

from __future__ import annotations

import argparse
import json
from math import log10
from pathlib import Path
from typing import Any

from benchmarks.sites import ROOT

ENGINES = ("SQLite", "PostgreSQL", "MariaDB")
PAGES = {
    "home, first, heavy": ("home, 2,000 followed", "#0d6efd"),
    "home, deep, heavy": ("home, 2,000 followed, last page", "#6ea8fe"),
    "home, first, normal": ("home, 50 followed", "#d63384"),
    "profile, first, heavy": ("profile, 50,000 followers", "#198754"),
    "Explore, first, heavy": ("Explore", "#fd7e14"),
    "permalink, heavy": ("permalink", "#6c757d"),
}
WIDTH, HEIGHT, GAP, LEFT, TOP = 250, 220, 30, 40, 40
SIZES = (10_000, 10_000_000)
LARGEST_MS = 20


def place(size: int, milliseconds: float, panel: int) -> tuple[float, float]:
    """Return the coordinates of a measurement."""
    low, high = (log10(size) for size in SIZES)
    across = (log10(size) - low) / (high - low)
    x = LEFT + panel * (WIDTH + GAP) + across * WIDTH
    return x, TOP + HEIGHT * (1 - milliseconds / LARGEST_MS)


def draw_panel(panel: int, figures: dict[str, Any]) -> list[str]:
    """Return the SVG elements of one database."""
    x, _ = place(SIZES[0], 0, panel)
    drawn = [
        f'<text x="{x}" y="{TOP - 12}" font-weight="bold">{figures["name"]}</text>'
    ]
    for value in range(0, LARGEST_MS + 1, 5):
        _, y = place(SIZES[0], value, panel)
        drawn.append(f'<path d="M{x} {y}h{WIDTH}" stroke="#ddd"/>')
        if not panel:
            drawn.append(
                f'<text x="{x - 8}" y="{y + 4}" text-anchor="end">{value}</text>'
            )
    for power, label in ((4, "10,000"), (5, ""), (6, "1 M"), (7, "10 M posts")):
        tick, y = place(10**power, 0, panel)
        anchor = "end" if power == 7 else "start" if power == 4 else "middle"
        text = f'<text x="{tick}" y="{y + 18}" text-anchor="{anchor}">{label}</text>'
        drawn.append(text)
    for page, (_, colour) in PAGES.items():
        spots = [
            place(size, p50, panel)
            for size, p50 in zip(figures["sizes"], figures["p50"][page], strict=True)
        ]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        drawn.append(f'<polyline points="{line}" fill="none" stroke="{colour}"/>')
        drawn.extend(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
            for x, y in spots
        )
    return drawn


def main() -> None:
    """Write the image."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "benchmarks")
    parser.add_argument(
        "--picture", type=Path, default=ROOT / "docs" / "images" / "growth.svg"
    )
    options = parser.parse_args()
    files = (options.folder / f"growth-{name}.json" for name in ENGINES)
    measured = [json.loads(file.read_text()) for file in files if file.exists()]
    elements: list[str] = []
    for panel, figures in enumerate(measured):
        elements += draw_panel(panel, figures)
    for number, (label, colour) in enumerate(PAGES.values()):
        x, y = LEFT + number % 3 * (WIDTH + GAP), TOP + HEIGHT + 50 + number // 3 * 22
        elements.append(f'<circle cx="{x + 5}" cy="{y - 4}" r="4" fill="{colour}"/>')
        elements.append(f'<text x="{x + 16}" y="{y}">{label}</text>')
    width, height = LEFT + len(ENGINES) * (WIDTH + GAP), TOP + HEIGHT + 90
    options.picture.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<text x="4" y="16">p50, ms</text>\n' + "\n".join(elements) + "\n</svg>\n"
    )


if __name__ == "__main__":
    main()
