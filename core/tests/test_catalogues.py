"""Only safe texts are loaded from the project's catalogues, and changes are noticed."""

import gettext as gettext_module
import struct
import tempfile
import threading
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polib
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.template import Context, Template
from django.test import RequestFactory, SimpleTestCase, TestCase, override_settings
from django.utils.translation import gettext, ngettext, override, pgettext, trans_real
from django.utils.translation.reloader import translation_file_changed
from django_tasks_db.management.commands import db_worker

from accounts.tests.factories import confirm_address, create_user
from core import catalogues
from core.catalogues import CatalogueMiddleware, CatalogueWatcher
from core.tasks import RetryingWorker
from social.services import follow_user

SPANISH = "nplurals=3; plural=n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;"
HOSTILE = 'Explorar<b hx-post="/admin/" hx-trigger="load">'


class Catalogue:
    """A compiled catalogue in its own folder, written without checks."""

    def __init__(self, test: SimpleTestCase, language: str = "es") -> None:
        folder = Path(test.enterContext(tempfile.TemporaryDirectory()))
        self.path = folder / language / "LC_MESSAGES/django.mo"
        self.path.parent.mkdir(parents=True)
        test.enterContext(override_settings(LOCALE_PATHS=[folder]))
        test.addCleanup(translation_file_changed, None, Path("x.mo"))
        translation_file_changed(None, Path("x.mo"))

    def write(
        self, texts: dict[str, str], *entries: polib.POEntry, header: str = SPANISH
    ) -> None:
        source = polib.POFile()
        source.metadata = {
            "Content-Type": "text/plain; charset=UTF-8",
            "Plural-Forms": header,
        }
        for original, text in texts.items():
            source.append(polib.POEntry(msgid=original, msgstr=text))
        source.extend(entries)
        source.save_as_mofile(str(self.path))


def plural_entry(*texts: str) -> polib.POEntry:
    return polib.POEntry(
        msgid="One person",
        msgid_plural="%(n)d people",
        msgstr_plural=dict(enumerate(texts)),
    )


class LoadingTests(SimpleTestCase):
    def setUp(self) -> None:
        self.catalogue = Catalogue(self)

    def load(self, *arguments: Any, **options: Any) -> None:
        self.catalogue.write(*arguments, **options)
        self.enterContext(override("es"))

    def test_a_refused_text_stays_in_the_language_of_the_sources(self) -> None:
        with self.assertLogs("core.catalogues"):
            self.load({"Explore it": HOSTILE, "Leave it": "Déjalo"})
        self.assertEqual(gettext("Explore it"), "Explore it")
        self.assertEqual(gettext("Leave it"), "Déjalo")
        page = Template('{% translate "Explore it" %}').render(Context())
        self.assertEqual(page, "Explore it")

    def test_it_stays_as_a_library_says_it_if_a_library_has_it(self) -> None:
        with self.assertLogs("core.catalogues"):
            self.load({"Log out": HOSTILE})
        self.assertEqual(gettext("Log out"), "Cerrar sesión")

    def test_contexts_and_plurals(self) -> None:
        fair = plural_entry("Una persona", "%(n)d personas", "%(n)d personas")
        self.load({}, polib.POEntry(msgid="Fast", msgstr="Ayuno", msgctxt="food"), fair)
        self.assertEqual(pgettext("food", "Fast"), "Ayuno")
        self.assertEqual(gettext("Fast"), "Fast")
        for number, text in ((1, "Una persona"), (2, "%(n)d personas")):
            self.assertEqual(ngettext("One person", "%(n)d people", number), text)

    def test_refused_contexts_and_plurals(self) -> None:
        hostile = plural_entry("Una persona", "%(n)d personas", "%(foo)d personas")
        with self.assertLogs("core.catalogues"):
            self.load(
                {}, polib.POEntry(msgid="Fast", msgstr=HOSTILE, msgctxt="food"), hostile
            )
        self.assertEqual(pgettext("food", "Fast"), "Fast")
        for number, text in ((1, "One person"), (2, "%(n)d people")):
            self.assertEqual(ngettext("One person", "%(n)d people", number), text)

    def test_a_header_that_could_fail_is_not_used(self) -> None:
        fair = plural_entry("Una persona", "%(n)d personas", "%(n)d personas")
        for header in (
            "nplurals=3; plural=n/0;",
            "nplurals=3; plural=1 +;",
            "nonsense",
        ):
            self.catalogue.write({"Leave it": "Déjalo"}, fair, header=header)
            translation_file_changed(None, Path("x.mo"))
            with self.subTest(header), override("es"):
                self.assertEqual(gettext("Leave it"), "Déjalo")
                text = ngettext("One person", "%(n)d people", 7)
                self.assertEqual(text, "%(n)d personas")

    def test_a_file_that_is_no_catalogue_is_left_out(self) -> None:
        self.catalogue.write({"Leave it": "Déjalo"})
        whole = self.catalogue.path.read_bytes()
        many = whole[:8] + struct.pack("<I", 2**31) + whole[12:]
        for content in (
            b"",
            b"no catalogue",
            whole[:60],
            many,
            whole + b"\xff" * 10**7,
        ):
            self.catalogue.path.write_bytes(content)
            translation_file_changed(None, Path("x.mo"))
            with (
                self.subTest(content[:20]),
                self.assertLogs("core.catalogues"),
                override("es"),
            ):
                self.assertEqual(gettext("Leave it"), "Leave it")
                self.assertEqual(gettext("Log out"), "Cerrar sesión")
                # Each is a new problem, and logged.
                catalogues._reported.clear()

    def test_the_log_names_a_few_once(self) -> None:
        with self.assertLogs("core.catalogues", "WARNING") as log:
            self.load({f"Text {n}": "\x1b[31m" + HOSTILE for n in range(500)})
            translation_file_changed(None, Path("x.mo"))
            with override("es"):
                gettext("Text 1")
        (line,) = log.output
        self.assertIn("es/LC_MESSAGES/django.mo has 500 texts", line)
        self.assertTrue(line.isascii() and line.isprintable())
        self.assertLess(len(line), 1500)
        self.assertNotIn(str(self.catalogue.path), line)

    def test_catalogues_of_libraries_are_loaded_as_before(self) -> None:
        self.load({})
        kinds = {kind.__name__: path for kind, path in gettext_module._translations}
        self.assertIn("GNUTranslations", kinds)
        self.assertIn("CheckedCatalogue", kinds)
        checked = [
            path
            for kind, path in gettext_module._translations
            if kind is catalogues.CheckedCatalogue
        ]
        self.assertEqual(checked, [str(self.catalogue.path)])

    def test_every_catalogue_of_the_project_is_used_whole(self) -> None:
        for path in Path(settings.BASE_DIR / "locale").glob("*/LC_MESSAGES/*.mo"):
            with self.assertNoLogs("core.catalogues"), path.open("rb") as file:
                catalogues._reported.clear()
                catalogues.CheckedCatalogue(file)

    def test_entries_that_overlap_are_refused(self) -> None:
        """A small file could describe gigabytes."""
        original = "Please log in to access this page."
        self.catalogue.write({original: "Inicia sesión para acceder a esta página."})
        whole = self.catalogue.path.read_bytes()
        originals, texts = struct.unpack_from("<2I", whole, 12)
        count, start = 300, len(whole)
        header = struct.pack("<3I", count, start, start + 8 * count)
        tables = [whole[at + 8 : at + 16] * count for at in (originals, texts)]
        overlapping = whole[:8] + header + whole[20:] + b"".join(tables)
        self.catalogue.path.write_bytes(overlapping)
        translation_file_changed(None, Path("x.mo"))
        catalogues._reported.clear()
        with self.assertLogs("core.catalogues") as log, override("es"):
            self.assertEqual(gettext(original), original)
        self.assertIn("cannot be read", log.output[0])


