"""What moderators can do in the admin, and its effects on the site."""

from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client, override_settings
from django.utils.functional import Promise
from django_tasks_db.models import DBTaskResult

from accounts.models import SignUpRequest, User
from accounts.tests.factories import PASSWORD, create_user, reauthenticate
from moderation.groups import MODERATORS, TRANSLATORS, create_groups
from moderation.services import reinstate_user, suspend_user
from posts.models import Post
from posts.tests.factories import create_post
from search.tests.base import SearchTestCase
from social.tests.factories import follow

TASKS = f"/admin/{DBTaskResult._meta.app_label}/dbtaskresult/"


class ModerationTestCase(SearchTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.moderator = create_user("mod", is_staff=True)
        cls.moderator.groups.add(Group.objects.get(name=MODERATORS))
        cls.boss = create_user("boss", is_staff=True, is_superuser=True)
        cls.troll = create_user("troll", about_me="Trolling about")
        EmailAddress.objects.create(
            user=cls.troll, email=cls.troll.email, verified=True, primary=True
        )
        cls.reader = create_user("reader")
        follow(cls.reader, cls.troll)
        follow(cls.troll, cls.reader)
        cls.post = create_post(cls.troll, "Something nasty")

    def setUp(self) -> None:
        super().setUp()
        cache.clear()
        self.client.force_login(self.moderator)


@override_settings(PUBLIC_READING=True)
class SuspensionTests(ModerationTestCase):
    def pages(self) -> dict[str, bool]:
        """Return on which pages a reader sees the troll or the post."""
        client = Client()
        client.force_login(self.reader)
        self.index()
        paths = (
            "/", "/explore", "/user/troll", f"/post/{self.post.pk}",
            "/user/troll/card", "/user/reader/followers", "/user/reader/following",
            "/explore.atom", "/user/troll/feed.atom", "/search?q=nasty",
            "/search?q=trolling", "/search?q=from:troll",
        )  # fmt: skip
        seen = {}
        for path in paths:
            content = client.get(path).content.decode()
            content = content.split("<main", 1)[-1]
            marks = ("nasty</mark>", "Something nasty", 'href="/user/troll"')
            seen[path] = any(mark in content for mark in marks)
        return seen

    def test_vanishes_everywhere_until_reinstated(self) -> None:
        self.assertEqual(set(self.pages().values()), {True})
        suspend_user(user=self.troll, by=self.moderator)
        self.assertEqual({p for p, seen in self.pages().items() if seen}, set())
        reinstate_user(user=self.troll, by=self.moderator)
        self.assertEqual(set(self.pages().values()), {True})

    def test_sessions_end_at_once_and_signing_in_is_explained(self) -> None:
        troll = Client()
        data = {"login": "troll", "password": PASSWORD}
        troll.post("/account/login/", data)
        self.assertEqual(troll.get("/").status_code, 200)
        suspend_user(user=self.troll, by=self.moderator)
        self.assertEqual(troll.get("/").status_code, 302)
        response = troll.post("/account/login/", data, follow=True)
        self.assertContains(response, "suspended by the moderators")
        reinstate_user(user=self.troll, by=self.moderator)
        troll.post("/account/login/", data)
        self.assertEqual(troll.get("/").status_code, 200)

    def test_counts_follow(self) -> None:
        suspend_user(user=self.troll, by=self.moderator)
        self.reader.refresh_from_db()
        self.assertEqual(self.reader.follower_count, 0)
        self.assertEqual(self.reader.following_count, 0)

    def test_staff_and_oneself_are_refused(self) -> None:
        for user in (self.boss, self.moderator):
            with self.assertRaises(ValidationError):
                suspend_user(user=user, by=self.moderator)

    def test_twice_changes_nothing(self) -> None:
        self.assertFalse(reinstate_user(user=self.troll, by=self.moderator))
        self.assertTrue(suspend_user(user=self.troll, by=self.moderator))
        self.assertFalse(suspend_user(user=self.troll, by=self.moderator))


class AdminTests(ModerationTestCase):
    users = "/admin/accounts/user/"
    posts = "/admin/posts/post/"

    def act(self, path: str, action: str, *rows: object, **more: str) -> object:
        keys = [row.pk for row in rows]
        data = {"action": action, "_selected_action": keys} | more
        return self.client.post(path, data, follow=True)

    def test_suspend_and_reinstate_with_history(self) -> None:
        response = self.act(self.users, "suspend", self.troll, self.boss)
        self.assertContains(response, "1 person suspended.")
        self.assertContains(response, "belongs to the staff")
        self.troll.refresh_from_db()
        self.assertTrue(self.troll.is_suspended)
        self.act(self.users, "reinstate", self.troll)
        self.troll.refresh_from_db()
        self.assertFalse(self.troll.is_suspended)
        history = self.client.get(f"{self.users}{self.troll.pk}/history/")
        self.assertContains(history, "Suspended.")
        self.assertContains(history, "Reinstated.")

    def test_delete_posts_with_confirmation_history_and_index(self) -> None:
        self.index()
        response = self.act(self.posts, "delete_selected", self.post)
        self.assertContains(response, "Are you sure")
        self.act(self.posts, "delete_selected", self.post, post="yes")
        self.assertFalse(Post.objects.exists())
        self.assertEqual(LogEntry.objects.filter(user=self.moderator).count(), 1)
        self.index()
        found = self.client.get("/search?q=nasty")
        self.assertContains(found, "Nothing found")

    def test_lists_are_searched_and_filtered(self) -> None:
        for path, part, count in (
            (self.users, "?q=troll", 1),
            (self.users, "?suspended=yes", 0),
            (self.users, "?suspended=no", 4),
            (self.posts, "?q=nasty", 1),
            (self.posts, "?language=en", 1),
            (self.posts, "?language=es", 0),
            (self.posts, "?said=7", 1),
            (self.posts, "?suspended=no", 1),
            (self.posts, f"?author__id__exact={self.troll.pk}", 1),
            (self.posts, f"?author__id__exact={self.reader.pk}", 0),
            ("/admin/social/follow/", "?q=troll", 2),
        ):
            response = self.client.get(path + part)
            self.assertEqual(response.status_code, 200, path + part)
            found = response.context["cl"].result_count
            self.assertEqual(found, count, path + part)

    def test_no_query_per_row(self) -> None:
        self.client.get("/")
        numbers = []
        for _turn in range(2):
            for path in (self.users, self.posts, "/admin/social/follow/"):
                with self.assertNumQueries(self.expected(path)):
                    self.client.get(path)
            for number in range(20):
                user = create_user(f"extra{len(numbers)}{number}")
                create_post(user)
                follow(user, self.reader)
            numbers.append(1)

    def expected(self, path: str) -> int:
        return {self.users: 6, self.posts: 7, "/admin/social/follow/": 8}[path]

    def test_moderators_cannot_escalate(self) -> None:
        page = self.client.get(f"{self.users}{self.troll.pk}/change/")
        for name in ("is_staff", "is_superuser", "groups", "password"):
            self.assertNotContains(page, f'name="{name}"')
        data = {"username": "troll", "email": "troll@example.com", "is_staff": "on"}
        self.client.post(f"{self.users}{self.troll.pk}/change/", data)
        self.troll.refresh_from_db()
        self.assertFalse(self.troll.is_staff)
        for path in (
            f"{self.users}{self.troll.pk}/password/",
            f"{self.users}add/",
            f"{self.users}{self.troll.pk}/delete/",
            f"{self.posts}add/",
            "/admin/auth/group/",
            TASKS,
        ):
            self.assertEqual(self.client.get(path).status_code, 403, path)
        response = self.client.post(
            f"{self.users}{self.boss.pk}/change/", {"username": "boss2"}
        )
        self.assertEqual(response.status_code, 403)

    def test_the_admin_has_no_login_of_its_own(self) -> None:
        """Second factors and rate limits apply to it, too."""
        self.client.logout()
        response = self.client.get("/admin/", follow=True)
        self.assertTrue(response.redirect_chain[-1][0].startswith("/account/login/"))

    def test_users_without_permission_see_nothing(self) -> None:
        self.client.force_login(self.reader)
        self.assertIn(self.client.get("/admin/").status_code, (302, 403))
        self.assertNotContains(self.client.get("/"), "/admin/")

    def test_superusers_change_everything(self) -> None:
        self.client.force_login(self.boss)
        reauthenticate(self.client)
        page = self.client.get(f"{self.users}{self.troll.pk}/change/")
        self.assertContains(page, 'name="is_staff"')
        for path in ("/admin/", f"{self.users}add/", TASKS):
            self.assertEqual(self.client.get(path).status_code, 200, path)

    def test_works_in_spanish(self) -> None:
        User.objects.filter(pk=self.moderator.pk).update(language="es")
        for path in (self.users, self.posts):
            self.assertContains(self.client.get(path), 'lang="es"')

    def test_groups_are_made_once_and_then_left_alone(self) -> None:
        moderators = Group.objects.get(name=MODERATORS)
        moderators.permissions.clear()
        create_groups()
        self.assertEqual(moderators.permissions.count(), 0)
        self.assertTrue(Group.objects.filter(name=TRANSLATORS).exists())


class AdminLanguageTests(ModerationTestCase):
    def test_the_names_of_apps_and_columns_can_be_translated(self) -> None:
        names = [apps.get_app_config(a) for a in ("accounts", "posts", "social")]
        user = SignUpRequest._meta.get_field("user")
        for text in (*(app.verbose_name for app in names), user.verbose_name):
            self.assertIsInstance(text, Promise)
        self.assertContains(self.client.get("/admin/"), "People and accounts")
