"""No query string of an admin list causes a 500."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from http import HTTPStatus

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection, models, transaction
from django.test import TestCase
from django.urls import reverse

from accounts.tests.factories import create_user, reauthenticate
from posts.tests.factories import create_post

VALUES = (
    *("99999999", "99999999-01-01", "99999999-01-01 00:00:00+00:00", "0000-00-00"),
    *("9" * 30, f"-{'9' * 30}", "-1", "0", "1e999", "nan", "٣", "1.5", "9" * 5000),
    *("", "\x00", "%", "_", "\\", "a" * 3000, "😀", "(", "None", "1,2,x", "True"),
    *(
        "9999-12-31",
        "0001-01-01",
        "9999-12-31 23:59:59-12:00",
        "0001-01-01T00:00+14:00",
    ),
)
NAMES = ("o", "p", "q", "e", "all", "_popup", "_to_field", "_facets", "id", "pk__gt")
LOOKUPS = (
    "",
    "__exact",
    "__gte",
    "__lt",
    "__year",
    "__month",
    "__in",
    "__isnull",
    "__range",
    "__date",
    "__contains",
    "__regex",
)
# =
REQUESTS = int(os.environ.get("FUZZ", "40"))


def filters(list_admin: admin.ModelAdmin[models.Model]) -> list[str]:
    """Return the names by which a list can be filtered."""
    found = [*NAMES, list_admin.date_hierarchy or "date"]
    for item in list_admin.list_filter:
        name = getattr(item, "parameter_name", item)
        found += [f"{name}{lookup}" for lookup in LOOKUPS]
    found += [
        f"{field.name}{lookup}"
        for field in list_admin.model._meta.fields
        for lookup in LOOKUPS
    ]
    return found


class AdminFilterTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = create_user("boss", is_staff=True, is_superuser=True)
        cls.moderator = create_user("moderator", is_staff=True)
        cls.moderator.groups.add(Group.objects.get(name="Moderators"))
        create_post(cls.boss, "hello")

    def ask(self, url: str, query: dict[str, str]) -> None:
        """Request once; on PostgreSQL a refused value aborts the test's transaction."""
        self.client.raise_request_exception = False
        point = transaction.savepoint()
        response = self.client.get(url, query)
        transaction.savepoint_rollback(point)
        with self.subTest(url=url, query=query):
            self.assertLess(response.status_code, 500)
            if response.status_code == HTTPStatus.FOUND:
                self.assertEqual(response["Location"].partition("?")[2], "e=1")

    def lists(self) -> list[tuple[str, admin.ModelAdmin[models.Model]]]:
        return [
            (reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist"), a)
            for m, a in admin.site._registry.items()
        ]

    def test_a_year_that_no_calendar_has(self) -> None:
        url = reverse("admin:accounts_user_changelist")
        for user in self.boss, self.moderator:
            self.client.force_login(user)
            reauthenticate(self.client)
            for year in "99999999", "10000", "-5", "0":
                for name in "date_joined__year", "date_joined__gte":
                    self.ask(url, {name: year})
                    self.ask(url, {name: f"{year}-01-01"})

    def test_anything(self) -> None:
        chance = random.Random(22)
        lists = self.lists()
        for user in self.boss, self.moderator:
            self.client.force_login(user)
            reauthenticate(self.client)
            for _ in range(REQUESTS // 2):
                url, list_admin = chance.choice(lists)
                names = chance.sample(filters(list_admin), chance.choice((1, 1, 1, 2)))
                self.ask(url, {name: chance.choice(VALUES) for name in names})

    def test_an_error_without_filters_stays_an_error(self) -> None:
        def fail(execute: Callable[..., object], sql: str, *rest: object) -> object:
            if "posts_post" in sql:
                raise ValueError
            return execute(sql, *rest)

        self.client.force_login(self.boss)
        self.client.raise_request_exception = False
        for query in ("", "?e=1"):
            with connection.execute_wrapper(fail):
                response = self.client.get(f"/admin/posts/post/{query}")
            self.assertEqual(response.status_code, 500, query)
