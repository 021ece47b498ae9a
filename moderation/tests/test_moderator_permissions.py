"""What moderators can neither see nor change, and how an address changes."""

import re
import time
from unittest.mock import patch

from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.cache import cache
from django.test import Client, RequestFactory, TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.address_changes import (
    LINK_SECONDS,
    SALT,
    change_address,
    read_address_token,
)
from accounts.models import FormerNickname, Invitation, SignUpRequest, User
from accounts.tests.factories import PASSWORD, create_user, reauthenticate
from moderation.groups import MODERATORS
from posts.tests.factories import create_post
from social.models import Follow

PEOPLE = "/admin/accounts/user/"
ADDRESS = "very.private@mail.example"


class AdminTestCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.moderator = create_user("mod", is_staff=True)
        cls.moderator.groups.add(Group.objects.get(name=MODERATORS))
        cls.boss = create_user("boss", is_staff=True, is_superuser=True)
        cls.troll = create_user(
            "troll",
            email=ADDRESS,
            about_me="Buy pills",
            language="es",
            time_zone="Pacific/Chatham",
        )
        EmailAddress.objects.create(
            user=cls.troll, email=ADDRESS, verified=True, primary=True
        )
        cls.page = f"{PEOPLE}{cls.troll.pk}/change/"

    def setUp(self) -> None:
        cache.clear()

    def act(self, action: str, *users: User) -> object:
        keys = [user.pk for user in users]
        data = {"action": action, "_selected_action": keys}
        return self.client.post(PEOPLE, data, follow=True)


