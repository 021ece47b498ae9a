"""``REQUIRE_STAFF_MFA``: no second factor, no admin."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import TestCase, override_settings

from accounts.models import User
from accounts.tests.factories import create_user, reauthenticate
from moderation.groups import MODERATORS, TRANSLATORS

ADMIN = "/admin/"
ROSETTA = "/rosetta/files/project/"


@override_settings(REQUIRE_STAFF_MFA=True)
class StaffSecondFactorTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = create_user("boss", is_staff=True, is_superuser=True)
        cls.moderator = create_user("mod", is_staff=True)
        cls.moderator.groups.add(Group.objects.get(name=MODERATORS))
        cls.translator = create_user("translator")
        cls.translator.groups.add(Group.objects.get(name=TRANSLATORS))

    def setUp(self) -> None:
        cache.clear()

    def status(self, user: User, path: str, method: str = "get") -> int:
        self.client.force_login(user)
        response = getattr(self.client, method)(path)
        if response.status_code == 302:
            self.assertEqual(response["Location"], "/account/2fa/", path)
        return response.status_code

    def test_the_staff_are_redirected_to_set_one_up(self) -> None:
        for user, path in (
            (self.boss, ADMIN),
            (self.boss, "/admin/accounts/user/"),
            (self.boss, "/admin/nothing/here/"),
            (self.boss, ROSETTA),
            (self.moderator, ADMIN),
            (self.moderator, "/admin/posts/post/"),
        ):
            for method in ("get", "post"):
                self.assertEqual(self.status(user, path, method), 302, path)
        self.client.force_login(self.boss)
        reauthenticate(self.client)
        page = self.client.get(ADMIN, follow=True)
        self.assertContains(page, "Please set up a second factor")
        self.assertContains(page, "/account/2fa/totp/activate/")

    def test_recovery_codes_alone_are_no_second_factor(self) -> None:
        Authenticator.objects.create(user=self.boss, type="recovery_codes", data={})
        self.assertEqual(self.status(self.boss, ADMIN), 302)

    def test_either_factor_opens_them(self) -> None:
        for kind in ("totp", "webauthn"):
            factor = Authenticator.objects.create(user=self.boss, type=kind, data={})
            for path in (ADMIN, ROSETTA):
                self.assertEqual(self.status(self.boss, path), 200, (kind, path))
            factor.delete()
            self.assertEqual(self.status(self.boss, ADMIN), 302)

    def test_translators_are_no_staff(self) -> None:
        self.assertEqual(self.status(self.translator, ROSETTA), 200)

    @override_settings(REQUIRE_STAFF_MFA=False)
    def test_without_the_setting_nobody_needs_one(self) -> None:
        self.assertEqual(self.status(self.boss, ADMIN), 200)
        self.assertEqual(self.status(self.moderator, ADMIN), 200)

    def test_superusers_who_are_no_staff_need_one_too(self) -> None:
        chief = create_user("chief", is_superuser=True)
        self.assertEqual(self.status(chief, ROSETTA), 302)
        Authenticator.objects.create(user=chief, type="totp", data={})
        self.assertEqual(self.status(chief, ROSETTA), 200)
