"""Does the processor time of sign-up, login or reset reveal who has an account?"""

from __future__ import annotations

import argparse
import gc
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator

GROUPS = {
    "login": (
        "unknown nickname",
        "unknown address",
        "wrong password",
        "wrong password, by address",
        "no password",
        "suspended",
    ),
    "sign-up": ("free", "taken address", "taken nickname", "both taken"),
    "password reset": ("known", "unknown", "suspended"),
    "login by code": ("known", "unknown", "suspended"),
}
ALLOWED = 1.10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    folder = tempfile.TemporaryDirectory(prefix="microblog-enumeration-")
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "only-for-benchmarks-" + "x" * 40,
        "ALLOWED_HOSTS": "testserver",
        "HTTPS": "false",
        "DATA_DIR": folder.name,
    }
    with folder:
        failed = measure(rounds)
    sys.exit(1 if failed else 0)


def measure(rounds: int) -> bool:
    """Request every path ``rounds`` times; return whether a group differs too much."""
    prepare()
    times: dict[tuple[str, str], list[float]] = {}
    # The first round fills caches and is not counted.
    for number in range(rounds + 1):
        asked = [*requests(number)]
        random.shuffle(asked)
        for group, path, address, form in asked:
            taken = processor_time(address, form, number)
            if number:
                times.setdefault((group, path), []).append(taken)
    failed = False
    for group, paths in GROUPS.items():
        medians = {path: statistics.median(times[group, path]) for path in paths}
        ratio = max(medians.values()) / min(medians.values())
        failed = failed or ratio > ALLOWED
        for path, median in medians.items():
            print(f"| {group} | {path} | {median:.1f} ms |")
        print(f"| {group} | longest / shortest | {ratio:.3f} |", flush=True)
    return failed


def prepare() -> None:
    import django  # noqa: PLC0415  (needs the environment above)

    django.setup()
    from allauth.account.models import EmailAddress  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415

    settings.EMAIL_BACKEND = "core.mail.QueuedEmailBackend"
    settings.ACCOUNT_RATE_LIMITS = dict.fromkeys(
        ("login", "signup", "reset_password", "request_login_code"), ""
    )
    settings.RATE_LIMITS |= {"login_failed": "100000/s/key"}
    call_command("collectstatic", verbosity=0, interactive=False)
    call_command("migrate", verbosity=0)
    for nickname in ("known", "unusable", "suspended"):
        email = f"{nickname}@example.com"
        user = User.objects.create_user(nickname, email, "a good phrase")
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        if nickname == "unusable":
            user.set_unusable_password()
        user.is_active = nickname != "suspended"
        user.save()


def requests(number: int) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """Return group, path, address and form of each request of a round."""
    logins = ("nobody", "nobody@example.com", "known", "known@example.com")
    for path, login in zip(
        GROUPS["login"], (*logins, "unusable", "suspended"), strict=True
    ):
        form = {"login": login, "password": "a wrong phrase"}
        yield "login", path, "/account/login/", form
    free, taken = f"free{number}", "known"
    for path, nickname, name in zip(
        GROUPS["sign-up"],
        (free, f"other{number}", taken, taken),
        (free, taken, f"more{number}", taken),
        strict=True,
    ):
        form = {"username": nickname, "email": f"{name}@example.com"}
        form |= dict.fromkeys(("password1", "password2"), "correct horse battery")
        yield "sign-up", path, "/account/signup/", form
    for group, address in (
        ("password reset", "/account/password/reset/"),
        ("login by code", "/account/login/code/"),
    ):
        for path, name in zip(
            GROUPS[group], ("known", "nobody", "suspended"), strict=True
        ):
            yield group, path, address, {"email": f"{name}@example.com"}


def processor_time(address: str, form: dict[str, str], number: int) -> float:
    """Submit a form from a new client; return milliseconds."""
    from django.test import Client  # noqa: PLC0415

    client = Client(REMOTE_ADDR=f"10.0.0.{number}")
    gc.collect()  # do not measure the garbage of earlier requests
    start = time.thread_time()
    response = client.post(address, form)
    taken = (time.thread_time() - start) * 1000
    assert response.status_code < 400, (address, response.status_code)
    return taken


if __name__ == "__main__":
    main()
