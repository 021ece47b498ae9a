"""A failed request leaves the database as it was, in whatever way it fails."""

from __future__ import annotations

from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.test import Client, TransactionTestCase, override_settings
from django.urls import path

from core.tests.test_late_begin import has_begun
from core.transactions import with_own_transactions
from microblog.urls import urlpatterns as real


def answer(kind: str) -> HttpResponseBase:
    """Answer, or fail, in one of the ways that views have."""
    match kind:
        case "404":
            raise Http404
        case "immediate-422":
            raise ImmediateHttpResponse(HttpResponse(status=422))
        case "immediate-302":
            raise ImmediateHttpResponse(HttpResponse(status=302))
        case "template":
            return SimpleTemplateResponse("no/such/template.html")
    return HttpResponse(f"begun: {has_begun()}", status=int(kind))


@login_not_required
def write(request: HttpRequest, kind: str) -> HttpResponseBase:
    Group.objects.create(name="written")
    return answer(kind)


@login_not_required
@with_own_transactions
def write_apart(request: HttpRequest, kind: str) -> HttpResponseBase:
    with transaction.atomic():
        Group.objects.create(name="written")
    return answer(kind)


urlpatterns = [
    *real,
    path("write/<kind>", write),
    path("write-apart/<kind>", write_apart),
]


@override_settings(ROOT_URLCONF="core.tests.test_transactions")
class TransactionTests(TransactionTestCase):
    def kept(self, address: str, method: str = "post") -> bool:
        """Tell whether what the view wrote is there after the response."""
        client = Client(raise_request_exception=False)
        self.response = getattr(client, method)(address)
        self.assertFalse(has_begun())
        return Group.objects.filter(name="written").delete()[0] > 0

    def test_what_a_failed_view_wrote_is_taken_back(self) -> None:
        for kind, status in (
            ("500", 500), ("503", 503), ("404", 404), ("immediate-422", 422),
            ("template", 500),
        ):  # fmt: skip
            self.assertFalse(self.kept(f"/write/{kind}"), kind)
            self.assertEqual(self.response.status_code, status, kind)

    def test_what_another_view_wrote_is_kept(self) -> None:
        for kind, status in (
            ("200", 200), ("302", 302), ("422", 422), ("429", 429),
            ("immediate-302", 302),
        ):  # fmt: skip
            self.assertTrue(self.kept(f"/write/{kind}"), kind)
            self.assertEqual(self.response.status_code, status, kind)

    def test_every_method_but_the_reading_ones_has_a_transaction(self) -> None:
        for method in ("post", "put", "patch", "delete"):
            self.assertTrue(self.kept("/write/200", method))
            self.assertContains(self.response, "begun: True")
        self.assertTrue(self.kept("/write/200", "get"))
        self.assertContains(self.response, "begun: False")

    def test_a_view_may_have_transactions_of_its_own(self) -> None:
        for kind in ("200", "500", "404"):
            self.assertTrue(self.kept(f"/write-apart/{kind}"), kind)
