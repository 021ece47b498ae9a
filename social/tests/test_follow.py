"""Following and unfollowing, and the mail to the followed user."""

import time
from collections.abc import Callable
from unittest.mock import patch

from allauth.account.models import EmailAddress
from allauth.core import context
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test import RequestFactory, TestCase, override_settings
from django_tasks_db.models import DBTaskResult

from accounts.address_changes import change_address, request_address_change
from accounts.models import AddressChange, SignUpRequest, User
from accounts.tests.factories import confirm_address, create_user
from core.testing import free_port, mail_server, run_tasks
from moderation.groups import MODERATORS
from moderation.services import reinstate_user, replace_nickname, suspend_user
from moderation.tasks import notify_moderators_of_sign_ups
from social.models import Follow
from social.relations import followers, following, get_relation
from social.services import follow_user, recompute_counts, unfollow_user
from social.tests.factories import follow


class FollowTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan, cls.john = create_user("susan"), create_user("john")

    def setUp(self) -> None:
        self.client.force_login(self.susan)

    def says(self, path: str, text: str) -> None:
        response = self.client.post(path, follow=True)
        self.assertContains(response, text, html=False)

    def counts(self, user: User) -> tuple[int, int]:
        user.refresh_from_db()
        return user.follower_count, user.following_count

    def test_follow_then_unfollow(self) -> None:
        self.says("/user/john/follow", "You are now following john!")
        self.assertTrue(get_relation(self.susan, self.john).is_following)
        self.assertEqual(list(followers(self.john)), [self.susan])
        self.assertEqual(list(following(self.susan)), [self.john])
        self.assertEqual(
            (self.counts(self.john), self.counts(self.susan)), ((1, 0), (0, 1))
        )
        self.says("/user/john/unfollow", "You have stopped following john.")
        self.assertEqual(
            (self.counts(self.john), self.counts(self.susan)), ((0, 0), (0, 0))
        )

    def test_oneself(self) -> None:
        self.says("/user/susan/follow", "You can&#x27;t follow yourself!")
        self.says("/user/susan/unfollow", "You can&#x27;t unfollow yourself!")
        self.assertFalse(Follow.objects.exists())

    def test_twice_or_without_cause(self) -> None:
        self.says("/user/john/unfollow", "Cannot unfollow john.")
        self.client.post("/user/john/follow")
        self.says("/user/john/follow", "Cannot follow john.")
        self.assertEqual(self.counts(self.john), (1, 0))

    def test_many_in_a_minute_are_refused_and_nothing_is_lost(self) -> None:
        cache.clear()
        limits = {**settings.RATE_LIMITS, "follow": "3/m/user"}
        other = create_user("maria")
        with override_settings(RATE_LIMITS=limits):
            for verb in ("follow", "unfollow", "follow"):
                self.client.post(f"/user/john/{verb}")
            for path in ("/user/maria/follow", "/user/john/unfollow"):
                response = self.client.post(path)
                self.assertContains(response, "Please wait a minute", status_code=429)
            self.assertFalse(get_relation(self.susan, other).is_following)
            self.assertTrue(get_relation(self.susan, self.john).is_following)
            self.client.force_login(other)
            self.says("/user/john/follow", "You are now following john!")
        self.assertEqual(self.counts(self.john), (2, 0))

    def test_nobody_and_wrong_method(self) -> None:
        response = self.client.post("/user/nobody/follow")
        self.assertContains(response, "User nobody not found.", status_code=404)
        self.assertEqual(self.client.get("/user/john/follow").status_code, 405)
        self.assertFalse(Follow.objects.exists())
        self.client.post("/user/john/follow")
        self.assertEqual(self.client.get("/user/john/unfollow").status_code, 405)
        self.assertTrue(Follow.objects.exists())

    def test_is_stored_with_its_counts_and_its_mail_or_not_at_all(self) -> None:
        def fail(execute: Callable[..., object], sql: str, *rest: object) -> object:
            if sql.startswith("INSERT") and "dbtaskresult" in sql:
                raise DatabaseError
            return execute(sql, *rest)

        with connection.execute_wrapper(fail), self.assertRaises(DatabaseError):
            follow_user(follower=self.susan, followed=self.john)
        self.assertFalse(Follow.objects.exists())
        self.john.refresh_from_db()
        self.assertEqual(self.john.follower_count, 0)

    def test_returns_only_within_the_site(self) -> None:
        response = self.client.post(
            "/user/john/follow", {"next": "https://evil.example/"}
        )
        self.assertRedirects(response, "/user/john")
        response = self.client.post("/user/john/unfollow", {"next": "/explore"})
        self.assertRedirects(response, "/explore")

    def test_asks_for_a_login(self) -> None:
        self.client.logout()
        self.client.post("/user/john/follow")
        self.assertFalse(Follow.objects.exists())

    def test_counts_leave_out_suspended_and_deleted_users(self) -> None:
        follow(self.susan, self.john)
        suspend_user(user=self.susan, by=self.john)
        self.assertEqual(self.counts(self.john), (0, 0))
        reinstate_user(user=self.susan, by=self.john)
        self.assertEqual(self.counts(self.john), (1, 0))
        User.objects.filter(pk=self.susan.pk).delete()
        self.assertEqual(self.counts(self.john), (0, 0))

    def test_recount_repairs(self) -> None:
        follow(self.susan, self.john)
        User.objects.update(follower_count=7, following_count=7)
        recompute_counts()
        self.assertEqual(
            (self.counts(self.john), self.counts(self.susan)), ((1, 0), (0, 1))
        )

    def test_recount_while_somebody_is_suspended(self) -> None:
        follow(self.susan, self.john)
        suspend_user(user=self.susan, by=self.john)
        recompute_counts()
        self.assertEqual(self.counts(self.john), (0, 0))
        reinstate_user(user=self.susan, by=self.john)
        self.assertEqual(
            (self.counts(self.john), self.counts(self.susan)), ((1, 0), (0, 1))
        )

    def test_counts_that_drifted_refuse_nothing(self) -> None:
        """No 500: no count becomes negative, and ``recount`` repairs them."""
        follow(self.susan, self.john)
        follow(self.john, self.susan)
        for drifted in 0, 2**31 - 1:
            User.objects.update(follower_count=drifted, following_count=drifted)
            with self.subTest(drifted):
                self.says("/user/john/unfollow", "You have stopped following john.")
                self.says("/user/john/follow", "You are now following john!")
                suspend_user(user=self.john, by=self.susan)
                reinstate_user(user=self.john, by=self.susan)
        User.objects.update(follower_count=0, following_count=0)
        call_command("recount")
        self.assertEqual(self.counts(self.john), (1, 1))
        User.objects.update(follower_count=0, following_count=0)
        User.objects.get(pk=self.john.pk).delete()
        self.assertEqual(self.counts(self.susan), (0, 0))

    def test_a_count_that_drifted_to_the_end_of_its_column_stays(self) -> None:
        most = 2**31 - 1
        User.objects.update(follower_count=most, following_count=most)
        self.says("/user/john/follow", "You are now following john!")
        self.assertEqual(self.counts(self.john), (most, most))
        self.assertEqual(self.counts(self.susan), (most, most))

    def test_the_database_refuses_oneself_and_twice(self) -> None:
        names = {c.name for c in Follow._meta.constraints}
        self.assertEqual(names, {"social_follow_unique", "social_follow_not_oneself"})
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, "social_follow")
        self.assertLessEqual({"social_follow_unique"}, set(found))


