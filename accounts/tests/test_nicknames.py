"""Which nicknames are allowed, and what a change of nickname leaves behind."""

from datetime import timedelta
from io import StringIO
from typing import Any

from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client, TestCase, override_settings
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as GeneratedTestCase

from accounts.forms import ProfileForm
from accounts.models import FormerNickname, User
from accounts.nicknames import unique_nickname
from accounts.reserved_nicknames import is_reserved
from accounts.services import MAX_FORMER_NICKNAMES, change_nickname
from accounts.skeletons import skeleton
from accounts.tests.factories import PASSWORD, create_user, reauthenticate
from moderation.services import replace_nickname, suspend_user
from posts.tests.factories import create_post

CHANGELIST = "/admin/accounts/user/"
LETTERS = "abilmnorI10O._rnRNxz59"


class NicknameTestCase(TestCase):
    def setUp(self) -> None:
        cache.clear()

    def sign_up(self, nickname: str) -> Any:
        """Return the errors of the nickname's field, or None."""
        cache.clear()
        response = Client().post(
            "/account/signup/",
            {
                "username": nickname,
                "email": "new@example.com",
                "password1": PASSWORD,
                "password2": PASSWORD,
            },
        )
        if response.status_code == 302:
            User.objects.get(email="new@example.com").delete()
            return None
        return str(response.context["form"].errors["username"])

    def edit(self, user: User, nickname: str) -> Any:
        """Return the errors of the nickname's field, or None."""
        client = Client()
        client.force_login(user)
        response = client.post("/edit", {"username": nickname, "about_me": ""})
        if response.status_code == 302:
            return None
        return str(response.context["form"].errors["username"])

    def rename(self, user: User, *nicknames: str) -> None:
        for nickname in nicknames:
            self.assertIsNone(self.edit(user, nickname), nickname)


