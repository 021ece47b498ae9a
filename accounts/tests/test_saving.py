"""Saving a user writes changed fields only."""

from django.test import TestCase
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import create_user
from moderation.services import suspend_user


class SavingTests(TestCase):
    def setUp(self) -> None:
        self.susan = create_user("susan")
        self.fetched = User.objects.get(pk=self.susan.pk)

    def test_a_form_that_was_slow_undoes_no_suspension(self) -> None:
        suspend_user(user=self.susan, by=create_user("boss"))
        self.fetched.language = "es"
        self.fetched.save()
        self.susan.refresh_from_db()
        self.assertTrue(self.susan.is_suspended)
        self.assertFalse(self.susan.is_active)
        self.assertEqual(self.susan.language, "es")

    def test_a_new_password_undoes_no_count(self) -> None:
        User.objects.filter(pk=self.susan.pk).update(follower_count=7)
        self.fetched.set_password("another good phrase")
        self.fetched.save()
        self.susan.refresh_from_db()
        self.assertEqual(self.susan.follower_count, 7)
        self.assertTrue(self.susan.check_password("another good phrase"))

    def test_what_was_fetched_again_is_no_change(self) -> None:
        User.objects.filter(pk=self.susan.pk).update(about_me="first")
        self.fetched.refresh_from_db()
        User.objects.filter(pk=self.susan.pk).update(about_me="second")
        self.fetched.time_zone = "Europe/Madrid"
        self.fetched.save()
        self.susan.refresh_from_db()
        self.assertEqual(self.susan.about_me, "second")
        self.assertEqual(self.susan.time_zone, "Europe/Madrid")

    def test_saving_twice_writes_each_change(self) -> None:
        for text in ("one", "two", "one"):
            self.fetched.about_me = text
            self.fetched.save()
            self.susan.refresh_from_db()
            self.assertEqual(self.susan.about_me, text)

    def test_nothing_changed_writes_nothing(self) -> None:
        with self.assertNumQueries(0):
            self.fetched.save()

    def test_a_field_that_was_not_asked_for_is_not_fetched(self) -> None:
        some = User.objects.only("pk", "language").get(pk=self.susan.pk)
        some.language = "es"
        with self.assertNumQueries(1):
            some.save()

    def test_a_changed_profile_is_dated(self) -> None:
        before = timezone.now()
        self.fetched.about_me = "new"
        self.fetched.save(update_fields=["about_me"])
        self.susan.refresh_from_db()
        self.assertGreater(self.susan.profile_changed_at, before)

    def test_what_some_fields_left_out_is_written_later(self) -> None:
        def save() -> None:
            self.fetched.save(update_fields=["username"])

        def refresh() -> None:
            self.fetched.refresh_from_db(fields=["username"])

        for number, only_the_nickname in enumerate((save, refresh)):
            with self.subTest(number):
                self.fetched.about_me = f"about {number}"
                self.fetched.is_staff = not self.susan.is_staff
                only_the_nickname()
                self.fetched.save()
                self.susan.refresh_from_db()
                self.assertEqual(self.susan.about_me, f"about {number}")
                self.assertEqual(self.susan.is_staff, self.fetched.is_staff)

    def test_fetching_a_deferred_field_forgets_no_change(self) -> None:
        some = User.objects.only("pk", "is_staff").get(pk=self.susan.pk)
        some.is_staff = True
        self.assertEqual(some.language, "")
        some.save()
        self.susan.refresh_from_db()
        self.assertTrue(self.susan.is_staff)