class ModeratorTests(AdminTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.moderator)

    def test_no_page_shows_address_language_or_time_zone(self) -> None:
        post = create_post(self.troll)
        for path in (
            PEOPLE,
            self.page,
            f"{PEOPLE}{self.troll.pk}/history/",
            "/admin/",
            "/admin/posts/post/",
            f"/admin/posts/post/{post.pk}/change/",
            f"/admin/posts/post/{post.pk}/delete/",
            "/admin/social/follow/",
        ):
            response = self.client.get(path)
            self.assertEqual(response.status_code, 200, path)
            for secret in (ADDRESS, "mail.example", "Chatham"):
                self.assertNotContains(response, secret, msg_prefix=path)
        self.assertNotContains(self.client.get(PEOPLE), "?language=")

    def test_no_question_reveals_an_address(self) -> None:
        everybody = User.objects.count()
        for query in ("q=very.private", f"q={ADDRESS}", "q=mail.example"):
            found = self.client.get(f"{PEOPLE}?{query}").context["cl"].result_count
            self.assertEqual(found, 0, query)
        for lookup in (
            "email=very.private%40mail.example",
            "email__startswith=very",
            "email__regex=^v",
            "language=es",
            "language__exact=es",
            "time_zone=Pacific%2FChatham",
            "password__startswith=md5",
            "last_login__isnull=1",
            "emailaddress__email__startswith=very",
            "groups__name=Moderators",
        ):
            response = self.client.get(f"{PEOPLE}?{lookup}", follow=True)
            if response.status_code == 200:
                found = response.context["cl"].result_count
                self.assertEqual(found, everybody, lookup)
            else:
                self.assertEqual(response.status_code, 400, lookup)
        for path, lookup in (
            ("/admin/posts/post/", "author__email__startswith=very"),
            ("/admin/social/follow/", "followed__email__startswith=very"),
        ):
            response = self.client.get(f"{path}?{lookup}")
            self.assertIn(response.status_code, (302, 400), path)

    def test_no_order_reveals_an_address(self) -> None:
        columns = self.client.get(PEOPLE).context["cl"].list_display
        self.assertNotIn("email", columns)
        for number in range(-12, 13):
            listed = self.client.get(f"{PEOPLE}?o={number}").context["cl"]
            self.assertNotIn("email", str(listed.queryset.query.order_by))

    def test_no_completion_reveals_an_address(self) -> None:
        for model, field in (("post", "author"), ("follow", "followed")):
            app = "posts" if model == "post" else "social"
            query = f"app_label={app}&model_name={model}&field_name={field}"
            path = f"/admin/autocomplete/?{query}&term=very.private"
            response = self.client.get(path)
            if response.status_code == 200:
                self.assertEqual(response.json()["results"], [])
            else:
                self.assertEqual(response.status_code, 403)

    def test_no_form_changes_anything(self) -> None:
        before = User.objects.filter(pk=self.troll.pk).values().get()
        changes = {
            "username": "mine", "email": "mod2@example.com", "about_me": "x",
            "language": "en", "time_zone": "UTC", "is_staff": "on",
        }  # fmt: skip
        self.assertEqual(self.client.post(self.page, changes).status_code, 403)
        page = self.client.get(self.page).content.decode().partition("<main")[2]
        self.assertNotIn('name="username"', page)
        for path in (
            f"{PEOPLE}add/",
            f"{PEOPLE}{self.troll.pk}/delete/",
            f"{PEOPLE}{self.troll.pk}/password/",
        ):
            self.assertEqual(self.client.get(path).status_code, 403, path)
            self.assertEqual(self.client.post(path, changes).status_code, 403, path)
        self.act("delete_selected", self.troll)
        self.assertEqual(User.objects.filter(pk=self.troll.pk).values().get(), before)

    def test_no_page_of_the_admin_has_a_form_for_a_row(self) -> None:
        """Rows are looked at, and changed by the actions of the lists only."""
        for user in (self.boss, self.moderator):
            Follow.objects.create(follower=self.troll, followed=user)
        rows = (
            SignUpRequest.objects.create(user=self.troll, reason="Please"),
            Invitation.objects.create(note="old", ends_at=timezone.now()),
            create_post(self.troll),
            Follow.objects.earliest("pk"),
            self.troll,
            Group.objects.get(name=MODERATORS),
        )
        models = {type(row) for row in rows}
        rights = Permission.objects.filter(
            content_type__in=ContentType.objects.get_for_models(
                *models - {Group}
            ).values()
        )
        for granted in ((), rights):
            self.moderator.user_permissions.set(granted)
            for row in rows:
                before = type(row).objects.filter(pk=row.pk).values().get()
                name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
                path = reverse(name, args=[row.pk])
                changed = dict.fromkeys(before, "1") | {"user": str(self.boss.pk)}
                page = self.client.get(path)
                self.assertIn(page.status_code, (200, 403), path)
                if page.status_code == 200:
                    self.assertNotContains(page, 'name="_save"', msg_prefix=path)
                sent = self.client.post(path, changed)
                self.assertEqual(sent.status_code, 403, path)
                after = type(row).objects.filter(pk=row.pk).values().get()
                self.assertEqual(before, after)

    def test_rights_of_a_group_change_nothing_of_that(self) -> None:
        """Whatever permissions the owner gives to groups."""
        rights = Permission.objects.filter(
            codename__in=("add_user", "change_user", "delete_user", "view_emailaddress")
        )
        self.moderator.user_permissions.set(rights)
        self.test_no_form_changes_anything()
        path = "/admin/account/emailaddress/"
        reauthenticate(self.client)
        self.assertEqual(self.client.get(path).status_code, 403)

    def test_replaces_a_nickname_by_a_neutral_one(self) -> None:
        response = self.act("replace_nicknames", self.troll, self.boss)
        self.assertContains(response, "1 nickname replaced.")
        self.assertContains(response, "Boss belongs to the staff")
        self.troll.refresh_from_db()
        self.assertRegex(self.troll.username, r"\Auser\d+\Z")
        self.boss.refresh_from_db()
        self.assertEqual(self.boss.username, "boss")
        history = self.client.get(f"{PEOPLE}{self.troll.pk}/history/")
        self.assertContains(history, "Replaced the nickname.")
        self.assertEqual(LogEntry.objects.get().user, self.moderator)
        self.assertEqual(
            self.client.get(self.troll.get_absolute_url()).status_code, 200
        )

    def test_empties_about_me(self) -> None:
        for count in ("1 text emptied.", "0 texts emptied."):
            response = self.act("empty_about_me", self.troll, self.boss)
            self.assertContains(response, count)
        self.troll.refresh_from_db()
        self.assertEqual(self.troll.about_me, "")

    def test_staff_without_the_group_do_neither(self) -> None:
        staff = create_user("clerk", is_staff=True)
        staff.user_permissions.add(Permission.objects.get(codename="view_user"))
        self.client.force_login(staff)
        for action in ("suspend", "replace_nicknames", "empty_about_me"):
            self.act(action, self.troll)
        self.troll.refresh_from_db()
        self.assertEqual(self.troll.username, "troll")
        self.assertEqual(self.troll.about_me, "Buy pills")
        self.assertFalse(self.troll.is_suspended)

    def test_users_with_either_right_are_left_alone(self) -> None:
        clerk = create_user("clerk", about_me="Hi", is_staff=True)
        chief = create_user("chief", about_me="Hi", is_superuser=True)
        for user, name in ((clerk, "clerk"), (chief, "chief")):
            for action in ("suspend", "replace_nicknames", "empty_about_me"):
                self.act(action, user)
                user.refresh_from_db()
                state = (user.username, user.about_me, user.is_suspended)
                self.assertEqual(state, (name, "Hi", False), action)

    def test_a_replaced_nickname_does_not_redirect(self) -> None:
        self.act("replace_nicknames", self.troll)
        self.assertFalse(FormerNickname.objects.filter(public=True).exists())
        self.assertEqual(self.client.get("/user/troll").status_code, 404)


