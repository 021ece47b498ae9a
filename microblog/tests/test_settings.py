"""Settings: documented, strict in production, profilers where they belong."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

ROOT = Path(settings.BASE_DIR)
PRODUCTION = {
    "SECRET_KEY": "k7Zp-a-long-and-random-enough-key-for-this-test-0123456789",
    "ALLOWED_HOSTS": "blog.example",
    "SITE_URL": "https://blog.example",
}


class DocumentationTests(SimpleTestCase):
    def test_every_variable_is_explained(self) -> None:
        names: set[str] = set()
        for file in (ROOT / "microblog" / "settings").glob("*.py"):
            found = re.findall(
                r'(?:env\.\w+|required)\(\s*"([A-Z_]+)"', file.read_text()
            )
            names.update(found)
        self.assertGreater(len(names), 30)
        for page in ("docs/settings.md", ".env.example"):
            text = (ROOT / page).read_text()
            missing = {name for name in names if not re.search(rf"\b{name}\b", text)}
            self.assertEqual(missing, set(), page)


class EnvironmentTests(SimpleTestCase):
    """Each in a process of its own, with just the given variables."""

    def python(
        self, code: str, kind: str = "production", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        environment = {
            "PATH": os.environ["PATH"],
            **{k: v for k, v in os.environ.items() if k.startswith("COVERAGE")},
            "ENV_FILE": os.devnull,
            "DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": f"microblog.settings.{kind}",
            **variables,
        }
        command = [sys.executable, "-W", "ignore", "-c", code]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def test_production_says_what_is_missing(self) -> None:
        for name in ("SECRET_KEY", "ALLOWED_HOSTS"):
            given = {key: value for key, value in PRODUCTION.items() if key != name}
            result = self.python("import microblog.wsgi", **given)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(
                f"The environment variable {name} is not set. Set", result.stderr
            )

    def test_production_passes_djangos_own_checks(self) -> None:
        code = "import sys; sys.argv = ['', 'check', '--deploy', '--fail-level',"
        code += " 'WARNING']"
        code += "\nimport manage; manage.main()"
        result = self.python(code, **PRODUCTION)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_production_has_no_toolbar_and_silk_by_choice_only(self) -> None:
        code = "from django.conf import settings as s; print(s.INSTALLED_APPS)"
        apps = self.python(code, DEBUG="1", DEBUG_TOOLBAR="1", **PRODUCTION).stdout
        self.assertNotIn("debug_toolbar", apps)
        self.assertNotIn("silk", apps)
        apps = self.python(code, SILK_ENABLED="true", **PRODUCTION).stdout
        self.assertIn("silk", apps)

    def test_a_login_form_may_lead_to_the_providers(self) -> None:
        code = "from django.conf import settings as s; import json;"
        code += "print(s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
        provider = {"id": "a", "name": "A", "client_id": "x", "secret": "y"}
        here = {"server_url": "https://id.example/realm"}
        there = {"login_url": "https://login.example/in"}
        providers = json.dumps([provider | here, provider | here | there])
        result = self.python(code, OIDC_PROVIDERS=providers, **PRODUCTION)
        origins = "'https://id.example', 'https://id.example', 'https://login.example'"
        self.assertIn(origins, result.stdout, result.stderr)

    def test_redis_keeps_counts_and_sessions(self) -> None:
        code = "from django.conf import settings as s; print(s.SESSION_ENGINE)"
        code += "; from django.core.cache import caches"
        code += "; print(*[type(caches[alias]).__name__ for alias in s.CACHES])"
        url = "rediscache://cache.example:6379/0"
        result = self.python(code, CACHE_URL=url, **PRODUCTION)
        self.assertEqual(
            result.stdout.split(),
            [
                "django.contrib.sessions.backends.cached_db",
                "MemoryWithoutRedis",
                "SessionsInRedis",
            ],
            result.stderr,
        )

    def test_log_lines_go_to_files_that_turn_over_or_to_standard_output(self) -> None:
        code = """
import django; django.setup()
import logging, os
from django.conf import settings
for number in range(30_000):
    logging.getLogger("microblog").info("line %d of many, to fill a file", number)
logging.getLogger("microblog").error("the last")
folder = settings.DATA_DIR / "log"
if folder.exists():
    names = sorted(n for n in os.listdir(folder) if not n.startswith("."))
    sizes = [(folder / name).stat().st_size < 1_100_000 for name in names]
    errors = (folder / "errors.log").read_text().splitlines()
    print(names[:3], all(sizes), [line.count("the last") for line in errors])
"""
        quiet = {**PRODUCTION, "ADMINS": ""}
        files = self.python(code, **quiet).stdout
        names = "['errors.log', 'microblog.log', 'microblog.log.1'] True [1]"
        self.assertEqual(files.strip(), names)
        lines = self.python(code, LOG_TO_STDOUT="true", **quiet).stdout.splitlines()
        self.assertEqual(len(lines), 30_001)
        self.assertIn("ERROR: the last", lines[-1])

    def test_a_check_loads_nothing_heavy(self) -> None:
        code = "import sys; sys.argv = ['', 'check']\nimport manage; manage.main()\n"
        code += "print([m for m in sys.modules if m.partition('.')[0] in"
        code += " {'whoosh', 'py3langid', 'numpy', 'silk', 'debug_toolbar'}])"
        result = self.python(code, **PRODUCTION)
        self.assertEqual(result.stdout.splitlines()[-1], "[]", result.stderr)

    def test_development_has_toolbar_and_silk_for_superusers(self) -> None:
        code = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.test import Client
from accounts.models import User
client = Client()
for name, rights in (("boss", {"is_superuser": True}), ("staff", {"is_staff": True})):
    person = User.objects.create_user(name, f"{name}@example.com", **rights)
    client.force_login(person)
    client.get("/", headers={"host": "localhost"})  # notes when they were last seen
    home = client.get("/", headers={"host": "localhost"})
    silk = client.get("/silk/", headers={"host": "localhost"})
    policy = "Content-Security-Policy" in home
    # The page's own 4, and the transaction in which silk writes.
    sql = home["Server-Timing"].count("SQL 7 queries")
    print(home.status_code, b"djDebug" in home.content, policy, sql, silk.status_code)
"""
        result = self.python(code, "development")
        boss, staff = result.stdout.splitlines()[-2:]
        self.assertEqual(boss, "200 True True 1 200", result.stderr)
        self.assertTrue(staff.startswith("200 True True 1 "), result.stderr)
        self.assertTrue(staff.endswith(" 403"), "silk is for superusers only")
