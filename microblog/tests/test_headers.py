"""What every answer tells browsers and caches, and the flags of cookies."""

from django.http import HttpResponse
from django.test import Client, TestCase

from accounts.tests.factories import PASSWORD, create_user

POLICY = {
    "default-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "object-src": {"'none'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
    "form-action": {"'self'"},
}


def policy_of(response: HttpResponse) -> dict[str, set[str]]:
    """Return the directives of the Content-Security-Policy, with their sources."""
    parts = response["Content-Security-Policy"].split(";")
    words = [part.split() for part in parts if part.strip()]
    return {name: set(sources) for name, *sources in words}


class HeaderTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan")

    def answers(self) -> dict[str, HttpResponse]:
        """Return one answer of each kind: to visitors, readers, and errors."""
        reader, strict = Client(), Client(enforce_csrf_checks=True)
        reader.force_login(self.susan)
        strict.force_login(self.susan)
        return {
            "a page for visitors": self.client.get("/account/login/"),
            "a page for readers": reader.get("/"),
            "a fragment": reader.get("/user/susan/card"),
            "a redirect": self.client.get("/"),
            "a missing page": reader.get("/post/1"),
            "a refused form": self.client.post("/account/login/", {"login": "susan"}),
            "a form without its token": strict.post("/", {"body": "Hello"}),
        }

    def test_only_what_this_host_serves_is_loaded_and_nobody_frames_it(self) -> None:
        for kind, response in self.answers().items():
            with self.subTest(kind):
                self.assertEqual(policy_of(response), POLICY)
                self.assertEqual(response["X-Frame-Options"], "DENY")
                self.assertEqual(response["X-Content-Type-Options"], "nosniff")
                self.assertEqual(response["Referrer-Policy"], "same-origin")
                self.assertEqual(response["Cross-Origin-Opener-Policy"], "same-origin")

    def test_no_shared_cache_keeps_a_page_and_browsers_ask_again(self) -> None:
        for kind, response in self.answers().items():
            with self.subTest(kind):
                rules = set(response["Cache-Control"].split(", "))
                self.assertLessEqual({"private", "no-cache"}, rules)

    def test_a_form_without_its_token_does_nothing(self) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(self.susan)
        data = {"body": "Posted by another site"}
        self.assertEqual(strict.post("/", data).status_code, 403)
        self.assertFalse(self.susan.posts.exists())


class CookieTests(TestCase):
    def test_no_script_and_no_other_site_uses_a_session(self) -> None:
        create_user("susan")
        self.client.get("/account/login/")
        self.client.post("/account/login/", {"login": "susan", "password": PASSWORD})
        session, token = (self.client.cookies[n] for n in ("sessionid", "csrftoken"))
        self.assertTrue(session["httponly"])
        self.assertEqual((session["samesite"], token["samesite"]), ("Lax", "Lax"))
