"""Buttons pressed after the session ended, or with a form from an earlier login."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from unittest.mock import patch

from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core import mail
from django.http import HttpResponse
from django.test import Client, TestCase, override_settings
from django.urls import URLResolver, get_resolver

from accounts.interruptions import (
    COOKIE,
    DRAFT_KEY,
    KEPT_SECONDS,
    OWNER_SECONDS,
    owner_token,
)
from accounts.tests.factories import PASSWORD, create_user
from core.testing import run_tasks
from posts.models import Post
from posts.tests.factories import create_post
from social.models import Follow


class InterruptionTestCase(TestCase):
    def setUp(self) -> None:
        self.susan, self.john = create_user("susan"), create_user("john")
        for user in (self.susan, self.john):
            EmailAddress.objects.create(
                user=user, email=user.email, verified=True, primary=True
            )
        self.client.force_login(self.susan)

    def fields(self, page: HttpResponse, action: str) -> dict[str, str]:
        """Return the hidden fields of the page's form with this ``action``."""
        text = page.content.decode()
        forms = re.findall(r"<form.*?</form>", text, re.DOTALL)
        [form] = [form for form in forms if f'action="{action}"' in form]
        inputs = re.findall(r'type="hidden" name="(\w+)"[^>]* value="([^"]*)"', form)
        return dict(inputs)

    def log_in(self, name: str, response: HttpResponse) -> HttpResponse:
        """Log in where ``response`` redirects to, like a browser."""
        self.assertEqual(response.status_code, 302)
        self.assertTrue(response["Location"].startswith("/account/login/?next="))
        login = self.client.get(response["Location"])
        target = re.search(r'name="next" value="([^"]*)"', login.content.decode())
        assert target
        return self.client.post(
            "/account/login/",
            {"login": name, "password": PASSWORD, "next": target[1]},
            follow=True,
        )


