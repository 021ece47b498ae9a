"""Every page of admin, rosetta and silk, as each role sees it: docs/roles.md.

The table is made by this test, and compared with the page by it:
``WRITE_ROLES=1 .venv/bin/python -m pytest -n0 microblog/tests/test_profiled.py``.
"""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.http import HttpResponse
from django.test import TestCase
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from silk.models import Profile, Request, SQLQuery

from accounts.models import Invitation, SignUpRequest, User
from accounts.tests.factories import create_user, reauthenticate
from core.mail import deliver
from moderation.groups import MODERATORS, TRANSLATORS
from posts.tests.factories import create_post
from social.tests.factories import follow

PAGE = Path(settings.BASE_DIR) / "docs" / "roles.md"
AREAS = ("admin/", "rosetta/", "silk/")
VALUES = {
    "app_label": "accounts",
    "content_type_id": "1",
    "idx": "0",
    "lang_id": "es",
    "po_filter": "project",
    "url": "nothing/here",
}
QUERIES = {
    "/admin/autocomplete/": (
        "app_label=posts&model_name=post&field_name=author&term=reader"
    ),
    "/silk/request/<request_id>/raw/": "typ=request&subtyp=raw",
    "/rosetta/translate/": "text=a&from=en&to=es",
}


def routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    """Yield the route of every view of the three areas."""
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if not route.startswith(AREAS):
            continue
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def readable(route: str) -> str:
    """Return a route without converters and regular expressions."""
    route = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", route)
    return "/" + re.sub(r"<\w+:(\w+)>", r"<\1>", route).removesuffix("$")


class RolesTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.reader = create_user("reader")
        cls.translator = create_user("translator")
        cls.translator.groups.add(Group.objects.get(name=TRANSLATORS))
        cls.moderator = create_user("moderator", is_staff=True)
        cls.moderator.groups.add(Group.objects.get(name=MODERATORS))
        cls.staff = create_user("staff", is_staff=True)
        cls.boss = create_user("boss", is_staff=True, is_superuser=True)
        cls.roles: dict[str, User | None] = {
            "visitor": None,
            "reader": cls.reader,
            "Translator": cls.translator,
            "Moderator": cls.moderator,
            "staff without group": cls.staff,
            "superuser": cls.boss,
        }
        cls.keys = cls.rows()

    @classmethod
    def rows(cls) -> dict[str, object]:
        """Store a row of each model of the admin; return its keys."""
        create_post(cls.reader)
        follow(cls.reader, cls.translator)
        EmailAddress.objects.create(user=cls.reader, email=cls.reader.email)
        Authenticator.objects.create(user=cls.reader, type="totp", data={})
        SocialAccount.objects.create(user=cls.reader, provider="local", uid="1")
        UserSession.objects.create(
            user=cls.reader, session_key="x", ip="127.0.0.1", user_agent="x"
        )
        Invitation.objects.create(ends_at=timezone.now() + timedelta(days=1))
        waiting = create_user("waiting")
        EmailAddress.objects.create(user=waiting, email="w@example.com", verified=True)
        SignUpRequest.objects.create(user=waiting)
        deliver.enqueue({})
        client = cls.client_class()
        client.force_login(cls.reader)
        client.get("/", headers={"x-record": "1"})
        request = Request.objects.latest("start_time")
        query = SQLQuery.objects.filter(request=request).first()
        profile = Profile.objects.create(request=request, name="x")
        assert query
        profile.queries.add(query)
        keys: dict[str, object] = {
            "request_id": request.pk, "sql_id": query.pk, "profile_id": profile.pk,
        }  # fmt: skip
        for model in admin.site._registry:
            row = model._default_manager.earliest("pk")  # or the table tells nothing
            keys[model._meta.label_lower] = row.pk
        return keys

    def setUp(self) -> None:
        cache.clear()

    def address(self, route: str) -> str:
        """Return a URL that the route matches, of an existing row."""
        page = readable(route)
        _empty, app, model, *_rest = (*page[1:].split("/"), "", "", "")
        key = self.keys.get(f"{app}.{model}".lower(), "1")
        if page.startswith("/admin/"):
            parts = page.split("/")
            key = self.keys.get(".".join(parts[2:4]), "1")
        values = {**VALUES, **self.keys, "object_id": key, "id": key}
        path = re.sub(r"<(\w+)>", lambda found: str(values[found[1]]), page)
        return f"{path}?{QUERIES[page]}" if page in QUERIES else path

    def told(self, response: HttpResponse) -> str:
        """Return the response as a word."""
        target = response.get("Location", "")
        if target.startswith(("/account/login/", "/admin/login/")):
            return "login"
        if target.startswith("/account/reauthenticate/"):
            return "password"
        return str(response.status_code)

    def sign_in(self, user: User | None) -> None:
        self.client.logout()
        if user:
            self.client.force_login(user)

    def look(self, role: str) -> dict[str, str]:
        """Return a role's response for every page, and check that it sends no more.

        The superuser's is followed by the response after reauthentication.
        """
        self.sign_in(self.roles[role])
        paths = {readable(route): self.address(route) for route in self.routes()}
        seen = {page: self.told(self.client.get(path)) for page, path in paths.items()}
        for page, path in paths.items():
            if seen[page] in {"login", "403"}:
                sent = self.told(self.client.post(path, {"post": "yes"}))
                self.assertIn(sent, {seen[page], "405"}, (role, path))
        asked = [page for page in paths if seen[page] == "password"]
        if asked:
            reauthenticate(self.client)
        for page in asked:
            seen[page] += f", {self.told(self.client.get(paths[page]))}"
        return seen

    def table(self) -> list[str]:
        columns = {role: self.look(role) for role in self.roles}
        lines = [
            f"| page | {' | '.join(columns)} |",
            "| --- " * (len(columns) + 1) + "|",
        ]
        for page in sorted(columns["visitor"]):
            cells = " | ".join(column[page] for column in columns.values())
            lines.append(f"| `{page}` | {cells} |")
        return lines

    def routes(self) -> list[str]:
        return list(routes(get_resolver().url_patterns))

    def test_each_role_opens_the_pages_that_the_table_says(self) -> None:
        lines = self.table()
        if os.environ.get("WRITE_ROLES"):
            before = PAGE.read_text().partition("| page |")[0]
            PAGE.write_text(before + "\n".join(lines) + "\n")
        self.assertNotRegex("\n".join(lines), "5\\d\\d")
        rest = PAGE.read_text().partition("| page |")[2]
        self.assertEqual(f"| page |{rest}".splitlines(), lines)

    def test_the_table_has_every_model_of_the_admin(self) -> None:
        shown = " ".join(self.routes())
        for model in apps.get_models():
            if model in admin.site._registry:
                self.assertIn(f"admin/{model._meta.app_label}/", shown)
        self.assertGreater(len(self.routes()), 80)
