"""Passwords that nobody can choose."""

from django.test import TestCase

from accounts.models import User
from core.tests.pages import read


class PasswordTests(TestCase):
    def errors(self, password: str) -> list[str]:
        """Return what the page of a sign-up says about the password, if it stays."""
        data = {
            "username": "susan.garden",
            "email": "lake.mountain@example.com",
            "password1": password,
            "password2": password,
        }
        response = self.client.post("/account/signup/", data)
        if response.status_code == 302:
            return []
        return read(response).texts("//*[@id='id_password1_error']//li")

    def test_each_weak_one_is_refused_for_its_own_reason(self) -> None:
        for password, reason in (
            ("susan.garden", "too similar to the nickname"),
            ("lake.mountain", "too similar to the e-mail address"),
            ("xq7!vz2", "too short"),
            ("sunshine1", "too common"),
            ("839271645203", "entirely numeric"),
        ):
            with self.subTest(password):
                errors = self.errors(password)
                self.assertEqual(len(errors), 1, errors)
                self.assertIn(reason, errors[0])
        self.assertFalse(User.objects.exists())

    def test_a_good_one_is_taken(self) -> None:
        self.assertEqual(self.errors("a-cat-in-a-hat"), [])
        self.assertTrue(User.objects.filter(username="susan.garden").exists())