class EndedSessionTests(InterruptionTestCase):
    def press(self, path: str, page: str) -> HttpResponse:
        """Press a button on ``page`` after the session ended, then log in."""
        self.client.logout()
        response = self.client.post(
            path, headers={"referer": f"http://testserver{page}"}
        )
        return self.log_in("susan", response)

    def test_redirects_back_to_the_page_and_says_what_was_not_done(self) -> None:
        post = create_post(self.susan)
        create_post(self.john)
        Follow.objects.create(follower=self.susan, followed=self.john)
        for path, page, text in (
            ("/user/john/follow", "/explore", "nobody was followed"),
            ("/user/john/unfollow", "/user/john", "nobody was unfollowed"),
            (f"/post/{post.pk}/delete", "/?before=7", "the post was not deleted"),
            (f"/post/{post.pk}/translate", "/search?q=a", "was not translated"),
            ("/preferences", "/preferences", "nothing was changed"),
            ("/account/password/change/", "/account/password/change/", "nothing was"),
        ):
            with self.subTest(path):
                landed = self.press(path, page)
                self.assertEqual(landed.redirect_chain[-1][0], page)
                self.assertContains(landed, text)
                self.assertNotContains(self.client.get("/explore"), text)
        self.assertTrue(Post.objects.filter(pk=post.pk).exists())
        self.assertTrue(Follow.objects.exists())

    def test_never_redirects_to_an_address_that_only_takes_posts(self) -> None:
        post = create_post(self.john)
        page = f"/post/{post.pk}"
        # =
        landed = self.press("/user/john/follow", f"{page}/translate")
        self.assertEqual(landed.redirect_chain[-1][0], page)
        for elsewhere in ("https://evil.example/", "javascript:alert(1)", ""):
            self.client.logout()
            response = self.client.post(
                f"{page}/translate", headers={"referer": elsewhere}
            )
            landed = self.log_in("susan", response)
            self.assertEqual(landed.redirect_chain[-1][0], page)

    def test_a_link_to_a_button_redirects_to_its_page(self) -> None:
        self.client.logout()
        landed = self.log_in("susan", self.client.get("/user/john/follow"))
        self.assertEqual(landed.redirect_chain[-1], ("/user/john", 302))
        self.assertEqual(landed.status_code, 200)

    def test_htmx_redirects_back_to_the_page_too(self) -> None:
        self.client.logout()
        headers = {"hx-request": "true", "hx-current-url": "http://testserver/explore"}
        response = self.client.post("/post/1/translate", headers=headers)
        self.assertEqual(response.status_code, 401)
        self.assertEqual(response["HX-Redirect"], "/account/login/?next=/explore")

    def test_a_forged_notice_is_not_shown(self) -> None:
        self.client.logout()
        self.client.cookies["interrupted"] = "Send your password to evil.example"
        self.client.post("/account/login/", {"login": "susan", "password": PASSWORD})
        page = self.client.get("/")
        self.assertContains(page, "Hi, susan!")
        self.assertNotContains(page, "evil.example")

    def test_a_text_and_its_language_are_given_back(self) -> None:
        form = self.fields(self.client.get("/"), "/")
        self.client.logout()
        response = self.client.post(
            "/", {**form, "body": "Ein langer Satz", "language": "de"}
        )
        page = self.log_in("susan", response)
        self.assertContains(page, "your post was not sent")
        self.assertContains(page, "Ein langer Satz")
        self.assertContains(page, '<option value="de" selected')
        self.assertNotContains(self.client.get("/"), "Ein langer Satz")
        self.assertFalse(Post.objects.exists())

    def code_login(self) -> None:
        mail.outbox.clear()
        with override_settings(
            EMAIL_BACKEND="core.mail.QueuedEmailBackend",
            DELIVERY_EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        ):
            self.client.post("/account/login/code/", {"email": self.susan.email})
            run_tasks()
        code = re.search(r"^\w{3,5}-\w{3,5}$", str(mail.outbox[-1].body), re.MULTILINE)
        assert code
        self.client.post("/account/login/code/confirm/", {"code": code[0]})

    def password_login(self, **remember: str) -> None:
        form = {"login": "susan", "password": PASSWORD} | remember
        self.client.post("/account/login/", form)

    def test_a_kept_text_does_not_shorten_the_login(self) -> None:
        form = self.fields(self.client.get("/"), "/")
        ways: tuple[Callable[[], None], ...] = (
            lambda: self.client.force_login(self.susan),
            self.code_login,
            self.password_login,
            lambda: self.password_login(remember="on"),
        )
        for number, log_in in enumerate(ways):
            with self.subTest(number):
                self.client.logout()
                log_in()
                usual = self.client.session.get_expire_at_browser_close()
                self.client.logout()
                self.client.post("/", {**form, "body": "A longer thought"})
                self.assertEqual(self.client.session.get_expiry_age(), KEPT_SECONDS)
                log_in()
                session = self.client.session
                self.assertEqual(session["_auth_user_id"], str(self.susan.pk))
                self.assertGreater(session.get_expiry_age(), KEPT_SECONDS)
                self.assertEqual(session.get_expire_at_browser_close(), usual)
                self.assertContains(self.client.get("/"), "A longer thought")

    def test_a_text_is_given_back_to_its_writer_only(self) -> None:
        form = self.fields(self.client.get("/"), "/")
        self.client.logout()
        response = self.client.post("/", {**form, "body": "A secret thought"})
        page = self.log_in("john", response)
        self.assertContains(page, "Hi, john!")
        self.assertNotContains(page, "A secret thought")
        self.assertNotContains(page, "your post was not sent")
        self.client.force_login(self.susan)
        self.assertNotContains(self.client.get("/"), "A secret thought")

    def test_a_text_without_its_writer_is_not_kept(self) -> None:
        self.client.logout()
        for owner in ("", str(self.susan.pk), f"{self.susan.pk}:forged"):
            response = self.client.post("/", {"body": "Not mine", "owner": owner})
            self.assertNotIn("sessionid", response.cookies)
        self.assertNotContains(self.log_in("susan", response), "Not mine")

    def test_what_one_says_about_oneself_is_given_back(self) -> None:
        page = self.client.get("/edit")
        owner = re.search(r'name="owner" value="([^"]+)"', page.content.decode())
        assert owner
        self.client.logout()
        response = self.client.post(
            "/edit",
            {"owner": owner[1], "username": "susan", "about_me": "I like <tea>"},
        )
        self.client.cookies.pop("interrupted")
        landed = self.log_in("susan", self.client.get("/edit"))
        self.assertEqual(response.status_code, 302)
        self.assertContains(landed, "I like &lt;tea&gt;")

    def test_the_notice_ends_after_an_hour(self) -> None:
        self.client.logout()
        response = self.client.post("/user/john/follow")
        cookie = response.cookies[COOKIE]
        self.assertTrue(cookie["httponly"])
        self.assertEqual(cookie["samesite"], "Lax")
        self.assertEqual(cookie["max-age"], KEPT_SECONDS)
        later = time.time() + KEPT_SECONDS + 5
        with patch("django.core.signing.time.time", return_value=later):
            page = self.log_in("susan", response)
        self.assertIn("_auth_user_id", self.client.session)
        self.assertNotContains(page, "nobody was followed")

    def test_the_text_of_an_ended_session_ends_after_an_hour(self) -> None:
        form = self.fields(self.client.get("/"), "/")
        self.client.logout()
        self.client.post("/", {**form, "body": "A thought"})
        self.assertIn(DRAFT_KEY, self.client.session)
        self.assertLessEqual(self.client.session.get_expiry_age(), KEPT_SECONDS)

    def test_a_text_waits_for_its_own_page(self) -> None:
        page = self.client.get("/edit")
        owner = re.search(r'name="owner" value="([^"]+)"', page.content.decode())
        assert owner
        form = {"owner": owner[1], "username": "susan", "about_me": "I like tea"}
        self.client.logout()
        self.client.post("/edit", form)
        self.client.post("/account/login/", {"login": "susan", "password": PASSWORD})
        self.assertNotContains(self.client.get("/"), "I like tea")
        self.assertContains(self.client.get("/edit"), "I like tea")