class FollowTests(TestCase):
    def test_a_wrong_placeholder_breaks_nothing(self) -> None:
        """Every follow in Spanish was an error 500."""
        catalogue = Catalogue(self)
        original = "You are now following %(nickname)s!"
        catalogue.write({original: "¡Ahora sigues a %(foo)d!"})
        create_user("susan")
        self.client.force_login(create_user("juan", language="es"))
        with self.assertLogs("core.catalogues"):
            page = self.client.post("/user/susan/follow", follow=True)
        self.assertContains(page, "You are now following susan!")


class NewTextsTests(SimpleTestCase):
    def setUp(self) -> None:
        self.catalogue = Catalogue(self)
        self.catalogue.write({"Leave it": "Déjalo"})

    def texts(self) -> str:
        with override("es"):
            return gettext("Leave it")

    def test_a_server_process_speaks_them(self) -> None:
        answer = CatalogueMiddleware(lambda request: self.texts())
        request = RequestFactory().get("/")
        request.user = AnonymousUser()
        self.assertEqual(answer(request), "Déjalo")
        self.catalogue.write({"Leave it": "Deja eso"})
        self.assertEqual(answer(request), "Déjalo")  # it looks now and then
        answer.watcher._look_at = 0
        self.assertEqual(answer(request), "Deja eso")

    def test_a_catalogue_that_goes_away_or_comes(self) -> None:
        watcher = CatalogueWatcher()
        self.assertEqual(self.texts(), "Déjalo")
        self.catalogue.path.unlink()
        watcher.look()
        self.assertEqual(self.texts(), "Leave it")
        self.catalogue.write({"Leave it": "Deja eso"})
        watcher._look_at = 0
        watcher.look()
        self.assertEqual(self.texts(), "Deja eso")

    def test_nothing_is_read_again_while_nothing_changes(self) -> None:
        watcher = CatalogueWatcher()
        self.texts()
        before = trans_real._translations["es"]
        watcher.look()
        self.assertIs(trans_real._translations["es"], before)

    def test_other_threads_keep_their_language(self) -> None:
        reloaded, told = threading.Event(), threading.Event()
        heard = []

        def answer() -> None:
            with override("es"):
                told.set()
                reloaded.wait(30)
                heard.append(gettext("Leave it"))

        thread = threading.Thread(target=answer)
        thread.start()
        told.wait(30)
        self.catalogue.write({"Leave it": "Deja eso"})
        catalogues.reload_catalogues()
        reloaded.set()
        thread.join()
        self.assertEqual(heard, ["Déjalo"])
        self.assertEqual(self.texts(), "Deja eso")


class WorkerTests(TestCase):
    def test_mails_are_written_in_the_newest_texts(self) -> None:
        original = "[%(site)s] %(nickname)s is now following you!"
        catalogue = Catalogue(self)
        catalogue.write({original: "%(site)s: %(nickname)s te sigue"})
        with override("es"):
            self.assertIn("te sigue", gettext(original))
        worker = RetryingWorker(interval=0)
        catalogue.write({original: "%(site)s: tienes a %(nickname)s de seguidora"})
        follower = create_user("susan")
        juan = create_user("juan", language="es")
        confirm_address(juan)
        follow_user(follower=follower, followed=juan)
        with patch.object(db_worker, "close_old_connections"):
            worker.run()
        self.assertEqual([m.subject for m in mail.outbox], [SUBJECT])


SUBJECT = f"{settings.SITE_NAME}: tienes a susan de seguidora"
