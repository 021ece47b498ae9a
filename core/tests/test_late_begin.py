"""A request's transaction begins with its first write."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, SimpleTestCase, TransactionTestCase, override_settings
from django.urls import path

from core.databases.late_begin import late_connection, only_reads
from microblog.urls import urlpatterns as real


def has_begun() -> bool:
    """Return whether the database itself is in a transaction."""
    raw = connection.connection
    match connection.vendor:
        case "sqlite":
            return bool(raw.in_transaction)
        case "postgresql":
            return raw.info.transaction_status.name != "IDLE"
    return not raw.get_autocommit()


@login_not_required
def write(request: HttpRequest) -> HttpResponse:
    Group.objects.count()
    states = [has_begun()]
    if "block" in request.GET:
        with transaction.atomic():
            states.append(has_begun())
    Group.objects.create(name="one")
    states.append(has_begun())
    with late_connection().outside_transaction() as outside:
        states.append(outside)
    Group.objects.create(name="two")
    transaction.on_commit(lambda: states.append("committed"))
    if "fail" in request.GET:
        raise RuntimeError
    response = HttpResponse("ok")
    response.states = states
    return response


urlpatterns = [*real, path("write", write)]


class OnlyReadsTests(SimpleTestCase):
    def test_tells_statements_apart(self) -> None:
        for sql in (
            "SELECT 1", " (select 2) UNION (SELECT 3)", "EXPLAIN SELECT 1",
            'SELECT "for_update" FROM t',
        ):  # fmt: skip
            self.assertTrue(only_reads(sql), sql)
        for sql in (
            "INSERT INTO t VALUES (1)", "UPDATE t SET a = 1", "SAVEPOINT x",
            "SELECT 1 FROM t FOR UPDATE", "SELECT 1 FROM t FOR NO KEY UPDATE",
            "SELECT 1 FROM t FOR SHARE", "WITH x AS (DELETE FROM t) SELECT 1",
        ):  # fmt: skip
            self.assertFalse(only_reads(sql), sql)


@override_settings(ROOT_URLCONF="core.tests.test_late_begin")
class LateBeginTests(TransactionTestCase):
    def written(self) -> int:
        return Group.objects.filter(name__in=["one", "two"]).count()

    def test_begins_with_the_first_write(self) -> None:
        states = self.client.post("/write").states
        self.assertEqual(states, [False, True, False, "committed"])
        self.assertEqual(self.written(), 2)
        self.assertFalse(has_begun())

    def test_begins_with_an_atomic_block(self) -> None:
        states = self.client.post("/write?block=1").states
        self.assertEqual(states, [False, True, True, False, "committed"])

    def test_a_failed_request_leaves_nothing(self) -> None:
        client = Client(raise_request_exception=False)
        for query in ("fail=1", "fail=1&block=1"):
            self.assertEqual(client.post(f"/write?{query}").status_code, 500)
            self.assertEqual(self.written(), 0, query)
            self.assertFalse(has_begun())
        names = [wrapper.__name__ for wrapper in connection.execute_wrappers]
        self.assertNotIn("_begin_before_write", names)

    def test_other_transactions_begin_at_once(self) -> None:
        self.client.post("/write")
        with transaction.atomic():
            Group.objects.count()
            self.assertTrue(has_begun())

    def test_a_connection_that_was_lost_begins_afresh(self) -> None:
        late = late_connection()
        with self.assertRaises(RuntimeError), late.begin_late(), transaction.atomic():
            connection.close()
            raise RuntimeError
        self.assertEqual(self.client.post("/write").states[0], False)
        self.assertEqual(self.written(), 2)
