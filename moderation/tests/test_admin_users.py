"""What a superuser changes of a user by one form is stored together."""

from django.contrib.auth.models import Group, Permission
from django.test import TestCase

from accounts.models import User
from accounts.tests.factories import create_user, reauthenticate
from moderation.groups import MODERATORS


class UserFormTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = create_user("boss", is_staff=True, is_superuser=True)
        cls.mallory = create_user("mallory", is_staff=True, is_superuser=True)
        cls.mallory.groups.add(Group.objects.get(name=MODERATORS))
        cls.mallory.user_permissions.add(Permission.objects.all()[0])

    def setUp(self) -> None:
        self.client.force_login(self.boss)
        reauthenticate(self.client)

    def change(self, **fields: object) -> User:
        """Send the form as a browser does: a box that is not ticked is left out."""
        form = {"email": self.mallory.email, "time_zone": "", "about_me": ""}
        path = f"/admin/accounts/user/{self.mallory.pk}/change/"
        response = self.client.post(path, form | {"language": ""} | fields)
        self.assertRedirects(
            response, "/admin/accounts/user/", fetch_redirect_response=False
        )
        return User.objects.get(pk=self.mallory.pk)

    def test_rights_are_taken_away_together_with_the_nickname(self) -> None:
        mallory = self.change(username="mallory2")
        self.assertEqual(mallory.username, "mallory2")
        self.assertFalse(mallory.is_staff)
        self.assertFalse(mallory.is_superuser)
        self.assertFalse(mallory.groups.exists())
        self.assertFalse(mallory.user_permissions.exists())

    def test_every_other_field_is_stored_with_the_nickname(self) -> None:
        group = Group.objects.get(name=MODERATORS)
        preferences = {"language": "es", "time_zone": "Europe/Madrid"}
        fields = preferences | {"username": "mallory2", "about_me": "New here"}
        mallory = self.change(**fields, is_staff="on", groups=[group.pk])
        stored = User.objects.filter(pk=mallory.pk).values(*fields).get()
        self.assertEqual(stored, fields)
        self.assertTrue(mallory.is_staff)
        self.assertFalse(mallory.is_superuser)
        self.assertEqual(list(mallory.groups.all()), [group])

    def test_an_address_that_waits_keeps_no_right(self) -> None:
        mallory = self.change(username="mallory2", email="new@example.com")
        self.assertEqual(mallory.email, "mallory@example.com")
        self.assertFalse(mallory.is_staff or mallory.is_superuser)