class OldTokenTests(InterruptionTestCase):
    """A form opened before a login in another tab has an old token."""

    def setUp(self) -> None:
        super().setUp()
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(self.susan)
        self.form = self.fields(self.client.get("/"), "/")
        self.client.cookies.pop("csrftoken")
        self.client.get("/")

    def test_says_what_to_do_and_redirects_back(self) -> None:
        response = self.client.post(
            "/user/john/follow",
            {"csrfmiddlewaretoken": self.form["csrfmiddlewaretoken"]},
            headers={"referer": "http://testserver/user/john"},
        )
        self.assertContains(response, "nothing was done", status_code=403)
        self.assertContains(response, "Please send it again</h1>", status_code=403)
        self.assertNotContains(response, "You may not do this", status_code=403)
        self.assertContains(response, 'href="/user/john"', status_code=403)
        self.assertFalse(Follow.objects.exists())

    def test_htmx_says_it_beside_the_button(self) -> None:
        response = self.client.post(
            f"/post/{create_post(self.john, language='de').pk}/translate",
            {"csrfmiddlewaretoken": self.form["csrfmiddlewaretoken"]},
            headers={
                "hx-request": "true",
                "hx-current-url": "http://testserver/explore",
            },
        )
        self.assertContains(response, "nothing was done", status_code=403)
        self.assertContains(response, 'href="/explore"', status_code=403)
        self.assertNotContains(response, "<html", status_code=403)

    def test_keeps_the_text(self) -> None:
        response = self.client.post(
            "/", {**self.form, "body": "Kept", "language": "fr"}
        )
        self.assertContains(response, "Your text is kept", status_code=403)
        self.assertFalse(Post.objects.exists())
        page = self.client.get("/")
        self.assertContains(page, "Kept")
        self.assertContains(page, '<option value="fr" selected')

    def test_a_kept_nickname_is_checked_like_any_other(self) -> None:
        fields = {"owner": self.form["owner"], "username": "admin", "about_me": "Hello"}
        self.client.post("/edit", fields)
        token = {
            "csrfmiddlewaretoken": self.fields(self.client.get("/"), "/")[
                "csrfmiddlewaretoken"
            ]
        }
        response = self.client.post("/edit", fields | token)
        self.assertEqual(response.status_code, 422)
        self.client.post("/edit", fields | token | {"username": "susan"})
        self.susan.refresh_from_db()
        self.assertEqual((self.susan.username, self.susan.about_me), ("susan", "Hello"))

    def test_keeps_no_text_of_another_site(self) -> None:
        response = self.client.post("/", {"body": "Buy at evil.example"})
        self.assertEqual(response.status_code, 403)
        self.assertNotContains(self.client.get("/"), "evil.example")

    def test_a_form_of_another_site_ends_no_session(self) -> None:
        """It comes without the session's cookie, and must get none in its place."""
        paths = {re.sub(r"<int:\w+>", "1", path) for path in self.simple_routes()}
        self.assertGreater(len(paths), 40)
        before = set(Session.objects.values_list("pk", flat=True))
        evil = {"body": "x", "about_me": "x", "owner": owner_token(self.john)}
        stale = "abcdefghijklmnopqrstuvwxyz012345"
        requests = [(path, "") for path in sorted(paths | {"/nowhere"})]
        for path, key in (*requests, ("/", stale), ("/edit", stale)):
            stranger = Client(enforce_csrf_checks=True)
            if key:
                stranger.cookies["sessionid"] = key
            cookie = stranger.post(path, evil).cookies.get("sessionid")
            self.assertFalse(cookie and cookie.value, path)
        self.assertEqual(set(Session.objects.values_list("pk", flat=True)), before)

    def simple_routes(self) -> set[str]:
        """Return the addresses of all views that need nothing but numbers."""
        found, waiting = set(), [("/", get_resolver())]
        while waiting:
            before, resolver = waiting.pop()
            for pattern in resolver.url_patterns:
                path = before + str(pattern.pattern).strip("^$")
                if isinstance(pattern, URLResolver):
                    waiting.append((path, pattern))
                elif not re.search(r"[(\\]|<(?!int:)", path):
                    found.add(path)
        return found

    def test_a_form_of_the_day_before_yesterday_is_not_kept(self) -> None:
        form = {**self.form, "body": "An old thought"}
        for seconds, kept in ((OWNER_SECONDS - 60, True), (OWNER_SECONDS + 60, False)):
            later = time.time() + seconds
            with patch("django.core.signing.time.time", return_value=later):
                self.client.post("/", form)
            shown = b"An old thought" in self.client.get("/").content
            self.assertEqual(shown, kept)

    def test_the_text_is_not_for_whoever_logged_in_meanwhile(self) -> None:
        self.client.force_login(self.john)
        response = self.client.post("/", {**self.form, "body": "A secret thought"})
        self.assertContains(response, "Somebody else has logged in", status_code=403)
        self.assertNotContains(response, "is kept", status_code=403)
        page = self.client.get("/")
        self.assertContains(page, "Hi, john!")
        self.assertNotContains(page, "A secret thought")
        self.client.force_login(self.susan)
        self.assertNotContains(self.client.get("/"), "A secret thought")


