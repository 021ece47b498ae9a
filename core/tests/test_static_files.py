"""A site whose static files nobody has collected says what to do."""

import tempfile

from django.core.management import call_command
from django.test import TestCase, override_settings

from accounts.tests.factories import create_user
from core.testing import reset_throttling

STORAGES = {"staticfiles": {"BACKEND": "core.static_files.StaticFilesStorage"}}


@override_settings(STORAGES=STORAGES)
class NotCollectedTests(TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        settings = override_settings(STATIC_ROOT=folder.name)
        settings.enable()
        self.addCleanup(settings.disable)
        self.client.raise_request_exception = False

    def test_every_page_and_the_log_say_what_to_do(self) -> None:
        create_user("susan")
        strangers = ("/account/login/", "/nowhere")
        for path in (*strangers, "/", "/explore", "/user/susan"):
            if path not in strangers:
                self.client.force_login(create_user(f"reader{len(path)}"))
            reset_throttling()
            with self.subTest(path), self.assertLogs() as logs:
                response = self.client.get(path)
                self.assertContains(
                    response, "manage.py collectstatic", status_code=500
                )
                self.assertContains(response, "<h1>", status_code=500)
                told = "".join(logs.output)
                self.assertIn("run “manage.py collectstatic”, then", told)

    def test_once_they_are_collected_pages_name_them_by_their_contents(self) -> None:
        # The site's own files only: compressing those of the admin takes seconds.
        finder = "django.contrib.staticfiles.finders.FileSystemFinder"
        with override_settings(STATICFILES_FINDERS=[finder]):
            call_command("collectstatic", interactive=False, verbosity=0)
        self.client.force_login(create_user("susan"))
        with override_settings(STORAGES=STORAGES):
            html = self.client.get("/explore").content.decode()
            self.assertRegex(html, r"/static/css/site\.[0-9a-f]{12}\.css")
