"""What this site uses of Django's private parts is still as it was."""

from __future__ import annotations

import gettext
import inspect
import logging

from django.contrib.auth import get_user
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.http import HttpResponse
from django.test import RequestFactory, SimpleTestCase, TestCase
from django.utils.log import log_response
from django.utils.translation import gettext as translate
from django.utils.translation import override, trans_real

from accounts.tests.factories import create_user
from core.catalogues import CheckedCatalogue
from core.django_internals import (
    leave_out_of_log,
    looked_up_user_id,
    reload_catalogues,
)


class ResponseTests(SimpleTestCase):
    def test_a_response_is_left_out_of_the_log(self) -> None:
        request = RequestFactory().get("/")
        told, quiet = HttpResponse(status=503), HttpResponse(status=503)
        leave_out_of_log(quiet)
        with self.assertLogs("django.request", logging.ERROR) as logs:
            for response in (told, quiet):
                log_response("x", response=response, request=request)
        self.assertEqual(len(logs.records), 1)


class UserTests(TestCase):
    def test_a_user_is_known_once_somebody_has_looked_them_up(self) -> None:
        susan = create_user("susan")
        self.client.force_login(susan)
        request = RequestFactory().get("/")
        request.session = self.client.session
        self.assertEqual(get_user(request), susan)
        AuthenticationMiddleware(lambda request: HttpResponse()).process_request(
            request
        )
        with self.assertNumQueries(0):
            self.assertIsNone(looked_up_user_id(request))
        self.assertTrue(request.user.is_authenticated)
        self.assertEqual(looked_up_user_id(request), susan.pk)


class CatalogueTests(SimpleTestCase):
    def test_the_loader_is_called_as_it_was(self) -> None:
        parameters = inspect.signature(
            trans_real.DjangoTranslation._new_gnu_trans
        ).parameters
        self.assertEqual(list(parameters), ["self", "localedir", "use_null_fallback"])

    def test_ours_are_checked_and_can_be_read_again(self) -> None:
        with override("es"):
            before = translate("Log in")
        kinds = {kind for kind, *_key in gettext._translations}
        self.assertIn(CheckedCatalogue, kinds)
        known = trans_real._translations["es"]
        reload_catalogues(CheckedCatalogue)
        self.assertIsNot(trans_real._translations["es"], known)
        with override("es"):
            self.assertEqual(translate("Log in"), before)
