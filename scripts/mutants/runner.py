"""Runs tests against one mutated file after the other, in a copy of the project.

``python -m scripts.mutants.runner`` is started in the copy. It loads Django and fills
the test database once, then forks for each mutant: ten times as quick as a new process.
The child replaces the code of the functions that differ. Where that is not enough, as
for a setting, an attribute of a class or a function that was called while Django was
loaded, a new process runs the tests.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

PASSED, FAILED, NOT_SWAPPABLE, NO_TEST = 0, 1, 77, 78
CO_OPTIMIZED = 1  # set for functions, not for modules and classes
# The file, name and line of each function that was called while Django was loaded: what
# it returned then is in use.
CALLED: set[tuple[str, str, int]] = set()


def load() -> None:
    """Load Django with all its URLs, and fill an in-memory test database."""
    sys.setprofile(_remember_call)
    try:
        _load()
    finally:
        sys.setprofile(None)


def _remember_call(frame: FrameType, event: str, _argument: object) -> None:
    if event == "call":
        code = frame.f_code
        CALLED.add((code.co_filename, code.co_qualname, code.co_firstlineno))


def _load() -> None:
    import django
    from django.apps import apps
    from django.conf import settings
    from django.test.utils import setup_databases, setup_test_environment
    from django.urls import get_resolver

    django.setup()
    _ = get_resolver().url_patterns
    setup_test_environment()
    # Tables of the models, without migrations: quicker.
    labels = [config.label for config in apps.get_app_configs()]
    settings.MIGRATION_MODULES = dict.fromkeys(labels)
    setup_databases(verbosity=0, interactive=False)


def run_tests(names: list[str], left_out: set[str]) -> int:
    """Run tests until one fails; return a status, and print the failed one's name."""
    from django.test.runner import DiscoverRunner
    from django.test.utils import iter_test_cases

    runner = DiscoverRunner(verbosity=0, failfast=True)
    suite = runner.build_suite(names)
    tests = [test for test in iter_test_cases(suite) if test.id() not in left_out]
    if not tests:
        return NO_TEST
    result = runner.run_suite(runner.test_suite(tests))
    for test, _text in [*result.errors, *result.failures]:
        # A subtest, or the set-up of a class, belongs to a test or a class.
        name = getattr(test, "test_case", test).id()
        print("FAILED", name.partition("(")[2].strip(")") or name, flush=True)
    return FAILED if result.errors or result.failures else PASSED


# The code of functions


def codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and all inside it, always in the same order."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def _content(code: CodeType) -> tuple[Any, ...]:
    constants = [c.co_name if isinstance(c, CodeType) else c for c in code.co_consts]
    kinds = [(type(constant), constant) for constant in constants]
    return code.co_code, code.co_names, code.co_freevars, kinds


def changed_functions(
    old: str, new: str, name: str
) -> dict[tuple[str, int], tuple[CodeType, bool]] | None:
    """Return each function's new code, and whether it differs.

    The keys are the name and the line in the old source. Return None if more differs
    than functions.
    """
    before = list(codes(compile(old, name, "exec")))
    after = list(codes(compile(new, name, "exec")))
    if [code.co_qualname for code in before] != [code.co_qualname for code in after]:
        return None
    found: dict[tuple[str, int], tuple[CodeType, bool]] = {}
    for one, other in zip(before, after, strict=True):
        differs = _content(one) != _content(other)
        key = one.co_qualname, one.co_firstlineno
        if one.co_flags & CO_OPTIMIZED:
            if key in found or one.co_freevars != other.co_freevars:
                return None
            found[key] = other, differs
        elif differs:
            return None
    return found


def swap(path: Path, old: str, new: str) -> bool:
    """Replace the code of a module's functions; return False if more differs."""
    loaded = {getattr(module, "__file__", None) for module in sys.modules.values()}
    if path.suffix != ".py" or str(path) not in loaded:
        return True  # it is read from the disk later
    functions = changed_functions(old, new, str(path))
    if functions is None:
        return False
    for key, (_code, differs) in functions.items():
        if differs and (str(path), *key) in CALLED:
            return False
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename == str(path):
            code = thing.__code__
            thing.__code__ = functions[code.co_qualname, code.co_firstlineno][0]
    return True


