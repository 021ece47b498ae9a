"""Settings: documented, strict in production, profilers where they belong."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase

from microblog.management.commands.document_settings import with_tables
from microblog.settings.variables import PROCESS, SECTIONS, VARIABLES

ROOT = Path(settings.BASE_DIR)
PRODUCTION = {
    "SECRET_KEY": "k7Zp-a-long-and-random-enough-key-for-this-test-0123456789",
    "ALLOWED_HOSTS": "blog.example",
    "SITE_URL": "https://blog.example",
}


class DocumentationTests(SimpleTestCase):
    def test_every_variable_is_described_and_read(self) -> None:
        files = [ROOT / "gunicorn.conf.py", *(ROOT / "microblog/settings").glob("*.py")]
        read = {
            name
            for file in files
            for name in re.findall(
                r'(?:\benv\.\w+|required|environ\S*)\(\s*[\'"]([A-Z_]+)',
                file.read_text(),
            )
        }
        self.assertEqual(read, set(VARIABLES) - {"DJANGO_SETTINGS_MODULE"})

    def test_the_documentation_is_made_from_the_descriptions(self) -> None:
        call_command("document_settings", check=True)
        page = (ROOT / "docs" / "settings.md").read_text()
        example = (ROOT / ".env.example").read_text()
        for name in VARIABLES:
            self.assertEqual(page.count(f"\n| `{name}` |"), 1, name)
        for name in {v.name for t, s in SECTIONS.items() if t != PROCESS for v in s}:
            self.assertEqual(example.count(f"\n# {name}=\n"), 1, name)

    def test_a_table_that_differs_is_noticed(self) -> None:
        page = (ROOT / "docs" / "settings.md").read_text()
        row = "| `POSTS_PER_PAGE` | `20` |"
        older = page.replace(row, row.replace("20", "9"))
        self.assertNotEqual(older, page)
        self.assertEqual(with_tables(older), page)
        with self.assertRaisesMessage(CommandError, "no table under the heading"):
            with_tables(page.replace("## Posts\n", "## Cards\n"))

    def test_settings_are_assigned_plainly(self) -> None:
        for file in (ROOT / "microblog").rglob("settings*/**/*.py"):
            self.assertNotRegex(file.read_text(), r"\b(globals|vars|locals)\(", file)
        base = (ROOT / "microblog" / "settings" / "base.py").read_text()
        self.assertLess(base.count("\n"), 300)


class EnvironmentTests(SimpleTestCase):
    """Each in its own process, with only the given variables."""

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

    def test_production_refuses_a_key_that_could_be_guessed(self) -> None:
        for key, reason in (
            ("short-0123456789", "SECRET_KEY has 16 characters."),
            (PRODUCTION["SECRET_KEY"][:49], "SECRET_KEY has 49 characters."),
            ("abcd" * 20, "SECRET_KEY is not random."),
            ("django-insecure-" + "k7Zp" * 20, "SECRET_KEY is not random."),
        ):
            result = self.python(
                "import microblog.wsgi", **PRODUCTION | {"SECRET_KEY": key}
            )
            self.assertNotEqual(result.returncode, 0, key)
            self.assertIn(reason, result.stderr)
            self.assertNotIn(key, result.stderr)

    def test_a_wrong_choice_of_who_may_sign_up_stops_the_start(self) -> None:
        result = self.python("import microblog.wsgi", **PRODUCTION, SIGNUPS="Open")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(
            "SIGNUPS is 'Open'. Set it to one of: open, approval, invitation, closed.",
            result.stderr,
        )

    def test_a_value_that_is_not_understood_stops_the_start(self) -> None:
        provider = {"id": "a", "name": "A", "server_url": "https://id.example"}
        provider["secret"] = "SECRET"
        given = {
            "HTTPS": ("enabled", "true # yes"),
            "PUBLIC_READING": ("2",),
            "POSTS_PER_PAGE": ("many", "0"),
            "DATABASE_LOCK_TIMEOUT": ("0.5", "0"),
            "DATABASE_QUERY_TIMEOUT": ("fast", "nan", "0"),
            "SIGNUP_RATE": ("20/m/user",),
            "POST_RATE": ("30 a minute", "30/m/people"),
            "OIDC_PROVIDERS": ("[{'id': 1}]", json.dumps([provider]), "{}"),
            "TRANSLATOR": ("google", "libretranslate"),
            "ALLOWED_HOSTS": (" , ",),
        }
        self.refused(given)

    def test_a_value_with_which_links_or_mails_would_fail_stops_the_start(self) -> None:
        given = {
            "ALLOWED_HOSTS": (
                "https://a.example",
                "blog.example,a.example:8000",
                "a.example/blog",
                "a.example b.example",
                "b\u00fccher.example",
                "::1",
            ),
            "ADMINS": ("Me <me@x.example>", "me@x.example,foo", "me@x.example;b@x"),
            "DEFAULT_FROM_EMAIL": ("Site", "Site <site>"),
            "SERVER_EMAIL": ("root",),
            "CSRF_TRUSTED_ORIGINS": ("b.example", "https://b.example/x", "*"),
            "ENV_FILE": ("/nowhere/.env", "/tmp"),
        }
        self.refused(given)

    def test_a_rate_that_is_refused_names_one_that_is_taken(self) -> None:
        (message,) = self.refused({"FOLLOW_RATE": ("0/m/user",)})
        expected = "FOLLOW_RATE is '0/m/user'. Set it to rates such as 30/m/user;"
        self.assertIn(expected, message)

    def test_what_links_and_mails_work_with_is_taken(self) -> None:
        code = "from django.conf import settings as s; print(s.ALLOWED_HOSTS, s.ADMINS)"
        for given in (
            {"ALLOWED_HOSTS": "*,.example.com,Blog-1.example,127.0.0.1,[::1]"},
            {"ADMINS": "root@localhost, me+x@b\u00fccher.example"},
            {"DEFAULT_FROM_EMAIL": "Site <site@x.example>", "SERVER_EMAIL": "root@x"},
            {"CSRF_TRUSTED_ORIGINS": "https://*.example,http://x:8000"},
            {"SCRIPT_NAME": "/blog", "SITE_URL": "https://blog.example/blog/"},
            {"SITE_URL": "https://blog.example/blog"},
            {"SCRIPT_NAME": "/a/b-c.d_e", "SITE_URL": "https://x.example/a/b-c.d_e"},
            {"SIGNUPS": " open ", "TRANSLATOR": " "},
            {"SIGNUPS": ""},
        ):
            result = self.python(code, **PRODUCTION | given)
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_an_address_without_the_sub_path_stops_the_start(self) -> None:
        for address in ("https://blog.example", "https://blog.example/other"):
            given = PRODUCTION | {"SITE_URL": address, "SCRIPT_NAME": "/blog"}
            result = self.python("import microblog.wsgi", **given)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(
                f"SITE_URL has '{address}'. Set it to https://blog.example/blog,",
                result.stderr,
            )

    def test_a_file_of_variables_may_be_a_pipe(self) -> None:
        code = """
