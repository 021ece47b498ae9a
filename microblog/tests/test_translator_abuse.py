"""What a translator cannot do in rosetta, whatever they send."""

import io
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.http import HttpResponse
from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils.translation import gettext, override
from django.utils.translation.reloader import translation_file_changed

from accounts.tests.factories import create_user
from core.catalogue_files import entry_hash
from core.catalogues import reload_catalogues
from moderation.groups import TRANSLATORS

SPANISH = "nplurals=3; plural=n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;"
HOSTILE = 'Explorar<b hx-post="/admin/" hx-trigger="load">'
FORM = "/rosetta/files/project/es/0/"


class TranslatorTestCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.translator = create_user("translator")
        cls.translator.groups.add(Group.objects.get(name=TRANSLATORS))

    def setUp(self) -> None:
        cache.clear()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.path = self.folder / "es/LC_MESSAGES/django.po"
        self.path.parent.mkdir(parents=True)
        texts = polib.POFile()
        texts.metadata = {
            "Content-Type": "text/plain; charset=UTF-8",
            "Plural-Forms": SPANISH,
        }
        texts.append(polib.POEntry(msgid="Explore it", msgstr="Explóralo"))
        texts.append(polib.POEntry(msgid="By %(name)s", msgstr="De %(name)s"))
        texts.append(polib.POEntry(msgid="Leave it"))
        texts.append(
            polib.POEntry(
                msgid="One person",
                msgid_plural="%(n)d people",
                msgstr_plural={0: "", 1: "", 2: ""},
            )
        )
        texts.save(str(self.path))
        texts.save_as_mofile(str(self.path.with_suffix(".mo")))
        self.enterContext(override_settings(LOCALE_PATHS=[self.folder]))
        self.addCleanup(translation_file_changed, None, Path("x.mo"))
        translation_file_changed(None, Path("x.mo"))
        self.client.force_login(self.translator)

    def entry(self, msgid: str) -> polib.POEntry:
        found = polib.pofile(str(self.path)).find(msgid)
        assert found
        return found

    def save(self, texts: dict[Any, str], **extra: str) -> HttpResponse:
        """Submit texts by msgid, or by msgid and plural form."""
        data = dict(extra)
        for key, text in texts.items():
            msgid, form = key if isinstance(key, tuple) else (key, None)
            name = f"m_{entry_hash(self.entry(msgid))}"
            data[name if form is None else f"{name}_{form}"] = text
        return self.client.post(FORM, data)


class SavingTests(TranslatorTestCase):
    def test_a_refused_text_is_not_saved_and_the_others_are(self) -> None:
        page = self.save({"Explore it": HOSTILE, "Leave it": "Déjalo"})
        self.assertContains(page, "It has markup", status_code=422)
        self.assertContains(page, "“Explore it” was not saved.", status_code=422)
        self.assertEqual(self.entry("Explore it").msgstr, "Explóralo")
        self.assertEqual(self.entry("Leave it").msgstr, "Déjalo")
        reload_catalogues()
        with override("es"):
            self.assertEqual(gettext("Explore it"), "Explóralo")
            self.assertEqual(gettext("Leave it"), "Déjalo")

    def test_what_was_typed_stays_in_its_field_as_text(self) -> None:
        page = self.save({"Explore it": HOSTILE}).content.decode()
        self.assertIn("Explorar&lt;b hx-post=&quot;/admin/&quot;", page)
        self.assertNotIn("<b hx-post", page)

    def test_it_can_be_corrected_on_the_page_that_refused_it(self) -> None:
        page = self.save({"Explore it": HOSTILE, "Leave it": "Déjalo"}).content.decode()
        for msgid in ("Explore it", "Leave it"):
            self.assertIn(f'name="m_{entry_hash(self.entry(msgid))}"', page)
        self.assertRedirects(
            self.save({"Explore it": "Míralo", "Leave it": "Déjalo"}),
            f"{FORM}?msg_filter=all&page=1",
        )
        self.assertEqual(self.entry("Explore it").msgstr, "Míralo")

    def test_other_placeholders(self) -> None:
        self.assertEqual(self.save({"By %(name)s": "De %(foo)d"}).status_code, 422)
        self.assertEqual(self.entry("By %(name)s").msgstr, "De %(name)s")

    def test_plural_forms(self) -> None:
        many = "%(n)d personas"
        key = "One person"
        hostile = self.save({(key, 0): "Una", (key, 1): many, (key, 2): many + "<b>"})
        self.assertEqual(hostile.status_code, 422)
        half = self.save({(key, 0): "Una persona", (key, 1): "", (key, 2): many})
        self.assertEqual(half.status_code, 422)
        self.assertEqual(set(self.entry(key).msgstr_plural.values()), {""})
        fair = self.save({(key, 0): "Una persona", (key, 1): many, (key, 2): many})
        self.assertEqual(fair.status_code, 302)
        self.assertEqual(self.entry(key).msgstr_plural[0], "Una persona")

    def test_forms_that_an_entry_does_not_have(self) -> None:
        before = self.path.read_bytes()
        self.save({("Explore it", 0): "Una"})
        self.save({"One person": "Una"})
        self.save({("One person", form): "%(n)d" for form in range(9)})
        self.assertEqual(self.path.read_bytes(), before)

    def test_the_header_stays_but_for_the_last_translator(self) -> None:
        header = polib.pofile(str(self.path)).metadata_as_entry()
        self.client.post(FORM, {f"m_{entry_hash(header)}": "Plural-Forms: nplurals=1;"})
        self.save({"Leave it": "Déjalo"})
        metadata = polib.pofile(str(self.path)).metadata
        self.assertEqual(metadata["Plural-Forms"], SPANISH)
        self.assertEqual(metadata["Last-Translator"], "translator")
        self.assertNotIn(self.translator.email, self.path.read_text())

    def test_a_text_that_was_refused_when_it_was_loaded_is_named(self) -> None:
        source = polib.pofile(str(self.path))
        source.find("Explore it").msgstr = HOSTILE
        source.save(str(self.path))
        page = self.client.get(FORM)
        self.assertContains(page, "“Explore it” is not used. It has markup")

    def test_marks_and_emptied_texts_are_saved(self) -> None:
        name = entry_hash(self.entry("Explore it"))
        self.save({"Explore it": "Explóralo"}, **{f"f_{name}": "1"})
        self.assertTrue(self.entry("Explore it").fuzzy)
        self.assertEqual(self.save({"Explore it": ""}).status_code, 302)
        self.assertEqual(self.entry("Explore it").msgstr, "")
        self.assertFalse(self.entry("Explore it").fuzzy)

    def test_saving_redirects_to_the_next_page(self) -> None:
        with override_settings(ROSETTA_MESSAGES_PER_PAGE=1):
            answer = self.client.post(f"{FORM}?page=2&msg_filter=all", {})
        self.assertEqual(answer.url, f"{FORM}?msg_filter=all&page=3")

    def test_a_text_that_is_gone_is_no_error(self) -> None:
        page = self.client.post(FORM, {"m_" + "0" * 32: "x"}, follow=True)
        self.assertContains(page, "the catalogue has changed")

    def test_other_processes_never_read_half_a_file(self) -> None:
        self.path.chmod(0o640)
        before = self.path.stat()
        self.save({"Leave it": "Déjalo"})
        after = self.path.stat()
        self.assertNotEqual(before.st_ino, after.st_ino)
        self.assertEqual(before.st_mode, after.st_mode)
        names = {path.name for path in self.path.parent.iterdir()}
        self.assertEqual(names, {"django.po", "django.mo"})


