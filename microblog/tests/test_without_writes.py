"""No page needs a write to be read: with a locked and a read-only database."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from unittest import skipUnless
from unittest.mock import patch

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import OperationalError, connection, connections
from django.http import HttpResponse
from django.test import Client, TransactionTestCase
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils import timezone
from django.utils.regex_helper import normalize

from accounts.models import Invitation, User
from accounts.sign_ups import store_invitation
from accounts.tests.factories import create_user, reauthenticate
from core.testing import reset_throttling
from posts.models import Post
from posts.tests.factories import create_post

FOREVER = 300  # seconds: who waits for the lock once, waits longer than the whole walk
STAFF = ("moderator", "superuser")
ROLES = ("visitor", "reader", "translator", "moderator", "superuser")
# They respond to each request with a write, or by a request to another server.
LEFT_OUT = ("readyz", "debug", "silk", "rosetta/translate", "jsi18n", "static")


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, set[str]]]:
    """Yield each path of the site, as a format, with the names of its arguments."""
    for found in resolver.url_patterns:
        for path, names in resolver_paths(found):
            if isinstance(found, URLResolver):
                for inner, more in patterns(found):
                    yield prefix + path + inner, set(names) | more
            else:
                yield prefix + path, set(names)


def resolver_paths(found: URLPattern | URLResolver) -> Iterator[tuple[str, list[str]]]:
    if isinstance(found.pattern, RoutePattern):
        text = str(found.pattern._route)
        names = list(found.pattern.converters)
        for name in names:
            text = text.replace(f"<{name}>", f"%({name})s")
            for kind in ("int", "str", "slug", "path", "uuid", "nickname"):
                text = text.replace(f"<{kind}:{name}>", f"%({name})s")
        yield text, names
    else:
        for text, names in normalize(found.pattern.regex.pattern)[:1]:
            yield text, names


@skipUnless(connection.vendor == "sqlite", "a file of SQLite's own")
class WithoutWritesTests(TransactionTestCase):
    def setUp(self) -> None:
        reset_throttling()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.path = folder / "db.sqlite3"
        connection.ensure_connection()
        with sqlite3.connect(self.path) as file:
            connection.connection.backup(file)
        file.close()
        before = connections["default"]
        wrapper = connections.create_connection("default")
        options = {**before.settings_dict["OPTIONS"], "timeout": FOREVER}
        wrapper.settings_dict = {
            **before.settings_dict,
            "NAME": str(self.path),
            "OPTIONS": options,
        }
        connections["default"] = wrapper
        self.addCleanup(lambda: connections.__setitem__("default", before))
        self.addCleanup(wrapper.close)
        # The connection's own lock timeout applies, too.
        self.enterContext(patch.object(settings, "DATABASE_LOCK_TIMEOUT", FOREVER))
        self.make_users()

    def make_users(self) -> None:
        self.users = {
            role: create_user(role, is_superuser=role == "superuser")
            for role in ROLES[1:]
        }
        for role in ("translator", "moderator", "superuser"):
            user = self.users[role]
            user.is_staff = role != "translator"
            user.save()
        for group in Group.objects.all():
            role = group.name.lower().rstrip("s")
            if role in self.users:
                self.users[role].groups.add(group)
        moderator = self.users["moderator"]
        if not moderator.groups.exists():
            moderator.user_permissions.set(Permission.objects.all())
        self.post = create_post(self.users["reader"], "A mountain lake")
        self.clients = {role: Client(raise_request_exception=False) for role in ROLES}
        for role, user in self.users.items():
            self.clients[role].force_login(user)
            EmailAddress.objects.create(
                user=user, email=user.email, verified=True, primary=True
            )
            reauthenticate(self.clients[role])

    def paths(self) -> list[str]:
        reader = self.users["reader"]
        known = {
            "nickname": "reader",
            "username": "reader",
            "pk": self.post.pk,
            "key": "none",
            "app_label": "accounts",
            "content_type_id": 1,
            "object_id": reader.pk,
        }
        found = []
        for text, names in patterns(get_resolver()):
            if names <= set(known) and not any(part in text for part in LEFT_OUT):
                found.append("/" + text % known)
        return sorted(set(found))

    def walk(self, *roles: str) -> dict[tuple[str, str], int]:
        """Return the status of every page that a role may be shown."""
        return {
            (role, path): self.clients[role].get(path).status_code
            for role in roles
            for path in self.paths()
            # The inner pages of the admin are for the staff.
            if role in STAFF or path.count("/") < 3 or "/admin/" not in path
        }

    def lock(self) -> None:
        """Let another connection hold the write lock until the end of the test."""
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")

    def wait_no_longer(self) -> None:
        """Make waiting for a lock fail at once."""
        connection.connection.execute("PRAGMA busy_timeout = 0")
        self.enterContext(patch.object(settings, "DATABASE_LOCK_TIMEOUT", 0))

    def pragma(self, text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA {text}")

    def test_every_page_while_another_writes(self) -> None:
        self.lock()
        begin = time.monotonic()
        statuses = self.walk(*ROLES)
        self.assertLess(time.monotonic() - begin, FOREVER)
        self.assertGreater(len(statuses), 200)
        self.assertEqual({k: v for k, v in statuses.items() if v >= 500}, {})
        for path in ("/", "/explore", "/edit", "/user/reader", "/account/2fa/"):
            self.assertEqual(statuses["reader", path], 200)

    def test_pages_of_a_read_only_database(self) -> None:
        self.pragma("query_only = ON")
        statuses = self.walk("reader")
        self.assertEqual({k: v for k, v in statuses.items() if v >= 500}, {})

    def test_what_a_page_would_like_to_write(self) -> None:
        client, reader = self.clients["reader"], self.users["reader"]
        session = client.session
        session["draft"] = {
            "owner": str(reader.pk),
            "path": "/",
            "texts": {"body": "Written before the session ended"},
        }
        session.save()
        UserSession.objects.create(
            user=reader, session_key="ended", ip="127.0.0.1", user_agent="x"
        )
        ended = self.clients["translator"]
        self.users["translator"].set_password("another")
        self.users["translator"].save()
        self.lock()
        self.assertContains(client.get("/"), "Written before the session ended")
        self.assertContains(client.get("/account/sessions/"), "Sessions")
        self.assertEqual(ended.get("/").status_code, 302)

    def test_what_a_link_stores_is_not_left_out(self) -> None:
        token = store_invitation(
            Invitation(uses_left=1, ends_at=timezone.now() + timedelta(days=1))
        )
        self.lock()
        self.wait_no_longer()
        path = f"/invitation/{token}"
        with self.settings(SIGNUPS="invitation"):
            self.assertEqual(self.clients["visitor"].get(path).status_code, 503)

    def post_text(self) -> HttpResponse:
        data = {"body": "<b>A long thought", "submission": "5", "language": "es"}
        with self.assertNoLogs("django.request", "ERROR"):
            return self.clients["reader"].post("/", data)

    def assert_nothing_saved(self) -> None:
        before = Post.objects.count()
        response = self.post_text()
        self.assertContains(response, "Nothing was saved", status_code=503)
        self.assertContains(response, "&lt;b&gt;A long thought", status_code=503)
        self.assertContains(response, 'name="submission" value="5"', status_code=503)
        self.assertContains(response, 'aria-label="Main"', status_code=503)
        self.assertEqual(response["Retry-After"], "30")
        self.assertEqual(Post.objects.count(), before)

    def test_a_post_to_a_locked_database(self) -> None:
        self.lock()
        self.wait_no_longer()
        self.assert_nothing_saved()
        fragment = self.clients["reader"].post(
            "/user/moderator/follow", headers={"hx-request": "true"}
        )
        self.assertContains(fragment, "Nothing was saved", status_code=503)
        self.assertNotContains(fragment, "<html", status_code=503)

    def test_a_sign_up_keeps_what_was_typed(self) -> None:
        self.lock()
        self.wait_no_longer()
        fields = {"username": "susan", "email": "susan@example.com"}
        passwords = dict.fromkeys(("password1", "password2"), "a long secret word")
        visitor = self.clients["visitor"]
        with self.settings(SIGNUPS="approval"):
            page = visitor.post(
                "/account/signup/", fields | passwords | {"reason": "I like <tea>"}
            )
        self.assertContains(page, "Nothing was saved", status_code=503)
        self.assertContains(page, "I like &lt;tea&gt;", status_code=503)
        for text in fields.values():
            self.assertContains(page, f'value="{text}"', status_code=503)
        self.assertNotContains(page, "a long secret word", status_code=503)
        page = visitor.post("/account/signup/", fields | passwords)
        self.assertContains(page, 'value="susan@example.com"', status_code=503)
        self.assertContains(page, "Try again</button>", status_code=503)

    def test_buttons_lead_back_to_their_page(self) -> None:
        self.lock()
        self.wait_no_longer()
        referer = {"referer": "http://testserver/explore?before=5"}
        for role, path, data in (
            ("reader", "/user/moderator/follow", {"next": "/user/moderator"}),
            ("reader", "/language", {"language": "es"}),
        ):
            page = self.clients[role].post(path, data, headers=referer)
            self.assertContains(page, 'href="/explore?before=5"', status_code=503)
            self.assertNotContains(page, "Try again", status_code=503)

    def test_no_part_of_a_form_of_the_admin_is_sent_again(self) -> None:
        self.lock()
        self.wait_no_longer()
        user = self.users["reader"]
        page = self.clients["superuser"].post(
            f"/admin/accounts/user/{user.pk}/change/",
            {"username": "x", "email": "x@example.com", "about_me": "About me"},
        )
        self.assertContains(page, "Nothing was saved", status_code=503)
        self.assertNotContains(page, "About me", status_code=503)

    def test_a_wrong_key_of_a_feed(self) -> None:
        """It is then not counted."""
        self.lock()
        self.wait_no_longer()
        response = self.clients["visitor"].get("/explore.atom?key=wrong")
        self.assertEqual(response.status_code, 404)

    def test_a_post_to_a_read_only_database(self) -> None:
        self.pragma("query_only = ON")
        self.assert_nothing_saved()

    def test_a_post_to_a_full_disk(self) -> None:
        self.pragma("max_page_count = 1")  # as many as there are
        for number in range(200):
            try:
                Post.objects.create(author=self.users["reader"], body=f"{number}" * 20)
            except OperationalError:
                break
        self.assert_nothing_saved()
        self.assertEqual(self.clients["reader"].get("/").status_code, 200)

    def test_a_database_that_cannot_be_reached(self) -> None:
        connection.close()
        connection.settings_dict["NAME"] = "/nowhere/db.sqlite3"
        with self.assertNoLogs("django.request", "ERROR"):
            response = self.clients["reader"].get(
                "/", headers={"accept-language": "es"}
            )
            self.assertContains(response, "<h1", status_code=503)
            self.assertContains(response, 'lang="es"', status_code=503)
            english = self.clients["reader"].get("/")
            self.assertContains(english, "try again in a minute", status_code=503)
            self.assertNotContains(english, "Nothing was saved", status_code=503)
            self.assertEqual(response["Retry-After"], "30")
        self.assertContains(self.post_text(), "A long thought", status_code=503)

    def test_an_error_of_ours_stays_one(self) -> None:
        self.pragma("legacy_alter_table = ON")
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE posts_post RENAME TO elsewhere")
        with self.assertLogs("django.request", "ERROR"):
            self.assertEqual(self.clients["reader"].get("/").status_code, 500)

    def test_after_a_write_that_could_not_be_the_next_are_left_out(self) -> None:
        """A locked database is tried once for all optional writes of a process."""
        client, reader = Client(), self.users["reader"]
        client.force_login(reader)
        User.objects.filter(pk=reader.pk).update(last_seen=None)
        tries: list[str] = []

        def count(execute: Callable[..., object], sql: str, *rest: object) -> object:
            if sql.startswith("UPDATE") and "last_seen" in sql:
                tries.append(sql)
            return execute(sql, *rest)

        self.lock()
        with connection.execute_wrapper(count):
            for _ in range(3):
                self.assertEqual(client.get("/explore").status_code, 200)
        self.assertEqual(len(tries), 1)