class AddressTests(AdminTestCase):
    """A superuser requests a change, which the new address confirms."""

    new = "new.home@mail.example"

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.boss)
        reauthenticate(self.client)

    def ask(self, address: str) -> object:
        data = {
            "username": "troll", "email": address, "about_me": "",
            "language": "", "time_zone": "",
        }  # fmt: skip
        return self.client.post(self.page, data, follow=True)

    def address(self) -> str:
        return User.objects.get(pk=self.troll.pk).email

    def link(self) -> str:
        found = re.search(r"http://localhost:8000(/\S+)", str(mail.outbox[-1].body))
        assert found, mail.outbox[-1].body
        return found[1]

    def test_takes_effect_when_the_new_address_confirms(self) -> None:
        response = self.ask(self.new)
        # Not at the beginning, where the admin's template would make it "New@…".
        text = f"The address {self.new} takes effect when its owner has confirmed it."
        self.assertContains(response, text)
        self.assertEqual(self.address(), ADDRESS)
        self.assertEqual([m.to for m in mail.outbox], [[self.new]])
        reader, link = Client(), self.link()
        self.assertContains(reader.get(link), self.new)
        self.assertEqual(self.address(), ADDRESS)
        self.assertEqual(reader.post(link).status_code, 302)
        self.assertEqual(self.address(), self.new)
        rows = EmailAddress.objects.filter(user=self.troll)
        self.assertEqual(
            list(rows.values_list("email", "verified", "primary")),
            [(self.new, True, True)],
        )
        told = mail.outbox[-1]
        self.assertEqual(told.to, [ADDRESS])
        self.assertIn(self.new, str(told.body))
        login = {"login": self.new, "password": PASSWORD}
        reader.post("/account/login/", login)
        self.assertEqual(reader.session["_auth_user_id"], str(self.troll.pk))

    def test_a_link_works_once_and_not_for_another_change(self) -> None:
        self.ask(self.new)
        first = self.link()
        self.ask("third@mail.example")
        self.client.post(self.link())
        for method in (self.client.get, self.client.post):
            self.assertContains(method(first), "too old", status_code=404)
        self.assertEqual(self.address(), "third@mail.example")
        self.assertEqual(self.client.get(f"/account/address/{SALT}/").status_code, 404)

    def test_an_address_of_somebody_else_is_refused(self) -> None:
        other = create_user("other")
        EmailAddress.objects.create(user=other, email=self.new, verified=True)
        self.assertContains(self.ask(self.new), "already in use")
        self.assertContains(self.ask("other@example.com"), "already in use")
        self.assertEqual(mail.outbox, [])

    def test_one_taken_meanwhile_is_refused_at_the_link(self) -> None:
        self.ask(self.new)
        create_user("quick", email=self.new)
        self.assertEqual(self.client.post(self.link()).status_code, 404)
        self.assertEqual(self.address(), ADDRESS)

    def test_other_changes_need_no_mail(self) -> None:
        self.ask(ADDRESS)
        self.assertEqual(mail.outbox, [])
        self.troll.refresh_from_db()
        self.assertEqual(self.troll.about_me, "")

    def test_somebody_added_has_a_row_of_django_allauth(self) -> None:
        data = {
            "username": "fresh", "email": "Fresh@example.com",
            "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD,
        }  # fmt: skip
        self.client.post(f"{PEOPLE}add/", data)
        row = EmailAddress.objects.get(user__username="fresh")
        self.assertEqual((row.email, row.verified), ("fresh@example.com", False))

    def test_rows_of_django_allauth_are_changed_nowhere_else(self) -> None:
        row = EmailAddress.objects.get(user=self.troll)
        path = f"/admin/account/emailaddress/{row.pk}/change/"
        self.assertEqual(self.client.post(path, {"email": self.new}).status_code, 403)
        data = {"action": "make_verified", "_selected_action": [row.pk]}
        self.client.post("/admin/account/emailaddress/", data)
        row.refresh_from_db()
        self.assertEqual(row.email, ADDRESS)

    def test_nobody_reads_keys_of_sessions_and_secrets_of_factors(self) -> None:
        session = UserSession.objects.create(
            user=self.troll,
            session_key="key-of-it",
            ip="10.9.8.7",
            user_agent="Firefox",
        )
        factor = Authenticator.objects.create(
            user=self.troll, type="totp", data={"secret": "key-of-it"}
        )
        for path, row in (("usersessions/usersession", session),
                          ("mfa/authenticator", factor)):  # fmt: skip
            for page in (f"/admin/{path}/", f"/admin/{path}/{row.pk}/change/"):
                shown = self.client.get(page)
                self.assertContains(shown, "troll", msg_prefix=page)
                self.assertNotContains(shown, "key-of-it", msg_prefix=page)

    def test_a_link_ends_after_three_days(self) -> None:
        self.ask(self.new)
        link, end = self.link(), time.time() + LINK_SECONDS
        with patch("django.core.signing.time.time", return_value=end + 5):
            for method in (self.client.get, self.client.post):
                self.assertContains(method(link), "too old", status_code=404)
        self.assertEqual(self.address(), ADDRESS)
        with patch("django.core.signing.time.time", return_value=end - 60):
            self.assertEqual(self.client.get(link).status_code, 200)

    def confirm(self, link: str) -> str:
        """Press the button behind a link; return the user's address then."""
        Client().post(link)
        return self.address()

    def test_a_link_works_once_even_when_the_old_address_is_back(self) -> None:
        self.ask(self.new)
        first = self.link()
        self.assertEqual(self.confirm(first), self.new)
        self.ask(ADDRESS)
        self.assertEqual(self.confirm(first), self.new)
        self.assertEqual(self.confirm(self.link()), ADDRESS)
        self.assertEqual(self.confirm(first), ADDRESS)

    def test_another_address_or_the_present_one_ends_a_link(self) -> None:
        self.ask("mistake@mail.example")
        mistake = self.link()
        self.ask(self.new)
        self.assertEqual(self.confirm(mistake), ADDRESS)
        response = self.ask(ADDRESS)
        self.assertContains(response, "no longer works")
        self.assertEqual(self.confirm(self.link()), ADDRESS)

    def test_a_change_by_its_owner_ends_a_link(self) -> None:
        self.ask(self.new)
        link = self.link()
        for address in ("own@mail.example", ADDRESS):
            row, _made = EmailAddress.objects.get_or_create(
                user=self.troll, email=address, defaults={"verified": True}
            )
            with context.request_context(RequestFactory().get("/")):
                row.user.refresh_from_db()
                row.set_as_primary()
        self.assertEqual(self.confirm(link), ADDRESS)

    def test_one_of_two_who_press_at_once_changes_it(self) -> None:
        self.ask(self.new)
        change = read_address_token(self.link().split("/")[-2])
        assert change
        with context.request_context(RequestFactory().get("/")):
            told = [change_address(change=change) for _both in range(2)]
        self.assertEqual(told, [True, False])
        self.assertEqual([m.to for m in mail.outbox[1:]], [[ADDRESS]])
