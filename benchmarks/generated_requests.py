"""Random requests with invalid values, by each role: no response may be a 5xx.

    python -m benchmarks.generated_requests --count 12000 --seed 1

Walks the site's own URL patterns, fills them with hostile values, and sends them with
odd queries, forms, headers, cookies and methods to the whole stack in this process.
Prints the statuses, each 5xx with how to repeat it, and the slowest answers.
"""

# ruff: noqa: E402  (Django must know its settings first)
from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

os.environ["DJANGO_SETTINGS_MODULE"] = "microblog.settings.test"

import django

django.setup()

from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.signals import got_request_exception
from django.test import Client
from django.test.runner import DiscoverRunner
from django.urls import URLResolver, get_resolver
from django.utils.regex_helper import normalize

from accounts.models import User
from accounts.tests.factories import create_user
from posts.models import Post

ODD_TEXTS = (
    "", "0", "-1", "a", "None", "null", "1e308", "٣", "½", "9" * 25, "99999999-01-01",
    "2" * 5_000, "é" * 300, "\u202eabc", "\ufffe", "\ud800", "\x00", "%00", "\r\nX: y",
    "../../etc/passwd", "'; DROP TABLE x; --", "<script>alert(1)</script>",
    "{{ 7|add:7 }}", "%(nickname)s", "%s%n", "[]", "[1]", '{"a": 1}', "true",
    "2026-02-30", "1,2,3", "__all__", "susan", "SUSAN", "admin", "a" * 65, "a b",
    "a.b.c." * 20, "\"a b\" OR", "NOT", "from:", "lang:xx", "(" * 100, "*", "😀" * 50,
    "\u2063", "Ⅷ", "ﷺ", "//evil.example/", "https://evil.example/",
    "javascript:alert(1)", "/post/1/delete", "?", "#", "\\", "~1",
)  # fmt: skip
NAMES = (
    "q", "before", "after", "next", "page", "p", "o", "e", "all", "id", "id__in",
    "body", "language", "time_zone", "username", "about_me", "email", "password",
    "password1", "login", "code", "submission", "action", "_selected_action",
    "select_across", "index", "said", "suspended", "date_joined__gte",
    "date_joined__year", "is_staff__exact", "author__id__exact", "_popup", "_to_field",
    "_changelist_filters", "term", "app_label", "model_name", "field_name",
    "msg_filter", "ref_lang", "query", "_next", "m_0", "format", "list_editable",
    "form-0-id", "form-TOTAL_FORMS", "form-INITIAL_FORMS", "owner", "reason",
    "csrfmiddlewaretoken", "process", "state", "error", "key", "token", "groups",
    "remember",
)  # fmt: skip
HEADERS = (
    "Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
    "Accept-Language", "Accept", "Referer", "Origin", "HX-Request", "HX-Current-URL",
    "HX-Target", "Range", "If-None-Match", "If-Modified-Since", "User-Agent",
    "X-Requested-With", "Authorization", "Accept-Encoding",
)  # fmt: skip
METHODS = ("GET",) * 6 + ("POST",) * 6 + ("HEAD", "OPTIONS", "PUT", "DELETE", "TRACE")
TYPES = (
    "application/x-www-form-urlencoded", "application/json", "text/plain",
    "multipart/form-data; boundary=x", "multipart/form-data", "a/b; charset=nonsense",
    "application/x-www-form-urlencoded; charset=utf-16",
)  # fmt: skip


Format = tuple[str, list[str]]


def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[Format]:
    """Yield each URL of the site as a format string, with its arguments' names."""
    for entry in resolver.url_patterns:
        regex = prefix + entry.pattern.regex.pattern.removeprefix("^")
        if isinstance(entry, URLResolver):
            yield from addresses(entry, regex)
        else:
            yield from normalize(regex.replace("\\Z", "$"))


