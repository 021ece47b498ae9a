"""Translate, over real local servers that speak each service's protocol."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import (
    Client,
    TestCase,
    TransactionTestCase,
    override_settings,
)
from django.utils import timezone

from accounts.tests.factories import create_user
from core.testing import file_database, free_port, http_server
from posts.models import Translation
from posts.tests.factories import create_post

NOT_CONFIGURED = "Error: translation service not configured."
UNEXPECTED = "Error: Unexpected error."
NO_CONTACT = "Error: Could not contact server."
GOOD = {
    "azure": [{"translations": [{"text": "Good morning", "to": "en"}]}],
    "libretranslate": {"translatedText": "Good morning"},
    "deepl": {"translations": [{"text": "Good morning"}]},
}
# Valid JSON with another type where the text belongs.
NO_TEXTS = (
    "null", "1", "true", "{}", '["text"]', '{"text": "text"}', '""', '"\\u2063"',
    '" \\ufe0f "', '"a\\ufffe"', '"a\\u0000b"', '"a\\ud800b"', '"a\\u001bb"',
    '"%s"' % ("x" * 2001), "NaN", "1" * 5000,
)  # fmt: skip
NAMES = {
    "azure": "Azure Translator",
    "libretranslate": "LibreTranslate",
    "deepl": "DeepL",
}


class TranslateTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan")
        cls.post = create_post(cls.susan, "Buenos días", language="es")

    def setUp(self) -> None:
        cache.clear()
        self.client.force_login(self.susan)
        self.server = self.enterContext(http_server())
        self.use("libretranslate")

    def use(self, service: str, **more: Any) -> None:
        self.server.body = json.dumps(GOOD[service]).encode()
        values = {
            "TRANSLATOR": service,
            "TRANSLATOR_URL": self.server.url,
            "TRANSLATOR_KEY": "the-key",
            "TRANSLATOR_REGION": "westeurope",
            "TRANSLATOR_TIMEOUT": 0.4,
        }
        self.enterContext(override_settings(**values | more))

    def translate(self, **headers: str) -> Any:
        return self.client.post(f"/post/{self.post.pk}/translate", headers=headers)

    def test_each_service_by_its_protocol(self) -> None:
        for service in GOOD:
            with self.subTest(service):
                Translation.objects.all().delete()
                self.use(service)
                response = self.translate()
                self.assertContains(response, "Good morning")
                self.assertContains(response, f"Translated by {NAMES[service]}")
        azure, libre, deepl = self.server.calls
        self.assertEqual(azure.path, "/translate?api-version=3.0&from=es&to=en")
        self.assertEqual(azure.headers["Ocp-Apim-Subscription-Key"], "the-key")
        self.assertEqual(azure.headers["Ocp-Apim-Subscription-Region"], "westeurope")
        self.assertEqual(json.loads(azure.body), [{"Text": "Buenos días"}])
        self.assertEqual(libre.path, "/translate")
        self.assertEqual(json.loads(libre.body)["api_key"], "the-key")
        self.assertEqual(deepl.path, "/v2/translate")
        self.assertEqual(deepl.headers["Authorization"], "DeepL-Auth-Key the-key")
        self.assertEqual(json.loads(deepl.body)["target_lang"], "EN-GB")

    def test_a_fragment_for_htmx_and_a_page_without(self) -> None:
        self.assertContains(self.translate(), "<html")
        fragment = self.translate(**{"hx-request": "true"})
        self.assertNotContains(fragment, "<html")
        self.assertContains(fragment, "Good morning")

    def test_a_translation_is_paid_for_once(self) -> None:
        self.translate()
        self.server.status = 500
        self.assertContains(self.translate(), "Good morning")
        self.assertEqual(len(self.server.calls), 1)

    def test_refusals_of_the_service(self) -> None:
        for status in (400, 401, 403, 429, 456, 500, 503, 301):
            self.server.status = status
            response = self.translate()
            self.assertContains(response, UNEXPECTED, status_code=502)
        self.assertFalse(Translation.objects.exists())

    def test_nonsense_of_the_service(self) -> None:
        for service in GOOD:
            self.use(service)
            for body in (
                b"", b"<html>", b"{}", b"[]", b"null", b"1", b'"text"', b'{"a": [1]}',
                b"\xff\xfe", b"x" * 200_000, b'{"translatedText": ""}', b"[" * 50_000,
                b'[{"translations": []}]', b'{"translations": {}}',
            ):  # fmt: skip
                self.server.body = body
                response = self.translate()
                self.assertContains(response, UNEXPECTED, status_code=502)
                cache.clear()
        self.assertFalse(Translation.objects.exists())

    def test_a_good_text_in_an_answer_that_is_too_large(self) -> None:
        answer = {"translatedText": "Good morning", "more": "x" * 100_000}
        self.server.body = json.dumps(answer).encode()
        self.assertContains(self.translate(), UNEXPECTED, status_code=502)
        answer["more"] = "x" * 90_000
        self.server.body = json.dumps(answer).encode()
        self.assertContains(self.translate(), "Good morning")

    def test_text_and_key_go_to_no_other_server(self) -> None:
        with http_server() as other:
            other.body = json.dumps(GOOD["libretranslate"]).encode()
            for status in (301, 302, 303, 307, 308):
                self.server.status, self.server.location = status, other.url
                self.assertContains(self.translate(), UNEXPECTED, status_code=502)
        self.assertEqual(other.calls, [])

    def test_what_is_no_text_is_an_error_and_never_stored(self) -> None:
        for service, values in (
            ("azure", NO_TEXTS[:3]),
            ("libretranslate", NO_TEXTS),
            ("deepl", NO_TEXTS[:3]),
        ):
            self.use(service)
            form = json.dumps(GOOD[service])
            for value in values:
                self.server.body = form.replace('"Good morning"', value).encode()
                response = self.translate()
                self.assertContains(response, UNEXPECTED, status_code=502)
                cache.clear()
        self.assertFalse(Translation.objects.exists())

    def test_overrides_of_the_service_are_isolated(self) -> None:
        self.server.body = json.dumps({"translatedText": " a\u202eb\r\n"}).encode()
        self.translate()
        self.assertEqual(Translation.objects.get().text, "a\u2067b\u2069")

    def test_a_failure_leaves_the_next_reader_free_to_ask(self) -> None:
        self.server.status = 500
        self.assertContains(self.translate(), UNEXPECTED, status_code=502)
        self.server.status = 200
        self.assertContains(self.translate(), "Good morning")

    def test_a_process_that_died_holds_nobody_up_for_ever(self) -> None:
        """Its row is kept; after its time the next request asks the service."""
        row = Translation.objects.create(
            post=self.post,
            language="en",
            asking_until=timezone.now() + timedelta(seconds=60),
        )
        self.assertContains(self.translate(), "being translated", status_code=503)
        self.assertEqual(self.server.calls, [])
        row.asking_until = timezone.now() - timedelta(seconds=1)
        row.save()
        self.assertContains(self.translate(), "Good morning")
        self.assertContains(self.translate(), "Good morning")
        self.assertEqual(len(self.server.calls), 1)

    def test_a_service_that_does_not_answer(self) -> None:
        self.server.delay = 5
        self.assertContains(self.translate(), NO_CONTACT, status_code=502)

    def test_a_service_that_drips(self) -> None:
        """Each byte arrives in time; all together would take nine seconds."""
        self.server.drip = 0.2
        self.assertContains(self.translate(), NO_CONTACT, status_code=502)

    def test_a_service_whose_headers_drip(self) -> None:
        """They never end."""
        self.server.drip, self.server.drip_headers = 0.1, True
        self.assertContains(self.translate(), NO_CONTACT, status_code=502)

    def test_a_service_that_is_not_there(self) -> None:
        self.use("libretranslate", TRANSLATOR_URL=f"http://127.0.0.1:{free_port()}")
        self.assertContains(self.translate(), NO_CONTACT, status_code=502)

    def test_not_configured(self) -> None:
        for values in (
            {"TRANSLATOR": ""},
            {"TRANSLATOR": "nobody"},
            {"TRANSLATOR_KEY": "", "TRANSLATOR_URL": ""},
        ):
            with override_settings(**values):
                self.assertContains(self.translate(), NOT_CONFIGURED, status_code=502)

    def test_errors_are_shown_in_the_readers_language(self) -> None:
        self.post = create_post(self.susan, "Good morning", language="en")
        with override_settings(TRANSLATOR=""):
            response = self.translate(**{"accept-language": "es"})
        text = "Error: el servicio de traducción no está configurado."
        self.assertContains(response, text, status_code=502)

    def test_only_what_needs_it(self) -> None:
        for language in ("", "en"):
            self.post = create_post(self.susan, "Hello", language=language)
            response = self.translate()
            self.assertContains(response, "needs no translation", status_code=422)
        self.assertEqual(self.server.calls, [])

    @override_settings(RATE_LIMITS={**settings.RATE_LIMITS, "translate": "2/m/user"})
    def test_nobody_spends_the_quota_alone(self) -> None:
        for number in range(3):
            self.post = create_post(self.susan, f"Buenos días {number}", language="es")
            response = self.translate()
        self.assertContains(response, "wait a minute", status_code=429)
        self.assertEqual(len(self.server.calls), 2)
        self.post = Translation.objects.earliest("pk").post
        self.assertContains(self.translate(), "Good morning")

    def test_only_by_post_and_signed_in_and_for_what_exists(self) -> None:
        path = f"/post/{self.post.pk}/translate"
        self.assertEqual(self.client.get(path).status_code, 405)
        self.assertEqual(self.client.post("/post/1/translate").status_code, 404)
        self.client.logout()
        self.assertEqual(self.client.post(path).status_code, 302)

    def test_is_offered_where_it_helps(self) -> None:
        for language, offered in (("es", True), ("en", False), ("", False)):
            post = create_post(self.susan, "text", language=language)
            page = self.client.get(f"/post/{post.pk}")
            self.assertEqual(f"/post/{post.pk}/translate" in str(page.content), offered)


class TranslateAtOnceTests(TransactionTestCase):
    """Eight concurrent requests, each in its own thread."""

    readers = 8

    def setUp(self) -> None:
        cache.clear()
        self.enterContext(file_database())

    def press(self, answers: bytes) -> tuple[list[Any], int]:
        """Return each response, and the number of calls to the service.

        The service responds to the first after all the others have arrived.
        """
        susan = create_user("susan")
        post = create_post(susan, "Buenos días", language="es")
        clients = [Client() for _ in range(self.readers)]
        for client in clients:
            client.force_login(susan)
        together = threading.Barrier(self.readers)

        def one(client: Client) -> Any:
            together.wait()
            try:
                return client.post(f"/post/{post.pk}/translate")
            finally:
                connection.close()

        with http_server() as server, ThreadPoolExecutor(self.readers) as pool:
            server.body, server.delay = answers, 0.5
            with override_settings(
                TRANSLATOR="libretranslate",
                TRANSLATOR_URL=server.url,
                TRANSLATOR_TIMEOUT=20,
            ):
                responses = list(pool.map(one, clients))
            return responses, len(server.calls)

    def test_pay_for_one_call(self) -> None:
        responses, calls = self.press(json.dumps(GOOD["libretranslate"]).encode())
        self.assertEqual(calls, 1)
        for response in responses:
            self.assertContains(response, "Good morning")
        self.assertEqual(Translation.objects.count(), 1)

    def test_share_one_failure(self) -> None:
        responses, calls = self.press(b"{}")
        self.assertEqual({response.status_code for response in responses}, {502})
        self.assertEqual(calls, 1)
        self.assertFalse(Translation.objects.exists())