import os, threading
pipe = os.path.join(os.environ["DATA_DIR"], "pipe")
os.mkfifo(pipe)
os.environ["ENV_FILE"] = pipe
def write():
    with open(pipe, "w") as file:
        file.write("SITE_NAME=of the pipe")
threading.Thread(target=write, daemon=True).start()
from django.conf import settings
print(settings.SITE_NAME)
"""
        result = self.python(code, **PRODUCTION)
        self.assertEqual(result.stdout.strip(), "of the pipe", result.stderr)

    def test_a_database_address_that_is_not_understood_is_not_shown(self) -> None:
        values = (
            "postgres//u:SECRET@h/x",
            "mariadb://u:SECRET@h/x",
            "postgres://u:SECRET#1@h/x",
            "postgres://u:SECRET/1@h/x",
            "mysql://u:1?SECRET@h/x",
            "postgres://u:SECRET[@h/x",
            "postgres://u@h:SECRET/x",
            "mysql://u:SECRET@h",
            "sqlite://SECRET/x",
        )
        for message in self.refused({"DATABASE_URL": values}):
            self.assertIn("percent-encode", message)
            self.assertIn("mysql://", message)
            self.assertNotIn("SECRET", message)

    def test_no_other_address_that_is_not_understood_is_shown(self) -> None:
        cut = ("SECRET#1", "SECRET/1", "1?SECRET", "SECRET[")
        servers = {
            "EMAIL_URL": "smtp+tls://u:{}@mail.example:587",
            "CACHE_URL": "rediscache://:{}@cache.example:6379/0",
            "SEARCH_URL": "elasticsearch7://u:{}@search.example/x",
        }
        given = {
            name: (
                *(address.format(part) for part in cut),
                address.format("x").replace("example", "example:SECRET", 1),
                address.format("x").replace("://", "//", 1),
                address.format("x").replace("://", "SECRET://", 1),
                address.partition("://")[0] + "://",
                address.format("x").replace("example", "exam ple", 1),
            )
            for name, address in servers.items()
        }
        given["CACHE_URL"] += ("locmemcache://", "rediscache://:hun#SECRET@host")
        given["SEARCH_URL"] += (
            "whoosh",
            "whoosh://",
            "whoosh://srv/SECRET",
            "SECRET:///srv/index",
        )
        given["EMAIL_URL"] += ("mail.example", "smtp://mail.example:70000")
        for message in self.refused(given):
            self.assertIn("is not understood. Set it to", message)
            self.assertIn("percent-encode", message)

    def test_addresses_of_the_web_are_checked(self) -> None:
        odd = (
            "a.example", "https://", "https://a.example:port", "https://a.example:70000",
            "https://a.example:", "https://u:SECRET@a.example", "https://[a.example",
            "https://a b.example", "ftp://a.example", "https://a.example/?SECRET",
            "https://a.example\\@b.example", "//a.example",
        )  # fmt: skip
        whole = {"id": "a", "name": "A", "server_url": "https://id.example"}
        whole |= {"client_id": "x", "secret": "SECRET"}
        entries = [whole | {name: url} for name in ("server_url", "login_url")
                   for url in odd]  # fmt: skip
        self.refused(
            {
                "SITE_URL": odd,
                "TRANSLATOR_URL": odd,
                "OIDC_PROVIDERS": tuple(json.dumps([entry]) for entry in entries),
                "SCRIPT_NAME": ("blog", "/blog/", "/", "//x", "/a b", "https://a.example",
                                "/a?b", "/é"),
            }
        )  # fmt: skip

    def test_addresses_that_are_understood(self) -> None:
        values = {
            "EMAIL_URL": ("smtp://localhost:25", "smtp+ssl://u:a%23%2Fb@mail.example",
                          "consolemail://", "filemail:///srv/mails"),
            "CACHE_URL": ("redis://cache.example", "rediss://:a%23b@c.example:6379/1",
                          "rediscache://h1:6379,h2:6379/0", "redis:///run/redis.sock"),
            "SEARCH_URL": ("whoosh:///srv/an index", "simple://",
                           "elasticsearch7://u:p@s.example:9200/x"),
            "SITE_URL": ("https://a.example", "http://[::1]:8000/blog",
                         "https://a.example:8443/"),
            "TRANSLATOR_URL": ("http://127.0.0.1:5000", "https://t.example/path/"),
            "SCRIPT_NAME": ("",),
        }  # fmt: skip
        for line in self.answers(values):
            self.assertTrue(line.startswith("taken:"), line)

    def refused(self, given: dict[str, tuple[str, ...]]) -> list[str]:
        """Return what is said to each value; fail where nothing is."""
        lines = self.answers(given)
        names = [name for name, values in given.items() for _ in values]
        self.assertEqual(len(lines), len(names), lines)
        for name, line in zip(names, lines, strict=True):
            self.assertTrue(line.startswith(f"{name} "), line)
            self.assertIn(name, line.partition(" ")[2])
            self.assertIn(
                "Set it to", line.replace("Set TRANSLATOR_URL to", "Set it to")
            )
            self.assertNotIn("SECRET", line)
        return lines

    def answers(self, given: dict[str, tuple[str, ...]]) -> list[str]:
        """Return what production's settings say to each value, in one process."""
        code = """
import importlib, json, os, sys, warnings
from django.core.exceptions import ImproperlyConfigured
warnings.simplefilter("always")
for name, values in json.loads(os.environ["GIVEN"]).items():
    usual = os.environ.get(name)
    for value in values:
        os.environ[name] = value
        for module in [m for m in sys.modules if m.startswith("microblog.settings")]:
            del sys.modules[module]
        try:
            importlib.import_module("microblog.settings.production")
        except ImproperlyConfigured as error:
            print(name, error)
        else:
            print("taken:", name, value)
    os.environ.pop(name)
    if usual is not None:
        os.environ[name] = usual
"""
        result = self.python(code, GIVEN=json.dumps(given), **PRODUCTION)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("SECRET", result.stderr)
        return result.stdout.splitlines()

    def test_values_are_understood_in_their_usual_spellings(self) -> None:
        code = "from django.conf import settings as s; print(s.SECURE_SSL_REDIRECT,"
        code += " s.ALLOWED_HOSTS, s.POSTS_PER_PAGE, s.DATABASES['default']['HOST'])"
        given = {
            "ALLOWED_HOSTS": "blog.example, www.blog.example",
            "POSTS_PER_PAGE": "",
            "DATABASE_URL": "postgres://u:a%23%2Fb@db.example:5432/x?sslmode=require",
        }
        for https, shown in (("No", False), ("TRUE", True), ("", True)):
            result = self.python(code, **PRODUCTION | given | {"HTTPS": https})
            self.assertEqual(
                result.stdout.strip(),
                f"{shown} ['blog.example', 'www.blog.example'] 20 db.example",
                result.stderr,
            )

    def test_production_knows_its_own_address(self) -> None:
        code = "from django.conf import settings as s; print(s.SITE_URL)"
        given = {k: v for k, v in PRODUCTION.items() if k != "SITE_URL"}
        for variables, address in (
            ({}, "https://blog.example"),
            ({"SCRIPT_NAME": "/blog"}, "https://blog.example/blog"),
            ({"HTTPS": "false"}, "http://blog.example"),
            ({"SITE_URL": "https://other.example/"}, "https://other.example"),
            (
                {"ALLOWED_HOSTS": "*", "SITE_URL": "https://other.example"},
                "https://other.example",
            ),
        ):
            result = self.python(code, **given | variables)
            self.assertEqual(result.stdout.strip(), address, result.stderr)
        for variables, reason in (
            ({"ALLOWED_HOSTS": "*"}, "Set SITE_URL to it"),
            ({"ALLOWED_HOSTS": "blog.example,*"}, "Set SITE_URL to it"),
            ({"ALLOWED_HOSTS": ".example.com"}, "Set SITE_URL to it"),
            ({"SITE_URL": "blog.example"}, "SITE_URL is not an address"),
            ({"SITE_URL": "javascript://x"}, "SITE_URL is not an address"),
        ):
            result = self.python(code, **given | variables)
            self.assertNotEqual(result.returncode, 0, variables)
            self.assertIn(reason, result.stderr)

    def test_files_are_for_the_account_alone(self) -> None:
        code = """
import os, sys
os.umask(0o000)
import django; django.setup()
from django.conf import settings
from django.core.management import call_command
from django.db import connection
import logging
call_command("migrate", verbosity=0)
connection.cursor().execute("BEGIN IMMEDIATE")
logging.getLogger("x").error("y")
call_command("rebuild_search", verbosity=0)
call_command("collectstatic", verbosity=0, interactive=False, post_process=False)
for folder, folders, files in os.walk(settings.DATA_DIR):
    for name in [".", *files]:
        path = os.path.normpath(os.path.join(folder, name))
        mode = oct(os.stat(path).st_mode & 0o777)
        print(mode, os.path.relpath(path, settings.DATA_DIR))
"""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        variables = PRODUCTION | {"DATA_DIR": f"{folder}/new/data"}
        result = self.python(code, **variables)
        lines = re.findall(r"^(0o\d+) (.+)$", result.stdout, re.MULTILINE)
        modes = {path: mode for mode, path in lines}
        for path in (".", "db.sqlite3", "db.sqlite3-wal", "whoosh", "log"):
            self.assertEqual(modes[path][-2:], "00", result.stderr)
        for path, mode in modes.items():
            # A web server may read static files, where STATIC_ROOT is elsewhere.
            static = path.partition("/")[0] == "static"
            allowed = {"0o755", "0o644"} if static else {"0o700", "0o600"}
            self.assertIn(mode, allowed, path)

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

    def test_a_login_form_may_redirect_to_the_providers(self) -> None:
        code = "from django.conf import settings as s; import json;"
        code += "print(s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
        provider = {"id": "a", "name": "A", "client_id": "x", "secret": "y"}
        here = {"server_url": "https://id.example/realm"}
        there = {"login_url": "https://login.example/in"}
        providers = json.dumps([provider | here, provider | here | there])
        result = self.python(code, OIDC_PROVIDERS=providers, **PRODUCTION)
        origins = "'https://id.example', 'https://id.example', 'https://login.example'"
        self.assertIn(origins, result.stdout, result.stderr)

    def test_a_provider_may_send_strings(self) -> None:
        code = "from django.conf import settings as s; print(*[app['settings']"
        code += ".get('email_verified_strings') for app in"
        code += " s.SOCIALACCOUNT_PROVIDERS['openid_connect']['APPS']])"
        usual = {"id": "a", "name": "A", "client_id": "x", "secret": "y"}
        usual["server_url"] = "https://id.example"
        providers = json.dumps([usual, usual | {"email_verified_strings": True}])
        result = self.python(code, OIDC_PROVIDERS=providers, **PRODUCTION)
        self.assertEqual(result.stdout.split(), ["None", "True"], result.stderr)

    def test_redis_keeps_sessions_and_the_database_what_protects(self) -> None:
        code = "from django.conf import settings as s; print(s.SESSION_ENGINE)"
        code += "; from django.core.cache import caches"
        code += "; print(*[type(caches[alias]).__name__ for alias in s.CACHES])"
        url = "rediscache://cache.example:6379/0"
        result = self.python(code, CACHE_URL=url, **PRODUCTION)
        self.assertEqual(
            result.stdout.split(),
            [
                "django.contrib.sessions.backends.cached_db",
                "DatabaseCache",
                "FileBasedCache",
                "SessionRedisCache",
            ],
            result.stderr,
        )

    def test_a_cache_that_is_no_redis_is_refused(self) -> None:
        code = "from django.conf import settings; settings.CACHES"
        result = self.python(code, CACHE_URL="locmemcache://", **PRODUCTION)
        self.assertIn("CACHE_URL is not understood. Set it to", result.stderr)
        self.assertIn("must be of a Redis", result.stderr)

    def test_only_requests_give_up_on_a_mariadb_that_hangs(self) -> None:
        """Migrations and the rebuilding of the index may take their time."""
        code = "from django.conf import settings as s; options = s.DATABASES['default']"
        code += "['OPTIONS']; print([options.get(f'{x}_timeout') for x in"
        code += " ('read', 'write')])"
        url = "mysql://root@db.example/x"
        # Without loading the apps, for which MariaDB's driver would be needed.
        wsgi = "import django.core.wsgi as w; w.get_wsgi_application = str;"
        wsgi += "import microblog.wsgi;"
        given = PRODUCTION | {"DATABASE_LOCK_TIMEOUT": "7"}
        for begin, address, shown in (
            ("", url, "[None, None]"),
            (wsgi, url, "[8, 8]"),
            (wsgi, f"{url}?read_timeout=20", "[20, 8]"),
            (wsgi, "postgres://u@db.example/x", "[None, None]"),
        ):
            result = self.python(begin + code, **given | {"DATABASE_URL": address})
            self.assertEqual(result.stdout.strip(), shown, result.stderr)

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
    # The page's own 5, and the transaction in which silk writes.
    sql = home["Server-Timing"].count("SQL 8 queries")
    print(home.status_code, b"djDebug" in home.content, policy, sql, silk.status_code)
