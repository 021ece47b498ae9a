"""Search on Whoosh: this site's engine beside stock haystack's, in one run.

python -m benchmarks.search
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
from pathlib import Path

from benchmarks.sites import PYTHON, ROOT, make_site

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


def main() -> None:
    """Index the site with both, then ask both in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "benchmarks")
    options = parser.parse_args()
    folder = options.folder
    site = make_site(
        folder / f"search-{options.posts}", options.posts, people=5_000, index=True
    )
    stock = site.folder / "stock"
    asked = {
        name: subprocess.Popen(
            [PYTHON, "-W", "ignore", "-c", code, str(stock)],
            cwd=ROOT,
            env=site.environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name, code in (("ours", OURS), ("stock", STOCK))
    }

    def ask(name: str, query: str) -> float:
        process = asked[name]
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{query}\n")
        process.stdin.flush()
        return float(process.stdout.readline().split()[0])

    print(f"\nWhoosh, {options.posts:,} posts, p50 in ms\n")
    print("| query | stock haystack | ours | ratio |\n| --- | --- | --- | --- |")
    for query in QUERIES:
        times: dict[str, list[float]] = {"stock": [], "ours": []}
        for turn in range(ROUNDS + 1):
            for name, taken in times.items():
                one = ask(name, query)
                if turn:
                    taken.append(one)
        old, new = (statistics.median(taken) for taken in times.values())
        print(f"| `{query}` | {old:.0f} | {new:.1f} | {new / old:.3f} |")
    print("\n| hard query | ours, slowest of 5 |\n| --- | --- |")
    for query in HARD:
        print(f"| `{query}` | {max(ask('ours', query) for _ in range(5)):.0f} |")
    for process in asked.values():
        assert process.stdin
        process.stdin.close()
        process.wait()
    small = make_site(folder / "search-1000", 1_000, people=500, index=True)
    few, many = (float(where.run("-c", ADD)) for where in (small, site))
    print(f"\nadding a post: {few:.0f} ms at 1,000 posts, {many:.0f} ms", end=" ")
    print(f"at {options.posts:,}: {many / few:.1f} times")
    shutil.rmtree(stock, ignore_errors=True)


if __name__ == "__main__":
    main()
