"""Search with our backends for Whoosh and Xapian, and stock haystack, in one run.

Xapian is left out, aloud, where its bindings are not installed (docs/search.md).

python -m benchmarks.search
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
from importlib.util import find_spec
from pathlib import Path

from benchmarks.sites import PYTHON, ROOT, Site, make_site

STOCK = """
import sys, time, warnings
warnings.simplefilter("ignore")
import django; django.setup()
from django.conf import settings
from haystack import connections
from haystack.query import SearchQuerySet
from posts.models import Post
settings.HAYSTACK_LIMIT_TO_REGISTERED_MODELS = True
settings.HAYSTACK_CONNECTIONS["default"].update(
    ENGINE="haystack.backends.whoosh_backend.WhooshEngine", PATH=sys.argv[1])
backend = connections["default"].get_backend()
assert type(backend).__module__.startswith("haystack"), type(backend)
index = connections["default"].get_unified_index().get_index(Post)
backend.setup()
if not backend.index.doc_count():
    backend.update(index, list(Post.objects.order_by("pk")))
def ask(words):
    query = SearchQuerySet().all()
    for word in words.split():
        query = query.filter(text=word)
    return list(query[:20])
for line in sys.stdin:
    start = time.perf_counter(); found = ask(line.strip())
    print((time.perf_counter() - start) * 1000, len(found), flush=True)
"""
OURS = """
import sys, time
import django; django.setup()
from search.query import parse
from search.results import find_posts
for line in sys.stdin:
    start = time.perf_counter(); found = find_posts(parse(line.strip()))
    print((time.perf_counter() - start) * 1000, len(found), flush=True)
"""
ADD = """
import time, statistics
import django; django.setup()
from accounts.models import User
from posts.models import Post
from search.index import apply_changes
person = User.objects.order_by("pk").first()
taken = []
for number in range(30):
    post = Post.objects.create(author=person, body=f"one more lake {number}")
    start = time.perf_counter(); apply_changes([("posts.post", post.pk)])
    taken.append((time.perf_counter() - start) * 1000)
print(statistics.median(taken))
"""
QUERIES = ("coffee", "lake", "the", "zebra", "mountain lake", "coffee lake")
HARD = (
    "the OR a OR and OR with OR today OR lake OR mountain",
    "the a and with today morning coffee mountain lake river friend music",
    '"the lake"',
    "lang:en -the -a -and",
    "世 界 山",
)
ROUNDS = 9


def xapian(site: Site) -> dict[str, str]:
    """Return the variable that selects a site's Xapian index, built once."""
    folder = site.folder / "xapian"
    variable = {"SEARCH_URL": f"xapian://{folder.absolute()}"}
    if not (folder / "XAPIANDB").exists():  # nor one of an older form
        site.run("manage.py", "rebuild_search", quiet=False, **variable)
    return variable


class Asked:
    """A process of a site that runs queries and reports their times."""

    def __init__(self, site: Site, code: str, *arguments: str, **more: str) -> None:
        self.process = subprocess.Popen(
            [PYTHON, "-W", "ignore", "-c", code, *arguments],
            cwd=ROOT,
            env=site.environment | more,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, query: str) -> float:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{query}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline().split()[0])

    def end(self) -> None:
        self.process.communicate()


def compare(asked: dict[str, Asked]) -> None:
    """Run all in turns and print p50 of each query, and its ratio to the first."""
    stock, *ours = asked
    print(f"| query | {stock} | " + " | ".join(f"{n} | ratio" for n in ours) + " |")
    print("| --- |" + " --- |" * (1 + 2 * len(ours)))
    for query in QUERIES:
        times: dict[str, list[float]] = {name: [] for name in asked}
        for turn in range(ROUNDS + 1):
            for name, taken in times.items():
                one = asked[name].ask(query)
                if turn:
                    taken.append(one)
        p50 = {name: statistics.median(taken) for name, taken in times.items()}
        cells = " | ".join(f"{p50[n]:.1f} | {p50[n] / p50[stock]:.3f}" for n in ours)
        print(f"| `{query}` | {p50[stock]:.0f} | {cells} |")
    print("\n| hard query, slowest of 5 | " + " | ".join(ours) + " |")
    print("| --- |" + " --- |" * len(ours))
    for query in HARD:
        slowest = (max(asked[name].ask(query) for _ in range(5)) for name in ours)
        print(f"| `{query}` | " + " | ".join(f"{one:.0f}" for one in slowest) + " |")


def main() -> None:
    """Index the site with each engine, then measure them in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "benchmarks")
    options = parser.parse_args()
    folder = options.folder
    site = make_site(
        folder / f"search-{options.posts}", options.posts, people=5_000, index=True
    )
    small = make_site(folder / "search-1000", 1_000, people=500, index=True)
    stock = site.folder / "stock"
    asked = {
        "stock haystack": Asked(site, STOCK, str(stock)),
        "ours, Whoosh": Asked(site, OURS),
    }
    engines: dict[str, dict[Site, dict[str, str]]] = {"Whoosh": {small: {}, site: {}}}
    if find_spec("xapian") and find_spec("xapian_backend"):
        engines["Xapian"] = {where: xapian(where) for where in (small, site)}
        asked["ours, Xapian"] = Asked(site, OURS, **engines["Xapian"][site])
    else:
        print("Xapian was left out: install python3-xapian and xapian-haystack.")
    print(f"\n{options.posts:,} posts, p50 in ms\n")
    compare(asked)
    for one in asked.values():
        one.end()
    print()
    for name, variables in engines.items():
        few, many = (
            float(where.run("-c", ADD, **more)) for where, more in variables.items()
        )
        print(f"{name}: adding a post takes {few:.1f} ms at 1,000 posts,", end=" ")
        print(f"{many:.1f} ms at {options.posts:,}: {many / few:.1f} times")
    shutil.rmtree(stock, ignore_errors=True)


if __name__ == "__main__":
    main()
