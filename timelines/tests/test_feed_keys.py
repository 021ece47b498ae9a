"""Secret feed URLs: feed readers without cookies get what their owner can read."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from io import StringIO
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import urlsplit

from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client, override_settings
from gunicorn.config import Config

from accounts.feed_keys import feed_key, renew_feed_key, user_with_key
from accounts.models import User
from accounts.services import change_nickname
from accounts.tests.factories import PASSWORD, create_user, reauthenticate
from core.gunicorn_logs import RedactingLogger
from moderation.services import reinstate_user, suspend_user
from posts.tests.factories import create_post
from social.tests.factories import follow
from timelines.tests.test_feeds import FEEDS, FeedTestCase

PAGES = ("/", "/explore", "/user/susan", "/user/john", "/preferences", "/feeds")


@override_settings(
    PUBLIC_READING=False,
    SITE_URL="https://blog.example",
    EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
)
class FeedKeyTests(FeedTestCase):
    def setUp(self) -> None:
        cache.clear()
        self.client.force_login(self.susan)
        reauthenticate(self.client)
        self.reader = self.client
        self.client = Client()  # a feed reader, without cookies

    def addresses(self) -> list[str]:
        """Return the feed URLs on the page, without scheme and host."""
        page = self.reader.get("/feeds").text
        return re.findall(r"https://blog\.example(/\S+\?key=[\w-]+)", unescape(page))

    def make(self) -> list[str]:
        self.assertRedirects(self.reader.post("/feeds"), "/feeds")
        return self.addresses()

    @property
    def key(self) -> str:
        return self.addresses()[0].partition("?")[2]

    def test_nobody_has_one_before_asking_for_it(self) -> None:
        self.assertEqual(self.addresses(), [])
        for page in PAGES:
            shown = self.reader.get(page)
            self.assertNotContains(shown, "application/atom+xml")
            self.assertNotContains(shown, ".atom")

    def test_making_one_asks_for_the_password_and_removing_one_does_not(self) -> None:
        home, _explore = self.make()
        self.reader = Client()
        self.reader.force_login(self.susan)
        response = self.reader.post("/feeds")
        self.assertTrue(response["Location"].startswith("/account/reauthenticate/"))
        self.assertEqual(self.addresses()[0], home)
        self.reader.post("/feeds", {"remove": ""})
        self.assertEqual(self.addresses(), [])

    def test_a_new_password_replaces_the_key(self) -> None:
        home, _explore = self.make()
        new = "another good phrase 7"
        data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        self.reader.post("/account/password/change/", data)
        self.assertNotEqual(self.client.get(home).status_code, 200)
        home, _explore = self.addresses()
        self.assertEqual(self.client.get(home).status_code, 200)
        boss = create_user("boss", is_staff=True, is_superuser=True)
        staff = Client()
        staff.force_login(boss)
        reauthenticate(staff)
        path = f"/admin/accounts/user/{self.susan.pk}/password/"
        passwords = {"password1": PASSWORD, "password2": PASSWORD}
        staff.post(path, passwords | {"usable_password": "true"})
        self.assertNotEqual(self.client.get(home).status_code, 200)

    def test_so_does_a_first_password(self) -> None:
        home, _explore = self.make()
        self.susan.set_unusable_password()
        self.susan.save()
        self.reader.force_login(self.susan)
        page = "/account/reauthenticate/code/"
        self.reader.post(page, {"send": ""})
        (code,) = re.findall(r"^\w+-\w+$", mail.outbox[-1].body, re.MULTILINE)
        self.reader.post(page, {"code": code})
        new = "another good phrase 7"
        passwords = {"password1": new, "password2": new}
        self.reader.post("/account/password/set/", passwords)
        self.susan.refresh_from_db()
        self.assertTrue(self.susan.check_password(new))
        self.assertEqual(self.client.get(home).status_code, 404)

    def test_so_does_a_link_for_a_forgotten_password(self) -> None:
        home, _explore = self.make()
        mail.outbox.clear()
        browser, new = Client(), "another good phrase 7"
        browser.post("/account/password/reset/", {"email": self.susan.email})
        (message,) = mail.outbox
        (link,) = re.findall(r"https://blog\.example(/\S+/reset/key/\S+)", message.body)
        form = browser.get(link)["Location"]
        browser.post(form, {"password1": new, "password2": new})
        self.susan.refresh_from_db()
        self.assertTrue(self.susan.check_password(new))
        self.assertEqual(self.client.get(home).status_code, 404)

    def test_every_way_to_another_password_replaces_the_key(self) -> None:
        def by_command() -> None:
            with patch("getpass.getpass", return_value="another good phrase 7"):
                call_command("changepassword", "susan", stdout=StringIO())

        def by_code() -> None:
            user = User.objects.get(pk=self.susan.pk)
            user.set_password("another good phrase 8")
            user.save(update_fields=["password"])

        def by_taking_it_away() -> None:
            user = User.objects.get(pk=self.susan.pk)
            user.set_unusable_password()
            user.save()

        for change in (by_command, by_code, by_taking_it_away):
            with self.subTest(change.__name__):
                renew_feed_key(self.susan)
                key = feed_key(self.susan)
                self.assertEqual(user_with_key(key), self.susan)
                change()
                self.assertIsNone(user_with_key(key))
                self.susan.refresh_from_db()
                self.assertEqual(user_with_key(feed_key(self.susan)), self.susan)

    def test_a_login_that_hashes_the_password_again_keeps_the_key(self) -> None:
        renew_feed_key(self.susan)
        key = feed_key(self.susan)
        before = User.objects.get(pk=self.susan.pk)
        better = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
        hashers = [better, *settings.PASSWORD_HASHERS]
        with override_settings(PASSWORD_HASHERS=hashers):
            self.assertTrue(before.check_password(PASSWORD))
        after = User.objects.get(pk=self.susan.pk)
        self.assertTrue(after.password.startswith("pbkdf2"))
        self.assertEqual(user_with_key(key), self.susan)

    def test_a_password_gives_nobody_a_key(self) -> None:
        new = "another good phrase 7"
        data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        self.reader.post("/account/password/change/", data)
        self.assertEqual(self.addresses(), [])

    def test_home_and_explore_without_cookies(self) -> None:
        follow(self.susan, self.john)
        home, explore = self.make()
        self.assertEqual([urlsplit(a).path for a in (home, explore)],
                         ["/home.atom", "/explore.atom"])  # fmt: skip
        create_post(create_user("mary"), "Not followed")
        self.assertEqual(len(self.entries(home)), 2)
        self.assertEqual(len(self.entries(explore)), 3)
        self.assertEqual(len(self.entries(f"/user/john/feed.atom?{self.key}")), 1)
        feed = self.document(home)
        self.assertEqual(self.link(feed, "self"), f"https://blog.example{home}")

    def test_pages_offer_the_readers_own_addresses_then(self) -> None:
        self.make()
        for page, path in (
            ("/", "/home.atom"),
            ("/explore", "/explore.atom"),
            ("/user/john", "/user/john/feed.atom"),
        ):
            shown = self.reader.get(page)
            self.assertContains(shown, f'href="{path}?{self.key}"')
            found = re.findall(r'href="(\S+\.atom\S*)"', shown.text)
            for address in found:
                self.assertEqual(self.client.get(address).status_code, 200)

    def test_a_former_nickname_redirects_with_the_key(self) -> None:
        john = User.objects.get(username="john")
        change_nickname(user=john, nickname="zoe")
        self.make()
        answer = Client().get(f"/user/john/feed.atom?{self.key}", follow=True)
        self.assertEqual(
            answer.redirect_chain[-1][0], f"/user/zoe/feed.atom?{self.key}"
        )
        self.assertEqual(answer["Content-Type"], "application/atom+xml; charset=utf-8")

    def test_without_a_key_a_login_is_asked_for(self) -> None:
        self.make()
        for path in (*FEEDS, "/home.atom"):
            answer = self.client.get(path)
            self.assertRedirects(answer, f"/account/login/?next={path}")
            self.assertEqual(self.reader.get(path).status_code, 200)

    def test_wrong_keys_are_not_found(self) -> None:
        self.make()
        pk, digest = self.key.removeprefix("key=").split("-")
        nobody = create_user("nobody")
        for key in (
            "", "x", "-", f"{pk}-", f"{pk}-{digest[:-1]}", f"{pk}-{digest}0",
            f"{self.john.pk}-{digest}", f"{nobody.pk}-", f"{2**70}-{digest}", "9" * 500,
            f"٣-{digest}", f"{pk}-{digest.upper()}", f"{pk}-é", f" {pk}-{digest}",
        ):  # fmt: skip
            for path in ("/home.atom", "/explore.atom"):
                answer = self.client.get(path, {"key": key})
                self.assertEqual(answer.status_code, 404, key)
                # Nor does it open them to a signed-in browser.
                self.assertEqual(self.reader.get(path, {"key": key}).status_code, 404)
            cache.clear()

    def test_a_new_one_ends_the_old_one_at_once(self) -> None:
        (old, _), (new, _) = self.make(), self.make()
        self.assertNotEqual(old, new)
        self.assertEqual(self.client.get(old).status_code, 404)
        self.assertEqual(self.client.get(new).status_code, 200)
        self.reader.post("/feeds", {"remove": "1"})
        self.assertEqual(self.client.get(new).status_code, 404)
        self.assertEqual(self.addresses(), [])
        self.assertEqual(self.reader.get("/feeds?renew=1").status_code, 200)
        self.assertEqual(self.addresses(), [], "Looking changes nothing.")

    def test_it_is_no_login(self) -> None:
        self.make()
        for path in (*PAGES, "/admin/", "/search?q=a", "/user/john/followers"):
            answer = self.client.get(path, {"key": self.key.removeprefix("key=")})
            self.assertEqual(answer.status_code, 302, path)
        answer = self.client.get(self.addresses()[0])
        self.assertNotIn("sessionid", answer.cookies)
        seen = User.objects.get(pk=self.susan.pk).last_seen
        self.client.get(self.addresses()[0])
        self.assertEqual(User.objects.get(pk=self.susan.pk).last_seen, seen)

    def test_ends_with_a_suspension(self) -> None:
        home, explore = self.make()
        staff = create_user("staff")
        suspend_user(user=self.susan, by=staff)
        for address in (home, explore):
            self.assertEqual(self.client.get(address).status_code, 404)
        reinstate_user(user=self.susan, by=staff)
        self.assertEqual(self.client.get(home).status_code, 200)
        User.objects.filter(pk=self.susan.pk).update(is_active=False)
        self.assertEqual(self.client.get(home).status_code, 404)

    def test_costs_three_queries_for_explore_and_writes_nothing(self) -> None:
        _, explore = self.make()
        with self.assertNumQueries(3) as queries:
            first = self.client.get(explore)
        self.assertTrue(all(q["sql"].startswith("SELECT") for q in queries))
        with self.assertNumQueries(3):
            again = self.client.get(explore, headers={"if-none-match": first["ETag"]})
        self.assertEqual(again.status_code, 304)

    def test_speaks_the_readers_language(self) -> None:
        _, explore = self.make()
        User.objects.filter(pk=self.susan.pk).update(language="es")
        self.assertContains(self.client.get(explore), "Los mensajes de todo el mundo")

    def test_the_access_log_names_the_feed_without_the_key(self) -> None:
        home, _ = self.make()
        wrong = "/explore.atom?key=1-of-somebody"
        for address in (home, wrong):
            given = {"RAW_URI": address, "REQUEST_URI": address}
            response = self.client.get(address, **given)
            environ = response.wsgi_request.META
            answer = SimpleNamespace(status="200 OK", headers=[], sent=1)
            logger = RedactingLogger(Config())
            parts = logger.atoms(answer, [], environ, timedelta())
            path, _, query = address.partition("?")
            self.assertEqual(parts["r"], f"GET {path}?******** HTTP/1.1")
            self.assertNotIn(query.removeprefix("key="), str(parts))

    def test_the_key_stays_secret(self) -> None:
        """No Referer, no shared cache, and neither stored nor logged."""
        home, _ = self.make()
        digest = self.key.partition("-")[2]
        self.assertGreaterEqual(len(digest) * 4, 128)
        answer = self.client.get(home)
        self.assertEqual(answer["Referrer-Policy"], "no-referrer")
        self.assertIn("private", answer["Cache-Control"])
        self.assertIn("no-store", self.reader.get("/feeds")["Cache-Control"])
        row = User.objects.filter(pk=self.susan.pk).values().get()
        self.assertNotIn(digest, str(row))
        wrong = self.key.removeprefix("key=")[:-1]
        with self.assertLogs("django.request", "WARNING") as logs:
            answer = self.client.get("/home.atom", {"key": wrong})
        self.assertNotIn(wrong, str(logs.output))
        self.assertNotIn(wrong, answer.text)
        self.assertNotIn(wrong, str(answer.wsgi_request.META))

    def test_guessing_is_bounded(self) -> None:
        home, _ = self.make()
        statuses = {
            self.client.get("/home.atom", {"key": f"{n}-x"}).status_code
            for n in range(40)
        }
        self.assertEqual(statuses, {404, 429})
        self.assertEqual(self.client.get(home).status_code, 200)

    def test_the_page_says_which_feeds_need_an_address_of_ones_own(self) -> None:
        public = "Everybody can read the feeds of Explore and of profiles."
        self.assertNotContains(self.reader.get("/feeds"), public)
        self.assertEqual(len(self.make()), 2)
        with self.settings(PUBLIC_READING=True):
            page = self.reader.get("/feeds")
            self.assertContains(page, public)
            self.assertNotContains(page, "without a login. It needs")
            self.assertContains(page, "https://blog.example/explore.atom<")
            self.assertEqual(len(self.addresses()), 1)
            self.assertEqual(self.client.get("/explore.atom").status_code, 200)

    @override_settings(PUBLIC_READING=True)
    def test_a_public_site_keeps_home_for_its_reader(self) -> None:
        self.assertEqual(self.client.get("/home.atom").status_code, 302)
        (home,) = self.make()
        self.assertEqual(self.client.get(home).status_code, 200)

    def test_a_copy_of_the_database_opens_nothing(self) -> None:
        self.make()
        self.susan.refresh_from_db()
        key = feed_key(self.susan)
        self.assertEqual(user_with_key(key), self.susan)
        with self.settings(SECRET_KEY="of another site" * 4):
            self.assertNotEqual(feed_key(self.susan), key)
            self.assertIsNone(user_with_key(key))

    def test_addresses_of_one_ipv6_network_count_as_one_client(self) -> None:
        statuses = [
            Client(REMOTE_ADDR=f"2001:db8:0:{number:x}::1")
            .get("/explore.atom?key=x")
            .status_code
            for number in range(32)
        ]
        self.assertEqual(statuses, [404] * 30 + [429] * 2)
