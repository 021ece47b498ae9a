"""What stays of a writing request, by how its view ends."""

from __future__ import annotations

from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, TestCase, override_settings
from django.urls import path

from microblog.urls import urlpatterns as real


@login_not_required
def answer(request: HttpRequest, status: int) -> HttpResponse:
    Group.objects.create(name="written")
    return HttpResponse(status=status)


@login_not_required
def refuse(request: HttpRequest, status: int) -> HttpResponse:
    """As django-allauth's adapters do, in the midst of a form."""
    Group.objects.create(name="written")
    raise ImmediateHttpResponse(HttpResponse(status=status))


@login_not_required
@transaction.non_atomic_requests
def exempt(request: HttpRequest, status: int) -> HttpResponse:
    Group.objects.create(name="written")
    raise RuntimeError


urlpatterns = [
    *real,
    path("answer/<int:status>", answer),
    path("refuse/<int:status>", refuse),
    path("exempt/<int:status>", exempt),
]


@override_settings(ROOT_URLCONF="core.tests.test_view_ends")
class EndTests(TestCase):
    def stays(self, path: str) -> bool:
        """Return whether what the view wrote is there afterwards."""
        status = int(path.rpartition("/")[2])
        response = Client(raise_request_exception=False).post(path)
        self.assertEqual(response.status_code, status)
        return Group.objects.filter(name="written").delete()[0] > 0

    def test_an_answer_that_is_an_error_of_the_server_leaves_nothing(self) -> None:
        ends = {
            status: self.stays(f"/answer/{status}") for status in (200, 422, 500, 503)
        }
        self.assertEqual(ends, {200: True, 422: True, 500: False, 503: False})

    def test_a_refusal_leaves_nothing_and_a_redirect_everything(self) -> None:
        ends = {status: self.stays(f"/refuse/{status}") for status in (200, 403, 422)}
        self.assertEqual(ends, {200: True, 403: False, 422: False})

    def test_a_view_without_transaction_keeps_what_it_wrote(self) -> None:
        self.assertTrue(self.stays("/exempt/500"))
