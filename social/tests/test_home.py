"""The home page (row P2)."""

from django.test import TestCase

from accounts.tests.factories import create_user


class HomeTests(TestCase):
    """What a signed-in reader sees first."""

    def test_works(self) -> None:
        self.client.force_login(create_user())
        response = self.client.get("/")
        self.assertEqual(response.status_code, 200)

    def test_asks_for_a_login(self) -> None:
        response = self.client.get("/", follow=True)
        self.assertContains(response, "Please log in to access this page.")
