"""``make mutants``: runs mutations, and says which of them no test notices."""

from __future__ import annotations

import argparse
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from scripts.mutants.catalogue import ROOT, Mutation, OutdatedMutationError, read_all

TEST_SECONDS = 300  # for one mutant; one that takes longer counts as killed


class Lane:
    """A copy of the project with a runner process of its own."""

    def __init__(self, folder: Path) -> None:
        """Copy what git knows, or would take, and start the runner."""
        self.folder = folder
        listing = ("git", "ls-files", "-co", "--exclude-standard", "-z")
        names = subprocess.check_output(listing, cwd=ROOT, text=True).split("\0")
        for name in filter(None, names):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, folder / name)
        data = folder / "data"
        data.mkdir(mode=0o700)
        settings = {"DJANGO_SETTINGS_MODULE": "microblog.settings.test"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scripts.mutants.runner"],
            cwd=folder,
            env={**os.environ, **settings, "DATA_DIR": str(data)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, mutation: Mutation) -> dict[str, Any]:
        """Return whether the mutant was ``killed``, and the ``reason``."""
        if not mutation.tests:
            return {"killed": False, "reason": "no test reaches the line"}
        job = {
            "file": mutation.file,
            "source": mutation.apply((self.folder / mutation.file).read_text()),
            "tests": mutation.tests,
            "seconds": TEST_SECONDS,
        }
        assert self.process.stdin and self.process.stdout
        print(json.dumps(job), file=self.process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


class Report:
    """The results by app, printed line by line and as a table at the end."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {}
        self.failed = False
        self.broken: set[str] = set()

    def add(self, mutation: Mutation, result: str, reason: str) -> None:
        self.counts.setdefault(mutation.app, Counter())[result] += 1
        print(f"{result:10} {mutation.file} {mutation.id}  {reason}", flush=True)
        self.failed |= result in {"SURVIVED", "WRONG"}

    def table(self) -> None:
        for test in sorted(self.broken):
            print(f"LEFT OUT   {test}  fails without any mutation, too")
        kinds = ("killed", "equivalent", "SURVIVED", "WRONG", "not run")
        print(f"\n{'app':12} {'made':>6}", *(f"{kind:>10}" for kind in kinds))
        total: Counter[str] = sum(self.counts.values(), Counter())
        for app, counts in [*sorted(self.counts.items()), ("all", total)]:
            numbers = (f"{counts[kind]:10}" for kind in kinds)
            print(f"{app:12} {counts.total():6}", *numbers)


def judge(mutation: Mutation, *, killed: bool) -> str:
    """Return the word for a result; WRONG is an equivalent mutant that was killed."""
    if mutation.equivalent:
        return "WRONG" if killed else "equivalent"
    return "killed" if killed else "SURVIVED"


def run_all(mutations: Sequence[Mutation], lanes: int, minutes: float) -> Report:
    """Run the mutations in so many processes; those after ``minutes`` are left out."""
    report, end = Report(), time.monotonic() + 60 * minutes
    waiting: queue.SimpleQueue[Mutation] = queue.SimpleQueue()
    for mutation in mutations:
        waiting.put(mutation)

    def work(folder: Path) -> None:
        folder.mkdir()
        lane = Lane(folder)
        while True:
            try:
                mutation = waiting.get_nowait()
            except queue.Empty:
                break
            if time.monotonic() > end:
                report.add(mutation, "not run", "the time is over")
                continue
            answer = lane.run(mutation)
            report.broken.update(answer.get("broken", ()))
            result = judge(mutation, killed=answer["killed"])
            report.add(mutation, result, answer["reason"])
        lane.process.stdin.close()  # type: ignore[union-attr]
        lane.process.wait()

    with tempfile.TemporaryDirectory(prefix="mutants-") as temporary:
        folders = [Path(temporary, str(number)) for number in range(lanes)]
        threads = [threading.Thread(target=work, args=[folder]) for folder in folders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return report


def changed_files(reference: str) -> set[str]:
    """Return the files that differ from where this branch left ``reference``."""
    base = subprocess.check_output(
        ("git", "merge-base", reference, "HEAD"), cwd=ROOT, text=True
    ).strip()
    names = subprocess.check_output(
        ("git", "diff", "--name-only", base), cwd=ROOT, text=True
    )
    return set(names.split())


def distance(mutation: Mutation, files: set[str]) -> int:
    """Return 0 if its file is one of these, 1 or 2 for its tests or list, else 3."""
    modules = {name.removesuffix(".py").replace("/", ".") for name in files}
    if mutation.file in files:
        return 0
    if any(f"{test}.".startswith(f"{m}.") for test in mutation.tests for m in modules):
        return 1
    return 2 if f"scripts/mutations/{mutation.area}.toml" in files else 3


def chosen(mutation: Mutation, words: Iterable[str]) -> bool:
    """Return whether one of the words is its id, area or app, or begins its file."""
    names = {mutation.id, mutation.area, mutation.app}
    return any(word in names or mutation.file.startswith(word) for word in words)


def select(options: argparse.Namespace) -> list[Mutation]:
    """Return the mutations that the command line asks for."""
    if options.operators:
        from scripts.mutants.operators import sample

        mutations = list(sample(options.operators, options.seed))
    else:
        mutations = read_all()
    if options.changed_since:
        files = changed_files(options.changed_since)
        mutations = [m for m in mutations if distance(m, files) < 3]
        # First the code itself, should the time not be enough.
        mutations.sort(key=lambda m: distance(m, files))
    if options.words:
        mutations = [m for m in mutations if chosen(m, options.words)]
    return mutations


def main() -> int:
    """Run what was asked for; return 1 if a mutation survives, 2 if one is outdated."""
    parser = argparse.ArgumentParser(prog="make mutants ARGS=…", description=__doc__)
    parser.add_argument("words", nargs="*", help="ids, areas, apps or files; else all")
    parser.add_argument("--changed-since", help="a commit; only what differs from it")
    parser.add_argument("--minutes", type=float, default=600, help="begin none later")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--operators", type=int, help="so many of Cosmic Ray's instead")
    parser.add_argument("--seed", type=int, default=1, help="for --operators")
    options = parser.parse_args()
    mutations = select(options)
    try:
        for mutation in mutations:
            mutation.apply((ROOT / mutation.file).read_text())
    except OutdatedMutationError as error:
        print(error, file=sys.stderr)
        return 2
    if not mutations:
        print("No mutation is about that.")
        return 0
    report = run_all(mutations, min(options.processes, len(mutations)), options.minutes)
    report.table()
    return int(report.failed or bool(report.broken))


if __name__ == "__main__":
    sys.exit(main())
