"""Every catalogue is complete, compiled and up to date."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import skipUnless

import polib
from django.conf import settings
from django.test import SimpleTestCase

ROOT = Path(settings.BASE_DIR)
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
PACKAGES = (
    *(path.parent.name for path in ROOT.glob("*/apps.py")),
    "locale",
    "templates",
)
PLACEHOLDER = r"%\((\w+)\)[sd]"


def catalogue(code: str) -> Path:
    return ROOT / "locale" / code / "LC_MESSAGES" / "django.po"


class CatalogueTests(SimpleTestCase):
    def test_is_complete(self) -> None:
        for code in LANGUAGES:
            for entry in polib.pofile(str(catalogue(code))):
                with self.subTest(code, text=entry.msgid):
                    self.assertTrue(entry.translated())
                    self.assertFalse(entry.fuzzy or entry.obsolete)

    def test_keeps_the_placeholders(self) -> None:
        for code in LANGUAGES:
            for entry in polib.pofile(str(catalogue(code))):
                wanted = set(self.placeholders(entry.msgid_plural or entry.msgid))
                for text in entry.msgstr_plural.values() or [entry.msgstr]:
                    self.assertEqual(set(self.placeholders(text)), wanted, text)

    def placeholders(self, text: str) -> list[str]:
        return re.findall(PLACEHOLDER, text)

    def test_is_compiled(self) -> None:
        for code in LANGUAGES:
            source = polib.pofile(str(catalogue(code)))
            compiled = polib.mofile(str(catalogue(code).with_suffix(".mo")))
            for entry in source:
                found = compiled.find(entry.msgid)
                with self.subTest(code, text=entry.msgid):
                    assert found is not None, "Run make messages."
                    self.assertEqual(found.msgstr, entry.msgstr)
                    self.assertEqual(found.msgstr_plural, entry.msgstr_plural)

    @skipUnless(shutil.which("xgettext"), "gettext is not installed")
    def test_has_the_texts_of_the_sources(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for package in PACKAGES:
            shutil.copytree(
                ROOT / package,
                folder / package,
                ignore=shutil.ignore_patterns("*.pyc", "tests"),
            )
        shutil.copy(ROOT / "manage.py", folder)
        command = [sys.executable, "-W", "ignore", "manage.py", "makemessages", "--all"]
        command += ["--no-location", "--settings=microblog.settings.test"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        for code in LANGUAGES:
            fresh = polib.pofile(str(folder / catalogue(code).relative_to(ROOT)))
            kept = {entry.msgid for entry in polib.pofile(str(catalogue(code)))}
            wanted = {entry.msgid for entry in fresh if not entry.obsolete}
            self.assertEqual(kept ^ wanted, set(), "Run make messages.")