class EndedBackend(BaseEmailBackend):
    """The worker dies when it would store the mail."""

    def send_messages(self, email_messages: object) -> int:
        raise RuntimeError


class NewFollowerMailTests(TestCase):
    def setUp(self) -> None:
        cache.clear()
        self.susan = create_user("susan", about_me="Birds <3")
        self.john = create_user("john", language="es")
        confirm_address(self.john)
        self.port = free_port()
        self.enterContext(
            override_settings(
                EMAIL_BACKEND="core.mail.QueuedEmailBackend",
                DELIVERY_EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
                EMAIL_HOST="127.0.0.1",
                EMAIL_PORT=self.port,
                SITE_URL="https://blog.example/sub",
            )
        )

    def test_is_sent_as_text_and_html_with_absolute_links(self) -> None:
        with mail_server(self.port) as arrived:
            follow(self.susan, self.john)
            self.assertEqual(arrived, [], "The request never waits for the server.")
            run_tasks()
        (mail,) = arrived
        self.assertEqual(mail["To"], "john@example.com")
        self.assertEqual(mail["Subject"], "[microblog] ¡susan te sigue ahora!")
        text = mail.get_body(("plain",)).get_content()
        html = mail.get_body(("html",)).get_content()
        for body in (text, html):
            self.assertIn("https://blog.example/sub/user/susan", body)
        self.assertIn("Birds <3", text)
        self.assertIn("Birds &lt;3", html)
        self.assertIn(".png", html)

    def test_nothing_goes_to_an_address_that_nobody_confirmed(self) -> None:
        stranger = create_user("stranger", email="somebody@else.example")
        EmailAddress.objects.create(user=stranger, email="somebody@else.example")
        EmailAddress.objects.create(user=stranger, email="own@b.example", verified=True)
        clerk = create_user("clerk", is_staff=True, email="typo@else.example")
        clerk.groups.add(Group.objects.get(name=MODERATORS))
        SignUpRequest.objects.create(user=create_user("waits"))
        with mail_server(self.port) as arrived:
            follow(self.susan, stranger)
            self.client.force_login(self.susan)
            self.client.post("/user/clerk/follow")
            replace_nickname(user=stranger, by=self.susan)
            notify_moderators_of_sign_ups.enqueue()
            with context.request_context(RequestFactory().get("/")):
                request_address_change(user=stranger, new="right@b.example")
            run_tasks()
            (asked,) = arrived
            self.assertEqual(asked["To"], "right@b.example")
            change = AddressChange.objects.get()
            with context.request_context(RequestFactory().get("/")):
                self.assertTrue(change_address(change=change))
            run_tasks()
        self.assertEqual(arrived, [asked])

    def test_following_again_sends_no_second_mail(self) -> None:
        with mail_server(self.port) as arrived:
            follow(self.susan, self.john)
            run_tasks()
            self.client.force_login(self.susan)
            self.client.post("/user/john/unfollow")
            self.client.post("/user/john/follow")
            run_tasks()
        self.assertEqual(len(arrived), 1)

    def test_no_mail_is_lost_when_the_worker_ends_before_it_is_stored(self) -> None:
        follow(self.susan, self.john)
        with override_settings(EMAIL_BACKEND="social.tests.test_follow.EndedBackend"):
            run_tasks()
        with mail_server(self.port) as arrived:
            run_tasks(delayed=True)
            run_tasks()
        self.assertEqual([message["To"] for message in arrived], ["john@example.com"])

    def test_a_follow_that_ended_before_the_mail_sends_none(self) -> None:
        follow(self.susan, self.john)
        Follow.objects.all().delete()
        with mail_server(self.port) as arrived:
            run_tasks()
        self.assertEqual(arrived, [])

    def test_a_follower_suspended_before_the_mail_is_not_announced(self) -> None:
        follow(self.susan, self.john)
        suspend_user(user=self.susan, by=self.john)
        with mail_server(self.port) as arrived:
            run_tasks()
        self.assertEqual(arrived, [])
        states = DBTaskResult.objects.filter(task_path__contains="follower")
        self.assertEqual({row.status for row in states}, {"SUCCESSFUL"})

    def test_one_mail_a_day_about_the_same_follower(self) -> None:
        with mail_server(self.port) as arrived:
            for hours, mails in ((0, 1), (1, 1), (23, 1), (25, 2)):
                later = time.time() + hours * 3600
                follow(self.susan, self.john)
                with (
                    patch("core.database_cache.time.time", return_value=later),
                    patch(
                        "django.core.cache.backends.base.time.time", return_value=later
                    ),
                ):
                    run_tasks()
                unfollow_user(follower=self.susan, followed=self.john)
                self.assertEqual(len(arrived), mails, hours)