class LanguageFormTests(InterruptionTestCase):
    def test_redirects_to_a_page_from_one_reached_by_post(self) -> None:
        post = create_post(self.john, language="de")
        path = f"/post/{post.pk}/translate"
        page = self.client.post(path)
        form = self.fields(page, "/language")
        response = self.client.post("/language", {**form, "language": "es"})
        self.assertRedirects(response, f"/post/{post.pk}")
        response = self.client.post("/language", {"next": path, "language": "es"})
        self.assertRedirects(response, f"/post/{post.pk}")

    def change_language(self, page: HttpResponse, typed: dict[str, str]) -> str:
        """Press the footer's button as a browser does; return where it leads."""
        html = page.content.decode()
        [button] = re.findall(r"<button[^>]*formaction=[^>]*>", html)
        [name] = re.findall(r' form="(\w+)"', button)
        [address] = re.findall(r'formaction="([^"]+)"', button)
        [form] = re.findall(rf'<form[^>]* id="{name}".*?</form>', html, re.DOTALL)
        outside = re.findall(rf'<input[^>]* form="{name}"[^>]*>', html)
        hidden = re.findall(
            r'type="hidden" name="(\w+)" value="([^"]*)"', form + "".join(outside)
        )
        [select] = re.findall(rf'<select[^>]* name="(\w+)" form="{name}"', html)
        fields = dict(hidden) | typed | {select: "es"}
        response = self.client.post(address, fields)
        self.assertEqual(response.status_code, 302)
        return str(response["Location"])

    def test_what_was_typed_stays(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(self.susan)
        post = {"body": "A <long> thought", "language": "de"}
        about = {"username": "susan.b", "about_me": "I like <tea>"}
        for path, typed, shown in (
            ("/?before=7", post, "A &lt;long&gt; thought"),
            ("/edit", about, "I like &lt;tea&gt;"),
        ):
            target = self.change_language(self.client.get(path), typed)
            self.assertEqual(target, path)
            page = self.client.get(target)
            self.assertContains(page, '<html lang="es"')
            self.assertContains(page, shown)
            self.assertNotContains(self.client.get(target), shown)
        self.assertEqual(Post.objects.count(), 0)

    def test_what_was_refused_stays(self) -> None:
        post = {"body": "x" * 141, "language": "de"}
        page = self.client.post("/", post)
        target = self.change_language(page, post)
        page = self.client.get(target)
        self.assertContains(page, "x" * 141)
        self.assertContains(page, '<option value="de" selected')
        about = {"username": "admin", "about_me": "I like tea"}
        target = self.change_language(self.client.post("/edit", about), about)
        self.assertContains(self.client.get(target), "I like tea")

    def test_what_a_visitor_typed_stays(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        typed = {
            "email": "new@example.com",
            "username": "new.one",
            "password1": "a long secret word",
            "password2": "a long secret word",
            "reason": "I like tea",
        }
        with self.settings(SIGNUPS="approval"):
            page = self.client.get("/account/signup/?next=/explore")
            target = self.change_language(page, typed)
            self.assertEqual(target, "/account/signup/?next=/explore")
            page = self.client.get(target)
        for text in ("new@example.com", "new.one", "I like tea"):
            self.assertContains(page, text)
        self.assertNotContains(page, "secret")
        self.assertNotIn("secret", str(dict(self.client.session)))
        self.change_language(page, typed)
        self.assertIn(DRAFT_KEY, self.client.session)
        self.client.force_login(self.susan)
        self.assertNotIn(DRAFT_KEY, self.client.session)

    def test_a_text_stays_though_the_session_has_ended(self) -> None:
        page = self.client.get("/")
        self.client.logout()
        target = self.change_language(page, {"body": "A secret thought"})
        self.client.get(target)
        landed = self.log_in("susan", self.client.get(target))
        self.assertContains(landed, "A secret thought")

    def test_a_text_with_an_old_token_stays_on_its_page(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(self.susan)
        self.client.get("/")
        old = {"site_page": "/edit", "site_language": "es", "about_me": "I like tea"}
        owner = {"owner": owner_token(self.susan)}
        response = self.client.post("/language", old | owner)
        self.assertContains(response, "Your text is kept", status_code=403)
        self.assertContains(self.client.get("/edit"), "I like tea")
        for page in ("https://evil.example/edit", "http://[", "//[", "nonsense"):
            response = self.client.post("/language", old | owner | {"site_page": page})
            self.assertEqual(response.status_code, 403)

    def test_my_browsers_language_means_it(self) -> None:
        self.client.post("/language", {"language": "es", "next": "/"})
        spanish = self.client.get("/preferences", headers={"accept-language": "en"})
        self.assertContains(spanish, 'lang="es"')
        self.client.post("/preferences", {"language": "", "time_zone": ""})
        page = self.client.get("/preferences", headers={"accept-language": "en"})
        self.assertContains(page, '<html lang="en"')
        self.client.logout()
        page = self.client.get("/account/login/", headers={"accept-language": "en"})
        self.assertContains(page, '<html lang="en"')