# Processes


def _child(path: Path, old: str, new: str, job: dict[str, Any], log: Path) -> None:
    """Run the tests with the mutant; never returns."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.setpgid(0, 0)
    status = NOT_SWAPPABLE
    try:
        if swap(path, old, new):
            status = run_tests(job["tests"], set(job["left_out"]))
    except BaseException:  # noqa: BLE001  (a new process decides)
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(status)


def _forked(
    path: Path, old: str, new: str, job: dict[str, Any], log: Path
) -> int | None:
    """Return the status of a child, None if it took too long and was ended."""
    pid = os.fork()
    if not pid:
        _child(path, old, new, job, log)
    end = time.monotonic() + job["seconds"]
    while time.monotonic() < end:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _new_process(job: dict[str, Any], log: Path) -> int | None:
    command = [sys.executable, "-m", "scripts.mutants.runner", json.dumps(job)]
    with log.open("w") as output:
        started = subprocess.Popen(
            command, stdout=output, stderr=output, start_new_session=True
        )
        try:
            return started.wait(job["seconds"])
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()
            return None


def _write(path: Path, source: str) -> None:
    """Write a file, so that Python does not take its older bytecode for the same."""
    path.write_text(source)
    if path.suffix == ".py":
        Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


class Runner:
    """Runs one mutation after the other in the current folder.

    A test that fails without any mutation, too, notices nothing: it is left out.
    """

    def __init__(self) -> None:
        self.log = Path(f"mutant-{os.getpid()}.log").absolute()
        self.sound: set[str] = set()
        self.broken: set[str] = set()

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Return whether a mutation was ``killed``, and the ``reason``.

        ``job`` has ``file``, its mutated ``source``, ``tests`` and ``seconds``.
        """
        while True:
            status = self._attempt(job, job["source"])
            if status is None:
                return {"killed": True, "reason": "too slow"}
            if status in {PASSED, NO_TEST}:
                reason = "no such test" if status else ""
                return {"killed": False, "reason": reason}
            lines = self.log.read_text(errors="replace").splitlines()
            failed = [line[7:] for line in lines if line.startswith("FAILED ")]
            if not failed:  # it cannot even be loaded
                return {"killed": True, "reason": (lines or [""])[-1][:200]}
            if self._is_sound(job, failed[-1]):
                return {"killed": True, "reason": failed[-1]}
            self.broken.add(failed[-1])

    def _is_sound(self, job: dict[str, Any], test: str) -> bool:
        """Return whether a test passes without the mutation."""
        if test not in self.sound:
            unchanged = Path(job["file"]).read_text()
            if self._attempt({**job, "tests": [test]}, unchanged) != PASSED:
                return False
            self.sound.add(test)
        return True

    def _attempt(self, job: dict[str, Any], source: str) -> int | None:
        """Return the status of the tests, None if they took too long."""
        path = Path.cwd() / job["file"]
        old = path.read_text()
        job = {**job, "source": "", "left_out": sorted(self.broken)}
        _write(path, source)
        try:
            status = _forked(path, old, source, job, self.log)
            if status == NOT_SWAPPABLE:
                status = _new_process(job, self.log)
        finally:
            _write(path, old)
        return status


def main() -> int:
    """Answer each job, a line of JSON on standard input, by a line of JSON.

    With a job as argument, run its tests once and return the status.
    """
    if len(sys.argv) > 1:
        job = json.loads(sys.argv[1])
        _load()
        return run_tests(job["tests"], set(job["left_out"]))
    load()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    runner = Runner()
    for line in sys.stdin:
        answer = runner.run(json.loads(line)) | {"broken": sorted(runner.broken)}
        print(json.dumps(answer), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
