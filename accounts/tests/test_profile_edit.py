"""Editing the profile and the preferences."""

import re
import time

from django.db import IntegrityError
from django.test import TestCase
from django.utils import timezone

from accounts.forms import ProfileForm
from accounts.models import User
from accounts.tests.factories import create_user


class ProfileEditTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan", about_me="Old", last_seen=timezone.now())
        cls.john = create_user("john")

    def setUp(self) -> None:
        self.client.force_login(self.susan)

    def edit(self, **fields: str) -> object:
        data = {"username": "susan", "about_me": "Old"} | fields
        return self.client.post("/edit", data, follow=True)

    def test_is_prefilled(self) -> None:
        with self.assertNumQueries(3):
            response = self.client.get("/edit")
        self.assertContains(response, 'value="susan"')
        self.assertContains(response, "Old")

    def test_saves(self) -> None:
        response = self.edit(username="Sue_1", about_me="a\r\nb")
        self.assertContains(response, "Your changes have been saved.")
        self.susan.refresh_from_db()
        self.assertEqual((self.susan.username, self.susan.about_me), ("Sue_1", "a\nb"))

    def test_ones_own_nickname_is_no_error(self) -> None:
        self.assertContains(self.edit(), "Your changes have been saved.")
        self.assertContains(self.edit(username="SUSAN"), "have been saved.")

    def test_errors_stand_beside_the_field_and_keep_what_was_typed(self) -> None:
        for nickname, text in {
            "a b": "This nickname has invalid characters. Please use letters, numbers, "
            "dots and underscores only.",
            "JOHN": "This nickname is already in use. Please choose another one.",
            "": "This field is required.",
            "..": "at least one letter or digit",
        }.items():
            response = self.edit(username=nickname, about_me="typed")
            self.assertContains(response, text, status_code=422)
            self.assertContains(response, 'aria-invalid="true"', status_code=422)
            self.assertContains(response, "typed", status_code=422)

    def test_about_me_is_checked(self) -> None:
        for text in ("x" * 141, "a\0b", "a\ufffeb", "a\x1bb"):
            self.assertEqual(self.edit(about_me=text).status_code, 422, repr(text))
        self.assertEqual(self.edit(about_me="😀" * 140).status_code, 200)

    def test_two_users_taking_one_nickname_at_once(self) -> None:
        """The other user is stored between validation and saving."""
        user = User.objects.get(pk=self.susan.pk)
        form = ProfileForm({"username": "taken", "about_me": ""}, instance=user)
        self.assertTrue(form.is_valid())
        User.objects.filter(pk=self.john.pk).update(username="Taken")
        self.assertFalse(form.save_or_explain())
        self.assertIn("already in use", str(form.errors["username"]))
        self.assertTrue(User.objects.filter(username="susan").exists())

    def test_the_database_refuses_names_that_differ_by_case(self) -> None:
        with self.assertRaises(IntegrityError):
            User.objects.filter(pk=self.susan.pk).update(username="JOHN")


class PreferencesTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan")

    def test_language_and_zone_are_kept(self) -> None:
        self.client.force_login(self.susan)
        response = self.client.post(
            "/preferences",
            {"language": "es", "time_zone": "Europe/Madrid"},
            follow=True,
        )
        self.assertContains(response, 'lang="es"')
        self.susan.refresh_from_db()
        self.assertEqual(self.susan.time_zone, "Europe/Madrid")

    def test_offers_each_zone_once_with_the_readers_own_chosen(self) -> None:
        self.client.force_login(self.susan)
        for zone, shown in (("", []), ("Europe/Madrid", ["Europe/Madrid"])):
            User.objects.filter(pk=self.susan.pk).update(time_zone=zone)
            page = self.client.get("/preferences").content.decode()
            control = page.partition('name="time_zone"')[2].partition("</select>")[0]
            self.assertEqual(re.findall(r'value="([^"]+)" selected', control), shown)
            offered = re.findall(r'<option value="([^"]*)"', control)
            self.assertEqual(offered[0], "")
            self.assertEqual(len(offered), len(set(offered)))
            self.assertLess(400, len(offered))
        response = self.client.post("/preferences", {"time_zone": '"><b>'})
        self.assertContains(response, "is-invalid", status_code=422)
        self.assertNotContains(response, "<b>", status_code=422)

    def test_costs_no_more_than_other_pages(self) -> None:
        """In processor time: the 600 zones took ten times as long as Explore."""
        self.client.force_login(self.susan)
        taken: dict[str, list[float]] = {"/preferences": [], "/explore": []}
        for _ in range(7):
            for path, times in taken.items():
                start = time.thread_time()
                self.client.get(path)
                times.append(time.thread_time() - start)
        self.assertLess(min(taken["/preferences"]), 4 * min(taken["/explore"]))

    def test_refuses_what_does_not_exist(self) -> None:
        self.client.force_login(self.susan)
        for fields in ({"language": "xx"}, {"time_zone": "Mars/Base"}):
            self.assertEqual(self.client.post("/preferences", fields).status_code, 422)

    def test_visitors_choose_by_cookie(self) -> None:
        response = self.client.post(
            "/language", {"language": "es", "next": "/account/login/"}
        )
        self.assertRedirects(response, "/account/login/")
        self.assertContains(self.client.get("/account/login/"), 'lang="es"')

    def test_the_profile_wins_over_cookie_and_browser(self) -> None:
        self.client.force_login(self.susan)
        self.client.post("/language", {"language": "es"})
        response = self.client.get("/", headers={"accept-language": "en"})
        self.assertContains(response, 'lang="es"')

    def test_no_language_or_zone_breaks_a_page(self) -> None:
        for header in ("", "xx", "*", "es-419,en;q=0.8", "\x00", "a" * 999, "en;q=x"):
            response = self.client.get(
                "/account/login/", headers={"accept-language": header}
            )
            self.assertEqual(response.status_code, 200, header)
        for zone in ("", "Mars", "../../etc/passwd", "America", "UTC"):
            self.client.cookies["timezone"] = zone
            self.assertEqual(self.client.get("/account/login/").status_code, 200, zone)

    def test_language_set_returns_within_the_site_and_only_posts(self) -> None:
        response = self.client.post(
            "/language", {"language": "es", "next": "https://evil.example/"}
        )
        self.assertEqual(response["Location"], "/")
        self.assertEqual(self.client.get("/language").status_code, 405)
        response = self.client.post("/language", {"language": "zz"})
        self.assertNotIn("django_language", response.cookies)


class LastSeenTests(TestCase):
    def test_is_written_at_most_once_a_minute(self) -> None:
        user = create_user()
        self.client.force_login(user)
        with self.assertNumQueries(5):
            self.client.get("/preferences")
            self.client.get("/avatar/0123456789abcdef.svg")
        user.refresh_from_db()
        first = user.last_seen
        assert first is not None
        self.client.get("/preferences")
        user.refresh_from_db()
        self.assertEqual(user.last_seen, first)
        user.last_seen = first - timezone.timedelta(seconds=61)
        user.save()
        self.client.get("/preferences")
        user.refresh_from_db()
        self.assertGreater(user.last_seen, first)