class Generator:
    """Generates requests, always the same ones for a seed."""

    def __init__(self, seed: int, known: dict[str, list[str]]) -> None:
        """``known`` has real values for the names in addresses, such as keys."""
        self.random = random.Random(seed)
        self.formats = list(addresses(get_resolver()))
        self.known = [value for values in known.values() for value in values]

    def value(self) -> str:
        """Return a valid or an invalid value."""
        pool = self.known if self.random.random() < 0.4 else ODD_TEXTS
        return self.random.choice(pool)

    def fields(self) -> list[tuple[str, str]]:
        """Return up to eight form fields, some of them twice."""
        count = self.random.choice((0, 1, 1, 2, 3, 8))
        return [(self.random.choice(NAMES), self.value()) for _ in range(count)]

    def path(self) -> str:
        """Return a URL of the site with generated arguments."""
        form, names = self.random.choice(self.formats)
        values = {name: self.value().replace("\ud800", "") for name in names}
        path = "/" + quote(form % values, safe="/%:@")
        return path if self.random.random() < 0.9 else path + self.random.choice("/?#.")

    def headers(self) -> dict[str, str]:
        """Return up to three headers that a server would accept."""
        chosen = self.random.sample(HEADERS, self.random.choice((0, 0, 1, 3)))
        texts = {name: self.value()[:2_000] for name in chosen}
        return {
            name: text.encode("utf-8", "ignore").decode("latin-1")
            for name, text in texts.items()
            if text.isprintable()
        }

    def request(self) -> dict[str, Any]:
        """Return the arguments of ``Client.generic``."""
        query = urlencode(self.fields(), errors="surrogatepass")
        form = urlencode(self.fields(), errors="surrogatepass").encode()
        kind = self.random.choice(TYPES) if self.random.random() < 0.2 else TYPES[0]
        return {
            "method": self.random.choice(METHODS),
            "path": self.path().partition("?")[0],
            "data": form,
            "content_type": kind,
            "query_string": query,
            "headers": self.headers(),
        }


def make_scene() -> tuple[dict[str, User], dict[str, list[str]]]:
    """Make users of each role, posts, follows; return users and real values."""
    call_command("demo", people=20, posts=60, follows=60, no_index=True, verbosity=0)
    users = {name: create_user(f"the_{name}") for name in ("reader", "translator")}
    users["moderator"] = create_user("the_moderator", is_staff=True)
    users["superuser"] = create_user("the_superuser", is_staff=True, is_superuser=True)
    for name in ("translator", "moderator"):
        users[name].groups.add(Group.objects.get(name=f"{name}s".title()))
    known = {
        "users": [*User.objects.values_list("username", flat=True)[:10]],
        "keys": [str(pk) for pk in Post.objects.values_list("pk", flat=True)[:10]],
        "ids": [str(user.pk) for user in users.values()],
    }
    return users, known


def run(count: int, seed: int) -> bool:
    """Send the requests and print the results; return whether there was no 5xx."""
    users, known = make_scene()
    generator = Generator(seed, known)
    statuses: Counter[int] = Counter()
    slowest: list[tuple[float, str]] = []
    errors: Counter[str] = Counter()
    raised: list[str] = []
    got_request_exception.connect(
        lambda **_: raised.append(traceback.format_exc(limit=-3)), weak=False
    )
    for number in range(count):
        role = generator.random.choice(("visitor", *users))
        client = Client(raise_request_exception=False)
        if role in users:
            client.force_login(users[role])
        request = generator.request()
        raised.clear()
        start = time.thread_time()
        response = client.generic(**request)
        seconds = time.thread_time() - start
        line = f"{number} {role} {request['method']} {request['path'][:90]}"
        slowest = sorted([*slowest, (seconds, line)], reverse=True)[:5]
        statuses[response.status_code] += 1
        if response.status_code >= 500 or raised:
            reason = raised[-1].strip().splitlines()[-1] if raised else "no exception"
            errors[f"{response.status_code} {reason[:200]}"] += 1
            print(f"{response.status_code} {line} {request}\n{''.join(raised)}")
        User.objects.filter(pk__in=[user.pk for user in users.values()]).update(
            is_active=True, suspended_at=None
        )
    print(dict(sorted(statuses.items())))
    for seconds, line in slowest:
        print(f"{seconds * 1000:.0f} ms  {line}")
    print(*(f"{times} × {error}" for error, times in errors.items()), sep="\n")
    return not errors


def main() -> None:
    """Send the requests to a site with its own database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    runner = DiscoverRunner(verbosity=0, interactive=False)
    runner.setup_test_environment()
    databases = runner.setup_databases()
    try:
        healthy = run(options.count, options.seed)
    finally:
        runner.teardown_databases(databases)
        runner.teardown_test_environment()
    sys.exit(0 if healthy else 1)


if __name__ == "__main__":
    main()
