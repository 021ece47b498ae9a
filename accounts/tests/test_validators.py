"""Nicknames that would break an address or a line of text."""

from django.core.exceptions import ValidationError
from django.test import TestCase

from accounts.models import User


class NicknameTests(TestCase):
    def test_what_no_way_of_storing_a_user_takes(self) -> None:
        for nickname in (
            "susan\n",
            "\nsusan",
            "su san",
            "susan/",
            "..",
            "._.",
            "süsan",
        ):
            with self.subTest(nickname), self.assertRaises(ValidationError) as raised:
                User(
                    username=nickname, email="a@example.com", password="x"
                ).full_clean()
            self.assertEqual(list(raised.exception.message_dict), ["username"])

    def test_what_is_taken(self) -> None:
        for nickname in ("susan", "Su.San_1", "1", "_a"):
            User(username=nickname, email="a@example.com", password="x").full_clean()
