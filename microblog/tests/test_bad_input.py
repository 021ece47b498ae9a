"""No value in a form, URL, cookie or header causes a 500."""

from typing import Any
from urllib.parse import quote

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.tests.factories import create_user
from posts.models import Post
from posts.tests.factories import create_post

NASTY = [
    "", " ", "\0", "\n\r\t", "\u202e", "\ufeff", "\u200b", "😀" * 50, "é" * 300,
    "../..", "%00", "%ff", "' OR 1=1 --", "<script>", "{{ 7*7 }}", "9" * 40, "-1",
    "0x1", "NaN", "null", "[]", "1e999", "٣٤", "a" * 5000, "\\", "//evil.example",
    "text:*", '"',
]  # fmt: skip
texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=200),
    st.text(alphabet=st.characters(categories=["Cc", "Cf", "Zs", "Mn", "So", "Lo"])),
)
quick = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

GET_PAGES = (
    "/", "/index", "/explore", "/user/susan", "/user/susan/followers", "/search",
    "/user/susan/following", "/user/susan/card", "/edit", "/preferences",
    "/explore.atom", "/user/susan/feed.atom", "/account/login/", "/account/signup/",
    "/account/email/", "/account/2fa/", "/account/sessions/",
    "/account/password/change/",
)  # fmt: skip
FORMS = {
    "/": ("body", "language", "submission"),
    "/edit": ("username", "about_me"),
    "/preferences": ("language", "time_zone"),
    "/language": ("language", "next"),
    "/user/john/follow": ("next",),
    "/user/john/unfollow": ("next",),
    "/account/email/": ("email", "action_add"),
    "/account/password/change/": ("oldpassword", "password1", "password2"),
    "/account/reauthenticate/": ("password", "next"),
    "/account/2fa/authenticate/": ("code",),
}
OPEN_FORMS = {
    "/account/login/": ("login", "password", "remember", "next"),
    "/account/signup/": ("username", "email", "password1", "password2", "next"),
    "/account/password/reset/": ("email",),
    "/language": ("language", "next"),
}
PARTS = ("/user/{}", "/user/{}/card", "/user/{}/followers", "/user/{}/feed.atom",
         "/post/{}", "/{}", "/avatar/{}.svg", "/account/oidc/{}/login/",
         "/account/confirm-email/{}/", "/account/password/reset/key/{}/")  # fmt: skip


class BadInputTests(TestCase):
    """Generated inputs, thousands of requests in all."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan, cls.john = create_user("susan"), create_user("john")
        cls.theirs = create_post(cls.john, "Mine")

    def setup_example(self) -> None:
        super().setup_example()
        cache.clear()
        self.client = Client(raise_request_exception=True)
        self.client.force_login(self.susan)

    def check(self, response: Any) -> None:
        self.assertNotEqual(response.status_code, 500)

    @quick
    @given(
        path=st.sampled_from(GET_PAGES),
        name=st.sampled_from(["q", "before", "after", "next", "page", "x"]),
        value=texts,
    )
    def test_queries(self, path: str, name: str, value: str) -> None:
        self.check(self.client.get(path, {name: value}))

    @quick
    @given(form=st.sampled_from(sorted(FORMS)), data=st.data())
    def test_forms(self, form: str, data: Any) -> None:
        cache.clear()
        fields = {name: data.draw(texts, name) for name in FORMS[form]}
        self.check(self.client.post(form, fields))
        self.assertTrue(Post.objects.filter(pk=self.theirs.pk).exists())

    @quick
    @given(form=st.sampled_from(sorted(OPEN_FORMS)), data=st.data())
    def test_forms_of_visitors(self, form: str, data: Any) -> None:
        cache.clear()
        fields = {name: data.draw(texts, name) for name in OPEN_FORMS[form]}
        self.check(Client().post(form, fields))

    @quick
    @given(part=st.sampled_from(PARTS), value=texts, post=st.booleans())
    def test_addresses(self, part: str, value: str, post: bool) -> None:
        path = part.format(quote(value.encode("utf-8", "surrogatepass"), safe=""))
        self.check(self.client.post(path) if post else self.client.get(path))

    @quick
    @given(raw=st.binary(max_size=60))
    def test_bytes_that_are_no_text(self, raw: bytes) -> None:
        address = quote(raw)
        self.check(self.client.get(f"/user/{address}"))
        self.check(self.client.get(f"/search?q={address}"))
        body = b"body=" + quote(raw).encode()
        kind = "application/x-www-form-urlencoded"
        self.check(self.client.post("/", body, content_type=kind))

    @quick
    @given(
        name=st.sampled_from(["timezone", "django_language", "csrftoken", "messages"]),
        value=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80),
    )
    def test_cookies(self, name: str, value: str) -> None:
        self.client.cookies[name] = value
        self.check(self.client.get("/"))
        self.client.cookies.pop(name)

    def test_session_keys_that_were_never_given_out(self) -> None:
        """They are not searched: PostgreSQL accepts no NUL."""
        for key in ("\0" * 32, "x", "A" * 32, "ñ" * 32, "x" * 41):
            client = Client()
            client.cookies["sessionid"] = key
            with self.subTest(key), CaptureQueriesContext(connection) as queries:
                self.check(client.get("/explore"))
                asked = [query["sql"] for query in queries.captured_queries]
                self.assertFalse([sql for sql in asked if "django_session" in sql])

    @quick
    @given(
        name=st.sampled_from(
            ["accept-language", "referer", "user-agent", "x-forwarded-for",
             "if-none-match", "if-modified-since", "range", "accept", "hx-request",
             "hx-current-url", "content-type"]),
        value=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80),
    )  # fmt: skip
    def test_headers(self, name: str, value: str) -> None:
        for path in ("/", "/explore.atom"):
            self.check(self.client.get(path, headers={name: value}))

    @quick
    @given(key=st.integers(min_value=-(2**70), max_value=2**70))
    def test_other_users_ids_change_nothing(self, key: int) -> None:
        for number in (key, self.theirs.pk):
            for verb in ("delete", "translate"):
                self.check(self.client.post(f"/post/{number}/{verb}"))
        self.assertTrue(Post.objects.filter(pk=self.theirs.pk).exists())