"""
        result = self.python(code, "development")
        boss, staff = result.stdout.splitlines()[-2:]
        self.assertEqual(boss, "200 True True 1 200", result.stderr)
        self.assertTrue(staff.startswith("200 True True 1 "), result.stderr)
        self.assertTrue(staff.endswith(" 403"), "silk is for superusers only")

    def test_cookies_are_for_https_and_the_sub_path(self) -> None:
        """And no header is trusted about HTTPS; the providers' logins use PKCE."""
        names = (
            "SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE LANGUAGE_COOKIE_SECURE"
            " SESSION_COOKIE_HTTPONLY SESSION_COOKIE_PATH CSRF_COOKIE_PATH"
            " LANGUAGE_COOKIE_PATH SECURE_PROXY_SSL_HEADER"
        )
        code = (
            "from django.conf import settings as s\n"
            f"print(*(getattr(s, name) for name in {names!r}.split()))\n"
            "provider = s.SOCIALACCOUNT_PROVIDERS['openid_connect']\n"
            "print(provider['OAUTH_PKCE_ENABLED'])"
        )
        given = {"SCRIPT_NAME": "/blog", "SITE_URL": "https://blog.example/blog"}
        result = self.python(code, **PRODUCTION | given)
        expected = ["True"] * 4 + ["/blog"] * 3 + ["None", "True"]
        self.assertEqual(result.stdout.split(), expected, result.stderr)
