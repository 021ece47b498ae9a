"""Avatars."""

import hashlib
import struct
from xml.etree import ElementTree as ET
from zlib import decompress

from django.template import Context, Template
from django.test import TestCase, override_settings

from accounts.avatars import avatar_url, identicon_png, mail_avatar_url
from accounts.tests.factories import create_user


class AvatarTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan", email="Susan@Example.com")

    def test_is_a_picture_kept_for_ever_and_costs_no_query(self) -> None:
        with self.assertNumQueries(0):
            response = self.client.get(avatar_url(self.susan, 50))
        self.assertEqual(response["Content-Type"], "image/svg+xml")
        self.assertIn("immutable", response["Cache-Control"])
        self.assertNotIn("Cookie", response.get("Vary", ""))
        ET.fromstring(response.content)  # noqa: S314

    def test_differs_between_users_but_not_between_pages(self) -> None:
        other = create_user("other")
        self.assertNotEqual(avatar_url(self.susan, 50), avatar_url(other, 50))
        self.assertEqual(avatar_url(self.susan, 50), avatar_url(self.susan, 128))

    def test_nobody_without_the_secret_key_knows_whose_it_is(self) -> None:
        ours = avatar_url(self.susan, 50)
        with self.settings(
            SECRET_KEY="the key of another site, which has a user 1, too"
        ):
            self.assertNotEqual(avatar_url(self.susan, 50), ours)

    def test_png_for_mails(self) -> None:
        url = mail_avatar_url(self.susan).removeprefix("http://localhost:8000")
        response = self.client.get(url)
        self.assertEqual(response["Content-Type"], "image/png")
        png = identicon_png("0123456789abcdef", scale=20)
        width, height = struct.unpack(">II", png[16:24])
        self.assertEqual((width, height), (140, 140))
        start = png.index(b"IDAT") + 4
        length = struct.unpack(">I", png[start - 8 : start - 4])[0]
        self.assertEqual(len(decompress(png[start : start + length])), 140 * 19)

    def test_tag(self) -> None:
        template = Template("{% load avatars %}{% avatar user 70 %}")
        html = template.render(Context({"user": self.susan}))
        self.assertIn('width="70" height="70" alt=""', html)

    @override_settings(GRAVATAR=True)
    def test_gravatar_by_choice(self) -> None:
        url = avatar_url(self.susan, 70)
        digest = hashlib.sha256(b"susan@example.com").hexdigest()
        self.assertEqual(url, f"https://www.gravatar.com/avatar/{digest}?d=mm&s=140")
        self.susan.email = " SUSAN@example.com "
        self.assertEqual(avatar_url(self.susan, 70), url)

    def test_unknown_pictures_are_not_found(self) -> None:
        self.client.force_login(self.susan)
        for name in ("x.svg", "0123456789abcdef.gif", "0123456789ABCDEF.svg"):
            self.assertEqual(self.client.get(f"/avatar/{name}").status_code, 404)
