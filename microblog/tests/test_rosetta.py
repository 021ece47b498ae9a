"""Translators work in rosetta, and cannot open anything else."""

import os
import re
import shutil
import tempfile
from pathlib import Path

import polib
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, TestCase, override_settings
from django.utils.translation import gettext, override
from django.utils.translation.reloader import translation_file_changed

from accounts.interruptions import DRAFT_KEY, TEXTS_MAX_LENGTH
from accounts.tests.factories import create_user
from core.catalogues import CatalogueWatcher
from moderation.groups import TRANSLATORS


class RosettaTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.translator = create_user("translator")
        cls.translator.groups.add(Group.objects.get(name=TRANSLATORS))
        cls.reader = create_user("reader")

    def setUp(self) -> None:
        cache.clear()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.catalogue = folder / "es/LC_MESSAGES/django.po"
        self.catalogue.parent.mkdir(parents=True)
        texts = polib.POFile()
        texts.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
        texts.append(polib.POEntry(msgid="Everybody", msgstr="Todos, sin excepción"))
        texts.save(str(self.catalogue))
        texts.save_as_mofile(str(self.catalogue.with_suffix(".mo")))
        self.enterContext(override_settings(LOCALE_PATHS=[folder]))
        self.addCleanup(translation_file_changed, None, Path("x.mo"))
        translation_file_changed(None, Path("x.mo"))
        self.watcher = CatalogueWatcher()

    def form(self) -> tuple[str, HttpResponse]:
        """Return the page of the catalogue above, beside that of the project."""
        for number in range(3):
            path = f"/rosetta/files/project/es/{number}/"
            page = self.client.get(path)
            if (
                page.status_code == 200
                and "Todos, sin excepción" in page.content.decode()
            ):
                return path, page
        raise AssertionError

    def test_pages_have_one_heading_fit_a_phone_and_link_back(self) -> None:
        self.client.force_login(self.translator)
        catalogue, _page = self.form()
        for path in ("/rosetta/files/project/", catalogue):
            html = self.client.get(path).content.decode()
            self.assertEqual(len(re.findall("<h1", html)), 1, path)
            self.assertIn('<meta name="viewport" content="width=device-width', html)
            self.assertRegex(html, '<a href="/">[^<]*Back to the site</a>')
        # The admin's headings of modules have nearly the colour of links.
        html = self.client.get("/rosetta/files/project/").content.decode()
        self.assertNotIn("module", re.findall('class="([^"]*)"', html))

    def test_a_translator_edits_a_text_and_the_site_speaks_it(self) -> None:
        with override("es"):
            self.assertEqual(gettext("Everybody"), "Todos, sin excepción")
        self.client.force_login(self.translator)
        page = self.client.get("/rosetta/files/project/")
        self.assertContains(page, "Spanish")
        path, page = self.form()
        self.assertContains(page, "Todos, sin excepción")
        found = re.search(r'name="(m_[0-9a-f]+)"', page.content.decode())
        assert found
        self.client.post(path, {found[1]: "Todo el mundo", "_next": "1"})
        saved = self.catalogue.with_suffix(".mo")
        self.assertIn(b"Todo el mundo", saved.read_bytes())
        self.watcher.look()
        with override("es"):
            self.assertEqual(gettext("Everybody"), "Todo el mundo")

    def typed(self, text: str) -> tuple[str, dict[str, str]]:
        """Return the address and the fields of the form with ``text`` typed in."""
        path, page = self.form()
        html = page.content.decode()
        form = html[html.index('<form method="post"') :]
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        [name] = re.findall(r'name="(m_[0-9a-f]+)"', form)
        return path, fields | {name: text, name.replace("m_", "f_"): "1"}

    def assert_given_back(self, page: HttpResponse, text: str) -> None:
        self.assertContains(page, f">{text}</textarea>")
        self.assertRegex(page.content.decode(), 'name="f_[^>]*checked')
        self.assertNotIn(text, self.catalogue.read_text())

    def test_a_text_typed_before_the_session_ended_is_given_back(self) -> None:
        self.client.force_login(self.translator)
        path, fields = self.typed("Todo <el> mundo")
        self.client.logout()
        response = self.client.post(f"{path}?msg_filter=all", fields)
        self.assertRedirects(
            response,
            f"/account/login/?next={path}%3Fmsg_filter%3Dall",
            fetch_redirect_response=False,
        )
        self.client.force_login(self.translator)
        page = self.client.get(f"{path}?msg_filter=all")
        self.assert_given_back(page, "Todo &lt;el&gt; mundo")
        self.assertNotContains(self.client.get(path), "Todo &lt;el&gt; mundo")

    def test_a_text_sent_with_an_old_token_is_given_back(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(self.translator)
        path, fields = self.typed("Todo el mundo")
        self.client.cookies.pop("csrftoken")
        self.client.get(path)
        response = self.client.post(path, fields)
        self.assertContains(response, "Your text is kept", status_code=403)
        self.assert_given_back(self.client.get(path), "Todo el mundo")

    def test_kept_texts_are_bounded(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(self.translator)
        path, fields = self.typed("Todo el mundo")
        many = {f"m_{number:032x}": "x" * 5000 for number in range(100)}
        other = {f"x_{number}": "x" for number in range(100)}
        self.client.cookies.pop("csrftoken")
        self.client.post(path, other | fields | many)
        kept = self.client.session[DRAFT_KEY]["texts"]
        self.assertNotIn("x_1", kept)
        self.assertLessEqual(sum(map(len, kept.values())), TEXTS_MAX_LENGTH)
        self.assert_given_back(self.client.get(path), "Todo el mundo")

    def test_its_pages_need_no_inline_script(self) -> None:
        self.client.force_login(self.translator)
        for path in ("/rosetta/files/project/", "/rosetta/files/project/es/0/"):
            html = self.client.get(path).content.decode()
            inline = r"<script(?![^>]*(?:src=|application/json))|style=|onclick="
            self.assertEqual(re.findall(inline, html), [])

    def test_others_are_refused_without_going_in_circles(self) -> None:
        self.client.force_login(self.reader)
        self.assertEqual(self.client.get("/rosetta/files/project/").status_code, 403)
        self.client.logout()
        response = self.client.get("/rosetta/files/project/", follow=True)
        self.assertTrue(response.redirect_chain[-1][0].startswith("/account/login/"))

    def test_translators_reach_nothing_else(self) -> None:
        self.client.force_login(self.translator)
        for path in ("/admin/", "/admin/accounts/user/", "/silk/"):
            self.assertIn(self.client.get(path).status_code, (302, 403, 404), path)

    def test_settings_link_there_for_translators_only(self) -> None:
        for user, shown in ((self.translator, True), (self.reader, False)):
            self.client.force_login(user)
            page = self.client.get("/preferences").content.decode()
            self.assertEqual("/rosetta/" in page, shown)

    def test_a_folder_that_cannot_be_written_is_explained(self) -> None:
        self.client.force_login(self.translator)
        shutil.copy(self.catalogue, self.catalogue.with_name("copy.po"))
        self.catalogue.chmod(0o444)
        _path, page = self.form()
        if os.geteuid():
            self.assertContains(page, "read-only")
        self.assertEqual(page.status_code, 200)
