"""Twenty users follow one user at once, then unfollow: none may fail.

    python -m benchmarks.writers [--name MariaDB --database URL{size}]

Asks the site's services in threads, without a server between.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.sites import ROOT, make_site

INSIDE = """
import json, time
from django.db import transaction
from accounts.models import User
from core.testing import at_once
from social.models import Follow
from social.services import follow_user, recompute_counts, unfollow_user

THREADS, EACH = 20, 20
star = User.objects.order_by("pk")[500]
Follow.objects.filter(followed=star).delete()
recompute_counts()
people = list(User.objects.visible().exclude(pk=star.pk)[: THREADS * EACH])
found = {}
for verb in follow_user, unfollow_user:
    failed = []

    def work(mine):
        for person in mine:
            try:
                with transaction.atomic():
                    verb(follower=person, followed=star)
            except Exception as error:
                failed.append(type(error).__name__)

    def task(number):
        return lambda: work(people[number::THREADS])

    start = time.perf_counter()
    at_once(*map(task, range(THREADS)))
    taken = time.perf_counter() - start
    star.refresh_from_db()
    found[verb.__name__] = {
        "failed": len(failed),
        "rows": Follow.objects.filter(followed=star).count(),
        "count": star.follower_count,
        "a second": round(len(people) / taken),
    }
print(json.dumps(found))
"""


def main() -> None:
    """Print a row for each verb."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--database", default="", help="URL with {size} in it")
    parser.add_argument("--name", default="SQLite")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "benchmarks")
    options = parser.parse_args()
    site = make_site(
        options.folder / f"{options.name}-{options.posts}",
        options.posts,
        people=60_000,
        database=options.database.format(size=options.posts),
    )
    printed = site.run("manage.py", "shell", "-v0", "-c", INSIDE, quiet=False)
    for verb, row in json.loads(printed.splitlines()[-1]).items():
        cells = " | ".join(map(str, row.values()))
        print(f"| {options.name} | {verb} | 400 | {cells} |")


if __name__ == "__main__":
    main()
