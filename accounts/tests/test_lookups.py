"""Names are found case-insensitively, by an index."""

from django.db import connection
from django.db.models import F
from django.test import TestCase

from accounts.models import User
from accounts.tests.factories import create_user


class NameTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("Su_san", email="Susan@example.com")
        create_user("Suxsan")

    def test_case_does_not_matter_and_nothing_is_a_wildcard(self) -> None:
        for name in ("su_san", "SU_SAN", "Su_san"):
            self.assertEqual(User.objects.named(name).get(), self.susan)
        for name in ("su%", "%", "su_sa", "", "sußan", "su\\_san"):
            self.assertFalse(User.objects.named(name).exists(), name)
        found = User.objects.filter(email__iexact="susan@EXAMPLE.com")
        self.assertEqual(found.get(), self.susan)

    def test_compares_with_columns(self) -> None:
        found = User.objects.filter(username__iexact=F("username"))
        self.assertEqual(found.count(), 2)

    def test_by_an_index(self) -> None:
        if connection.vendor == "postgresql":  # or the planner scans so few rows
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
        index = {
            "sqlite": "USING INDEX accounts_user_{}_ci",
            "postgresql": "accounts_user_{}_ci",
            "mysql": "const",
        }[connection.vendor]
        for field, name in (("username", "nickname"), ("email", "email")):
            value = getattr(self.susan, field).upper()
            plan = User.objects.filter(**{f"{field}__iexact": value}).explain()
            self.assertIn(index.format(name), plan)