class SkeletonTests(NicknameTestCase):
    def test_look_alikes_cannot_be_had(self) -> None:
        alice, bob = create_user("alice"), create_user("bob")
        susan = create_user("susan")
        for nickname in ("a1ice", "aIice", "AL1CE", "al_ice", "b0b", "bob.", "b.o.b"):
            for errors in (self.sign_up(nickname), self.edit(susan, nickname)):
                self.assertIn("looks too much like", errors, nickname)
        self.assertIsNone(self.edit(alice, "A.lice"))
        self.assertIsNone(self.edit(bob, "b_o_b"))

    def test_names_that_differ_can_be_had(self) -> None:
        create_user("john")
        create_user("bar")
        for nickname in ("john2", "johnny", "jon", "john20", "ban", "barn"):
            self.assertIsNone(self.sign_up(nickname), nickname)

    def test_the_database_refuses_them_however_they_are_written(self) -> None:
        alice, other = create_user("alice"), create_user("other")
        writes = (
            lambda: User.objects.bulk_create([User(username="a1ice", email="x@x.xx")]),
            lambda: User.objects.filter(pk=other.pk).update(username="al.ice"),
            lambda: create_user("aIice"),
        )
        for write in writes:
            with self.assertRaises(IntegrityError), transaction.atomic():
                write()
        self.assertEqual(User.objects.get(skeleton=skeleton("ALICE")), alice)

    def test_admins_read_it_beside_the_field(self) -> None:
        create_user("alice")
        boss = create_user("boss", is_staff=True, is_superuser=True)
        self.client.force_login(boss)
        reauthenticate(self.client)
        data = {"username": "a1ice", "email": "n@example.com", "password1": PASSWORD,
                "password2": PASSWORD, "usable_password": "true"}  # fmt: skip
        response = self.client.post(f"{CHANGELIST}add/", data)
        self.assertContains(response, "looks too much like")
        self.client.post(f"{CHANGELIST}add/", data | {"username": "admin"})
        self.assertTrue(User.objects.filter(username="admin").exists())

    def sign_up_against(self, rival: User) -> Any:
        """Sign up as carol; ``rival`` is stored after the form has been validated."""
        seen: set[str] = set()

        def store(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
            if sql.startswith("SELECT") and skeleton("carol") in (params or ()):
                seen.add("looked")
            elif seen == {"looked"} and sql.startswith("SAVEPOINT"):
                seen.add("stored")
                rival.save()
            return execute(sql, params, *rest)

        data = {"username": "carol", "email": "carol@example.com",
                "password1": PASSWORD, "password2": PASSWORD}  # fmt: skip
        with connection.execute_wrapper(store):
            response = Client().post("/account/signup/", data, follow=True)
        self.assertIn("stored", seen)
        self.assertFalse(User.objects.filter(username="carol").exists())
        return response

    def test_two_who_sign_up_at_once(self) -> None:
        response = self.sign_up_against(User(username="caro1"))
        self.assertContains(response, "already in use", status_code=422)
        self.assertContains(response, 'value="carol"', status_code=422)
        cache.clear()
        response = self.sign_up_against(User(username="x", email="carol@example.com"))
        self.assertContains(response, "carol@example.com")

    def test_each_pair_of_look_alikes(self) -> None:
        for one, other in (
            ("modern", "modem"),
            ("c0rn", "com"),
            ("MODERN", "m.odem"),
            ("i", "L"),
            ("1", "i"),
            ("0", "O"),
        ):
            self.assertEqual(skeleton(one), skeleton(other), one)
        for one, other in (("vv", "w"), ("nr", "m"), ("a", "b")):
            self.assertNotEqual(skeleton(one), skeleton(other), one)


class SameSkeletonTests(GeneratedTestCase):
    @settings(max_examples=50, deadline=None)
    @given(name=st.text(LETTERS, min_size=1, max_size=64))
    def test_the_database_and_we_say_the_same(self, name: str) -> None:
        user = User.objects.create(username=name, email="x@example.com")
        stored = User.objects.values_list("skeleton", flat=True).get(pk=user.pk)
        self.assertEqual(stored, skeleton(name))
        user.delete()


class ReservedTests(NicknameTestCase):
    def test_nobody_chooses_a_reserved_name(self) -> None:
        susan = create_user("susan")
        for nickname in (
            "admin", "ADMIN", "adm1n", "ad.min", "root", "r00t", "moderator", "support",
            "system", "microblog", "Micro_Blog", "explore", "index", "user", "post",
            "avatar", "edit", "preferences", "language", "search", "account", "rosetta",
            "healthz", "readyz", "static", "robots.txt", "favicon.ico", "explore.atom",
        ):  # fmt: skip
            self.assertTrue(is_reserved(nickname), nickname)
        for nickname in ("admin", "r00t", "Micro_Blog", "explore"):
            for errors in (self.sign_up(nickname), self.edit(susan, nickname)):
                self.assertIn("reserved", str(errors), nickname)
        for nickname in ("admiral", "ali", "rooter", "user7", "searcher"):
            self.assertIsNone(self.sign_up(nickname), nickname)

    def test_settings_add_more(self) -> None:
        self.assertFalse(is_reserved("press"))
        with override_settings(RESERVED_NICKNAMES=["Press"], SITE_NAME="Il Blog!"):
            self.assertTrue(is_reserved("press"))
            self.assertTrue(is_reserved("il_blog"))

    def test_the_name_of_the_site_is_reserved_without_its_accents(self) -> None:
        for site, nickname in (
            ("Café Müller", "cafemuller"),
            ("Cafe\u0301 MÜLLER", "Cafe_Mu11er"),
            ("Straße", "strasse"),
            ("Đð Ħıİ Łŋ ØŦ", "dd.hii.ln.ot"),
            ("ÆrŒÞ", "aeroeth"),
            ("\uff22log", "blog"),
        ):
            with self.subTest(site), override_settings(SITE_NAME=site):
                self.assertIn("reserved", str(self.sign_up(nickname)))
        with override_settings(SITE_NAME="\u043c\u0438\u0440"):  # no Latin letter
            self.assertIsNone(self.sign_up("mir"))

    def test_who_has_one_keeps_it(self) -> None:
        call_command("createsuperuser", username="admin", email="a@example.com",
                     interactive=False, stdout=StringIO())  # fmt: skip
        admin = User.objects.get(username="admin")
        self.assertIsNone(self.edit(admin, "admin"))
        self.assertIsNone(self.edit(admin, "Admin"))
        self.assertIn("reserved", self.edit(create_user("susan"), "adm1n"))
        with self.assertRaisesMessage(CommandError, "looks too much like"):
            call_command("createsuperuser", username="Adm1n", email="b@example.com",
                         interactive=False)  # fmt: skip

    def test_users_from_other_sites_get_the_next_free_name(self) -> None:
        create_user("j.ohn")
        self.rename(create_user("john2"), "somebody_else")
        wishes = {"admin": "admin2", "John": "John3", "user": "user2", "bo": "bo"}
        for wish, nickname in wishes.items():
            self.assertEqual(unique_nickname(wish), nickname)

    def test_a_popular_name_costs_few_queries(self) -> None:
        User.objects.bulk_create(
            User(username=f"john{number or ''}", email=f"{number}@example.com")
            for number in range(300)
        )
        with self.assertNumQueries(4):
            nickname = unique_nickname("john")
        self.assertRegex(nickname, r"^john\d{4}$")


@override_settings(PUBLIC_READING=True)
class FormerNicknameTests(NicknameTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.susan = create_user("susan")
        self.john = create_user("john")
        EmailAddress.objects.create(
            user=self.susan, email=self.susan.email, verified=True, primary=True
        )

    def logs_in(self, name: str) -> bool:
        client = Client()
        data = {"login": name, "password": PASSWORD}
        client.post("/account/login/", data)
        return client.session.get("_auth_user_id") == str(self.susan.pk)

    def test_the_page_says_so_before(self) -> None:
        self.client.force_login(self.susan)
        sentence = "nobody else can take it for %d day"
        self.assertContains(self.client.get("/edit"), sentence % 90)
        with self.settings(NICKNAME_HOLD_DAYS=1):
            self.assertContains(self.client.get("/edit"), f"{sentence % 1}.")

    def test_old_addresses_redirect_to_the_new_one(self) -> None:
        create_post(self.susan, "Hello")
        self.rename(self.susan, "Sue")
        for page in ("", "/followers", "/following", "/card", "/feed.atom"):
            for old in ("susan", "SUSAN"):
                response = self.client.get(f"/user/{old}{page}?before=9&x=%C3%A9")
                self.assertRedirects(
                    response, f"/user/Sue{page}?before=9&x=%C3%A9", 302
                )
        with self.assertNumQueries(2):
            self.client.get("/user/Sue")
        self.assertEqual(self.client.get("/user/nobody").status_code, 404)

    def test_a_form_of_an_old_page_still_works(self) -> None:
        self.rename(self.susan, "sue")
        self.client.force_login(self.john)
        response = self.client.post("/user/susan/follow", follow=True)
        self.assertContains(response, "You are now following sue!")

    def test_a_chain_of_names_and_the_way_back(self) -> None:
        self.rename(self.susan, "sue", "suzy", "sue")
        for old in ("susan", "suzy"):
            self.assertRedirects(self.client.get(f"/user/{old}"), "/user/sue")
        self.assertEqual(self.client.get("/user/sue").status_code, 200)
        self.rename(self.susan, "susan")
        self.assertRedirects(self.client.get("/user/sue"), "/user/susan")
        self.assertEqual(FormerNickname.objects.count(), 2)

    def test_signing_in_by_the_old_name(self) -> None:
        self.rename(self.susan, "sue", "suzy")
        for name in ("susan", "SUSAN", "sue", "suzy", "susan@example.com"):
            self.assertTrue(self.logs_in(name), name)
        self.assertFalse(self.logs_in("sus.an"))

    def test_wrong_passwords_count_for_all_names_together(self) -> None:
        self.rename(self.susan, "sue")
        for name in ("susan", "sue", "susan", "sue", "susan"):
            Client().post("/account/login/", {"login": name, "password": "wrong"})
        self.assertFalse(self.logs_in("sue"))
        self.assertFalse(self.logs_in("susan"))

    def test_nobody_else_can_take_it_for_a_while(self) -> None:
        self.rename(self.susan, "sue")
        for nickname in ("susan", "SUSAN", "su.san"):
            for errors in (self.sign_up(nickname), self.edit(self.john, nickname)):
                self.assertIn("somebody else", str(errors), nickname)
        self.assertEqual(unique_nickname("susan"), "susan2")
        with self.assertRaises(ValidationError):
            change_nickname(user=self.john, nickname="susan")
        self.assertEqual(User.objects.get(pk=self.john.pk).username, "john")
        self.assertIsNone(self.edit(self.susan, "susan"))

    def test_after_that_it_redirects_to_its_new_owner(self) -> None:
        self.rename(self.susan, "sue")
        past = timezone.now() - timedelta(seconds=1)
        FormerNickname.objects.update(until=past)
        self.assertRedirects(self.client.get("/user/susan"), "/user/sue")
        self.rename(self.john, "susan")
        self.assertEqual(self.client.get("/user/susan").status_code, 200)
        self.assertFalse(self.logs_in("susan"))
        self.assertRedirects(self.client.get("/user/john"), "/user/susan")
        self.rename(self.john, "jack")
        self.assertRedirects(self.client.get("/user/susan"), "/user/jack")

    def test_nobody_holds_many_names(self) -> None:
        names = [f"{letter}x" for letter in "abcdefgh"]
        self.rename(self.susan, *names[:MAX_FORMER_NICKNAMES])
        self.assertIn("changed your nickname often", self.edit(self.susan, "zz"))
        self.assertEqual(
            User.objects.get(pk=self.susan.pk).username, names[MAX_FORMER_NICKNAMES - 1]
        )
        self.rename(self.susan, "ax", "Ax")
        FormerNickname.objects.update(until=timezone.now())
        self.rename(self.susan, *names[5:])
        self.assertEqual(FormerNickname.objects.count(), MAX_FORMER_NICKNAMES)

    def test_suspended_and_deleted_users(self) -> None:
        self.rename(self.susan, "sue")
        boss = create_user("boss")
        suspend_user(user=self.susan, by=boss)
        self.assertEqual(self.client.get("/user/susan").status_code, 404)
        self.assertFalse(self.logs_in("susan"))
        self.susan.delete()
        self.assertIsNone(self.sign_up("susan"))

    def test_a_change_in_the_admin(self) -> None:
        boss = create_user("boss", is_staff=True, is_superuser=True)
        self.client.force_login(boss)
        reauthenticate(self.client)
        data = {"username": "root", "email": self.susan.email, "about_me": ""}
        self.client.post(f"{CHANGELIST}{self.susan.pk}/change/", data)
        self.assertRedirects(self.client.get("/user/susan"), "/user/root")
        self.assertTrue(self.logs_in("susan"))

    def test_a_name_that_was_taken_away_is_held_and_does_not_redirect(self) -> None:
        self.rename(self.susan, "bad.name")
        boss = create_user("boss", is_staff=True, is_superuser=True)
        replace_nickname(user=User.objects.get(pk=self.susan.pk), by=boss)
        new = User.objects.get(pk=self.susan.pk).username
        for old in ("susan", "bad.name"):
            self.assertEqual(self.client.get(f"/user/{old}").status_code, 404)
            self.assertIn("somebody else", str(self.edit(self.john, old)))
            self.assertTrue(self.logs_in(old), old)
        self.client.force_login(self.john)
        self.assertNotContains(self.client.get("/search?q=from:bad.name"), new)
        (sent,) = mail.outbox
        self.assertEqual(sent.to, [self.susan.email])
        self.assertIn(f"It is {new} now.", sent.body)

    def test_saving_the_form_writes_nothing_else(self) -> None:
        """A count that changed in the meantime is not reset."""
        user = User.objects.get(pk=self.susan.pk)
        User.objects.filter(pk=self.susan.pk).update(follower_count=4)
        form = ProfileForm({"username": "sue", "about_me": "Hi"}, instance=user)
        self.assertTrue(form.is_valid())
        self.assertTrue(form.save_or_explain())
        self.susan.refresh_from_db()
        self.assertEqual(
            (self.susan.username, self.susan.about_me, self.susan.follower_count),
            ("sue", "Hi", 4),
        )

    def test_visitors_learn_no_new_name_without_public_reading(self) -> None:
        self.rename(self.susan, "sue")
        with self.settings(PUBLIC_READING=False):
            response = self.client.get("/user/susan")
        self.assertTrue(response["Location"].startswith("/account/login/"))

    def test_a_change_in_the_admin_is_not_limited(self) -> None:
        self.rename(self.susan, *(f"{letter}x" for letter in "abcde"))
        self.assertEqual(FormerNickname.objects.count(), MAX_FORMER_NICKNAMES)
        boss = create_user("boss", is_staff=True, is_superuser=True)
        self.client.force_login(boss)
        reauthenticate(self.client)
        data = {"username": "root", "email": self.susan.email, "about_me": ""}
        self.client.post(f"{CHANGELIST}{self.susan.pk}/change/", data)
        self.susan.refresh_from_db()
        self.assertEqual(self.susan.username, "root")

    def test_nobody_ends_the_time_for_which_a_name_is_held(self) -> None:
        """However often the staff give the user another one."""
        boss = create_user("boss", is_staff=True, is_superuser=True)
        old = ["susan", *(f"{letter}x" for letter in "abcde")]
        self.rename(self.susan, *old[1:])
        self.client.force_login(boss)
        reauthenticate(self.client)
        for nickname in ("root", "root2"):
            data = {"username": nickname, "email": self.susan.email, "about_me": ""}
            self.client.post(f"{CHANGELIST}{self.susan.pk}/change/", data)
            self.assertEqual(User.objects.get(pk=self.susan.pk).username, nickname)
        for _ in range(2):
            replace_nickname(user=User.objects.get(pk=self.susan.pk), by=boss)
        for name in (*old, "root2"):
            self.assertIn("somebody else", str(self.edit(self.john, name)), name)
            self.assertTrue(self.logs_in(name), name)
        # What is no longer held makes room again.
        FormerNickname.objects.filter(name="susan").update(until=timezone.now())
        replace_nickname(user=User.objects.get(pk=self.susan.pk), by=boss)
        self.assertIsNone(self.edit(self.john, "susan"))