class OpeningTests(TranslatorTestCase):
    def test_only_the_projects_own_catalogues(self) -> None:
        for kind in ("all", "django", "third-party", "project2"):
            for rest in ("", "es/0/", "es/1/", "es/0/download/"):
                address = f"/rosetta/files/{kind}/{rest}"
                with self.subTest(address):
                    self.assertEqual(self.client.get(address).status_code, 404)
                    self.assertEqual(
                        self.client.post(address).status_code in (404, 405), 1
                    )

    def test_other_numbers_and_languages(self) -> None:
        for rest in (
            "es/1/",
            "es/9999/",
            f"es/{'9' * 5000}/",
            "es/٣/",
            "en/0/",
            "de/0/",
            "../0/",
            "es/0/download/..",
        ):
            address = f"/rosetta/files/project/{rest}"
            with self.subTest(rest[:20]):
                self.assertEqual(self.client.get(address).status_code, 404)

    def test_a_link_to_another_catalogue_is_not_followed(self) -> None:
        (self.folder / "en/LC_MESSAGES").mkdir(parents=True)
        outside = Path(self.enterContext(tempfile.TemporaryDirectory())) / "django.po"
        outside.write_bytes(self.path.read_bytes())
        (self.folder / "en/LC_MESSAGES/django.po").symlink_to(outside)
        self.assertEqual(
            self.client.get("/rosetta/files/project/en/0/").status_code, 404
        )
        self.assertNotContains(self.client.get("/rosetta/files/project/"), "en/LC_")

    def test_the_list_names_the_projects_catalogues_only(self) -> None:
        page = self.client.get("/rosetta/", follow=True)
        self.assertContains(page, "es/LC_MESSAGES/django.po", count=1)
        self.assertContains(page, FORM, count=1)

    def test_a_catalogue_that_cannot_be_read_is_missing(self) -> None:
        self.path.write_text('msgid "x\nnonsense')
        with self.assertLogs("core.catalogue_files"):
            self.assertEqual(
                self.client.get("/rosetta/files/project/").status_code, 200
            )
        self.assertEqual(self.client.get(FORM).status_code, 404)

    def test_no_page_shows_a_path_of_the_server(self) -> None:
        secrets = [str(self.folder), self.folder.name, str(settings.BASE_DIR)]
        source = polib.pofile(str(self.path))
        source[0].occurrences = [(f"{settings.BASE_DIR}/posts/views.py", "1")]
        source[0].comment = "<b hx-get='/x'>comment"
        source[1].msgctxt = "<b hx-get='/x'>context"
        source.save(str(self.path))
        pages = [
            self.client.get("/rosetta/files/project/"),
            self.client.get(FORM),
            self.client.get(f"{FORM}?query=Explore&ref_lang=es"),
            self.save({"Explore it": HOSTILE}),
        ]
        (self.path.with_name(f".django.po.{os.getpid()}")).mkdir()
        with self.assertLogs("core.rosetta_views", "ERROR"):
            pages.append(self.save({"Leave it": "Déjalo"}))
        self.assertContains(pages[-1], "could not be saved", status_code=422)
        for page in pages:
            for secret in secrets:
                self.assertNotContains(page, secret, status_code=page.status_code)
        self.assertNotContains(pages[1], "<b hx-get")

    def test_nor_does_a_download(self) -> None:
        answer = self.client.get(f"{FORM}download/")
        name = answer.headers["Content-Disposition"]
        self.assertEqual(name, 'attachment; filename="es-django.zip"')
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            self.assertEqual(archive.namelist(), ["django.po", "django.mo"])
            self.assertIn(b"Expl\xc3\xb3ralo", archive.read("django.po"))

    def test_services_are_not_asked_from_here(self) -> None:
        address = reverse("rosetta.translate_text")
        answer = self.client.get(address, {"from": "en", "to": "en", "text": "<b>"})
        self.assertEqual(answer.status_code, 404)
