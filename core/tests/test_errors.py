"""Error pages, and the rollback after a failed request."""

import html
import json
import re

from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.test import Client, TestCase, override_settings
from django.urls import path
from django.views.decorators.http import require_POST

from accounts.tests.factories import create_user
from core.errors import TEXTS, page
from microblog.urls import (  # noqa: F401
    handler400,
    handler403,
    handler404,
    handler429,
    handler500,
)
from microblog.urls import urlpatterns as real


def write_then_fail(request: HttpRequest) -> HttpResponse:
    Group.objects.create(name="written")
    raise ZeroDivisionError


def write(request: HttpRequest) -> HttpResponse:
    Group.objects.create(name="written")
    return HttpResponse("done")


def too_many(request: HttpRequest) -> HttpResponse:
    return page(request, 429)


urlpatterns = [
    *real,
    path("fail", write_then_fail),
    path("write", write),
    path("many", too_many),
    path("only-post", require_POST(write)),
]


@override_settings(ROOT_URLCONF="core.tests.test_errors")
class ErrorTests(TestCase):
    def setUp(self) -> None:
        self.client = Client(raise_request_exception=False)
        self.client.force_login(create_user())

    def test_a_missing_page_links_back(self) -> None:
        response = self.client.get("/nowhere")
        self.assertContains(response, "Back to the home page", status_code=404)

    def test_speaks_the_readers_language(self) -> None:
        response = self.client.get("/nowhere", headers={"accept-language": "es"})
        self.assertContains(response, 'lang="es"', status_code=404)

    def test_an_error_shows_nothing_of_itself(self) -> None:
        response = self.client.post("/fail")
        self.assertContains(response, "An unexpected error", status_code=500)
        self.assertNotContains(response, "ZeroDivision", status_code=500)

    def test_an_error_speaks_the_readers_language_and_keeps_the_policy(self) -> None:
        response = self.client.post("/fail", headers={"accept-language": "es"})
        self.assertContains(response, 'lang="es"', status_code=500)
        self.assertContains(response, "error inesperado", status_code=500)
        self.assertIn("default-src 'self'", response["Content-Security-Policy"])

    def test_a_failed_request_leaves_the_database_as_it_was(self) -> None:
        self.client.post("/fail")
        self.assertFalse(Group.objects.filter(name="written").exists())

    def test_a_successful_request_keeps_what_it_wrote(self) -> None:
        self.client.post("/write")
        self.assertTrue(Group.objects.filter(name="written").exists())

    def test_a_wrong_method_has_a_page_and_says_which_is_right(self) -> None:
        response = self.client.get("/only-post")
        self.assertContains(response, "Back to the home page", status_code=405)
        self.assertEqual(response["Allow"], "POST")

    def test_too_many_requests(self) -> None:
        self.assertContains(self.client.get("/many"), "wait a minute", status_code=429)

    def test_too_large(self) -> None:
        with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10):
            response = self.client.post("/", {"body": "x" * 100})
            self.assertContains(response, "too large", status_code=413)
            # Its body cannot be read to look for the page that it came from.
            response = self.client.post(
                "/edit",
                "x" * 100,
                content_type="application/x-www-form-urlencoded",
                headers={"referer": "http://testserver/edit?from=here"},
            )
            self.assertContains(response, 'href="/edit?from=here"', status_code=413)
            # Nor to look for a token, which a visitor's form may lack.
            response = Client(enforce_csrf_checks=True).post(
                "/account/login/", {"a": 1}
            )
        self.assertContains(response, "too large", status_code=413)

    def test_a_button_that_was_refused_leads_back_to_its_page(self) -> None:
        response = self.client.post(
            "/many", headers={"referer": "http://testserver/explore?before=5"}
        )
        self.assertContains(response, 'href="/explore?before=5"', status_code=429)
        for elsewhere in ("https://evil.example/x", "javascript:alert(1)"):
            response = self.client.post("/many", headers={"referer": elsewhere})
            self.assertNotContains(response, elsewhere, status_code=429)
        response = self.client.post("/many", headers={"host": "evil.example"})
        self.assertEqual(response.status_code, 400)

    def test_an_unknown_host(self) -> None:
        response = self.client.get("/", headers={"host": "evil.example"})
        self.assertEqual(response.status_code, 400)

    def test_htmx_gets_a_sentence_that_fits_into_a_page(self) -> None:
        htmx = {"hx-request": "true"}
        for address, status, text in (
            ("/fail", 500, "An unexpected error"),
            ("/nowhere", 404, "nothing at this address"),
            ("/many", 429, "wait a minute"),
            ("/write%00", 400, "something unexpected"),
        ):
            response = self.client.post(address, headers=htmx)
            self.assertContains(response, 'role="alert"', status_code=status)
            self.assertContains(response, text, status_code=status)
            self.assertNotContains(response, "<html", status_code=status)
        response = self.client.get("/only-post", headers=htmx)
        self.assertNotContains(response, "<html", status_code=405)

    def test_htmx_shows_the_answer_of_every_error(self) -> None:
        text = self.client.get("/").content.decode()
        [config] = re.findall(r'name="htmx-config" content=\'([^\']*)\'', text)
        rules = json.loads(html.unescape(config))["responseHandling"]
        for status in [*TEXTS, 422, 500, 502]:
            # htmx takes the first rule that matches.
            rule = next(r for r in rules if re.search(r["code"], str(status)))
            self.assertTrue(rule["swap"], status)
