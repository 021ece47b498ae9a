"""The worker deletes expired rows in small batches."""

from datetime import timedelta
from importlib import import_module

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import TestCase
from django.utils import timezone

from accounts.tests.factories import create_user
from core.pruning import PRUNED_AT_ONCE
from core.tasks import RetryingWorker


class PruningTests(TestCase):
    def tidy(self) -> None:
        """Prune, as the worker does every few minutes."""
        worker = RetryingWorker()
        worker._prune()

    def test_expired_sessions_go_and_live_ones_stay(self) -> None:
        susan = create_user("susan")
        self.client.force_login(susan)
        past = timezone.now() - timedelta(days=20)
        Session.objects.bulk_create(
            Session(session_key=f"old{n}", session_data="x", expire_date=past)
            for n in range(PRUNED_AT_ONCE + 10)
        )
        live = self.client.session.session_key
        for key in "old1", live:
            UserSession.objects.create(
                user=susan,
                session_key=key,
                ip="127.0.0.1",
                user_agent="x",
                created_at=past,
            )
        self.tidy()
        self.assertEqual(Session.objects.count(), 11, "Not all at once.")
        self.tidy()
        self.assertEqual(Session.objects.get().session_key, live)
        self.assertEqual(UserSession.objects.get().session_key, live)
        self.assertEqual(self.client.get("/").status_code, 200)

    def test_a_session_listed_before_it_is_stored_stays(self) -> None:
        susan, now = create_user("susan"), timezone.now()
        for key, age in ("new", 50), ("old", 70):
            UserSession.objects.create(
                user=susan,
                session_key=key,
                ip="127.0.0.1",
                user_agent="x",
                created_at=now - timedelta(minutes=age),
            )
        self.tidy()
        self.assertEqual(UserSession.objects.get().session_key, "new")

    def test_expired_confirmations_go(self) -> None:
        address = EmailAddress.objects.create(
            user=create_user("susan"), email="new@example.com"
        )
        for days in 1, 400:
            EmailConfirmation.objects.create(
                email_address=address,
                key=f"key{days}",
                sent=timezone.now() - timedelta(days=days),
            )
        self.tidy()
        self.assertEqual(EmailConfirmation.objects.get().key, "key1")

    def test_every_engine_of_sessions_has_rows(self) -> None:
        store = import_module(settings.SESSION_ENGINE).SessionStore
        self.assertIs(store.get_model_class(), Session)
