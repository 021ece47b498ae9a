"""What nobody but superusers can do in the admin, whatever rights they were given."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError
from django.http import HttpResponse
from django.test import Client, TestCase
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from accounts.tests.factories import PASSWORD, create_user
from moderation.groups import MODERATORS, TRANSLATORS
from moderation.services import reinstate_user, suspend_user
from posts.tests.factories import create_post
from social.models import Follow
from social.services import follow_user
from social.tests.factories import follow

USERS = reverse("admin:accounts_user_changelist")
POSTS = reverse("admin:posts_post_changelist")
FOLLOWS = reverse("admin:social_follow_changelist")
TASKS = reverse(f"admin:{DBTaskResult._meta.app_label}_dbtaskresult_changelist")


class RolesTestCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.moderator = create_user("mod", is_staff=True)
        cls.moderator.groups.add(Group.objects.get(name=MODERATORS))
        cls.troll, cls.reader = create_user("troll"), create_user("reader")
        cls.root = create_user("root", is_superuser=True)  # but not of the staff
        follow(cls.reader, cls.troll)
        cls.post = create_post(cls.troll, "Something nasty")
        EmailAddress.objects.create(
            user=cls.troll, email=cls.troll.email, verified=True, primary=True
        )

    def act(self, path: str, action: str, *keys: object) -> HttpResponse:
        data = {"action": action, "_selected_action": [str(key) for key in keys]}
        return self.client.post(path, data, follow=True)


class DoorTests(RolesTestCase):
    """Who opens the staff's pages; others are told so there, without a redirect."""

    def test_each_role_opens_its_own(self) -> None:
        translator = create_user("translator")
        translator.groups.add(Group.objects.get(name=TRANSLATORS))
        opened = {}
        for user in (self.reader, translator, self.moderator, self.root):
            self.client.force_login(user)
            opened[user.username] = [
                self.client.get(path).status_code
                for path in ("/admin/", "/rosetta/files/project/")
            ]
        self.assertEqual(
            opened,
            {
                "reader": [403, 403],
                "translator": [403, 200],
                "mod": [200, 403],
                "root": [403, 200],
            },
        )


class EveryRightTests(RolesTestCase):
    """A member of the staff with every single permission is no superuser."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.clerk = create_user("clerk", is_staff=True)
        cls.clerk.user_permissions.set(Permission.objects.all())

    def setUp(self) -> None:
        self.client.force_login(self.clerk)

    def test_changes_no_user_post_or_follow(self) -> None:
        relation = Follow.objects.get()
        for listed in (USERS, POSTS, FOLLOWS):
            self.assertNotContains(self.client.get(listed), f'"{listed}add/')
        for path in (
            f"{USERS}add/",
            f"{USERS}{self.troll.pk}/delete/",
            f"{USERS}{self.troll.pk}/password/",
            f"{POSTS}add/",
            f"{FOLLOWS}add/",
            f"{FOLLOWS}{relation.pk}/delete/",
        ):
            with self.subTest(path):
                self.client.post("/account/reauthenticate/", {"password": PASSWORD})
                self.assertEqual(self.client.get(path).status_code, 403)
                self.assertEqual(
                    self.client.post(path, {"post": "yes"}).status_code, 403
                )
        for path in (
            f"{USERS}{self.troll.pk}/change/",
            f"{POSTS}{self.post.pk}/change/",
            f"{FOLLOWS}{relation.pk}/change/",
        ):
            with self.subTest(path):
                self.assertNotContains(self.client.get(path), 'name="_save"')
                answer = self.client.post(path, {"body": "Mine", "username": "mine"})
                self.assertEqual(answer.status_code, 403)
        self.post.refresh_from_db()
        self.troll.refresh_from_db()
        self.assertEqual(self.post.body, "Something nasty")
        self.assertEqual(self.troll.username, "troll")
        self.assertEqual(Follow.objects.get(), relation)

    def test_runs_no_task_again(self) -> None:
        task = DBTaskResult.objects.first()
        DBTaskResult.objects.filter(pk=task.pk).update(status="FAILED")
        self.assertNotContains(self.client.get(TASKS), 'value="run_again"')
        self.act(TASKS, "run_again", task.pk)
        task.refresh_from_db()
        self.assertEqual(task.status, "FAILED")


class ModeratingTests(RolesTestCase):
    def actions(self, *users: User) -> list[str]:
        """Return what the page says after each action on the users."""
        keys = [user.pk for user in users]
        names = ("suspend", "replace_nicknames", "empty_about_me")
        return [self.act(USERS, name, *keys).content.decode() for name in names]

    def assertUntouched(self, user: User) -> None:  # noqa: N802
        now = User.objects.get(pk=user.pk)
        self.assertEqual(
            (now.username, now.is_active, now.suspended_at), (user.username, True, None)
        )

    def test_who_may_only_look_at_users_moderates_nobody(self) -> None:
        looker = create_user("looker", is_staff=True)
        looker.user_permissions.add(Permission.objects.get(codename="view_user"))
        self.client.force_login(looker)
        self.assertNotContains(self.client.get(USERS), 'value="suspend"')
        self.actions(self.troll)
        self.assertUntouched(self.troll)

    def test_superusers_outside_the_staff_are_left_alone(self) -> None:
        self.client.force_login(self.moderator)
        for page in self.actions(self.root):
            self.assertIn("oot belongs to the staff", page)  # with a capital letter
        self.assertUntouched(self.root)

    def test_nobody_suspends_themselves(self) -> None:
        self.client.force_login(self.moderator)
        page = self.act(USERS, "suspend", self.moderator.pk)
        self.assertContains(page, "You cannot suspend yourself.")
        self.assertUntouched(self.moderator)


class SuspensionTests(RolesTestCase):
    def test_no_session_of_before_returns_with_the_user(self) -> None:
        troll = Client()
        troll.post("/account/login/", {"login": "troll", "password": PASSWORD})
        self.assertEqual(troll.get("/").status_code, 200)
        suspend_user(user=self.troll, by=self.moderator)
        reinstate_user(user=self.troll, by=self.moderator)
        self.assertRedirects(troll.get("/"), "/account/login/?next=/")

    def test_is_whole_or_not_at_all(self) -> None:
        """The history cannot be written: its author is not stored."""
        troll = Client()
        troll.post("/account/login/", {"login": "troll", "password": PASSWORD})
        with self.assertRaises(IntegrityError):
            suspend_user(user=self.troll, by=User(username="ghost"))
        self.troll.refresh_from_db()
        self.reader.refresh_from_db()
        self.assertFalse(self.troll.is_suspended)
        self.assertEqual(self.reader.following_count, 1)
        self.assertEqual(troll.get("/").status_code, 200)

    def test_nobody_follows_or_is_followed_meanwhile(self) -> None:
        suspend_user(user=self.troll, by=self.moderator)
        before = Follow.objects.count()
        self.client.force_login(self.moderator)
        page = self.client.post("/user/troll/follow", follow=True)
        self.assertNotContains(page, "You are now following", status_code=404)
        # Nor when the page was opened a moment before.
        self.assertFalse(follow_user(follower=self.moderator, followed=self.troll))
        self.assertFalse(follow_user(follower=self.troll, followed=self.moderator))
        self.assertEqual(Follow.objects.count(), before)
