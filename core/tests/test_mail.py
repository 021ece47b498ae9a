"""Mail is sent in the background, and an outage of the mail server loses none."""

import threading
from contextlib import suppress
from datetime import timedelta
from socketserver import StreamRequestHandler, ThreadingTCPServer
from unittest.mock import patch

from django.core.mail import EmailMultiAlternatives, get_connection, send_mail
from django.db import transaction
from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from core.tasks import MAX_ATTEMPTS, requeue_lost
from core.testing import free_port, mail_server, run_tasks


class MailTests(TestCase):
    def setUp(self) -> None:
        self.port = free_port()
        self.enterContext(
            override_settings(
                EMAIL_BACKEND="core.mail.QueuedEmailBackend",
                DELIVERY_EMAIL_BACKEND="core.smtp.EmailBackend",
                EMAIL_HOST="127.0.0.1",
                EMAIL_PORT=self.port,
                EMAIL_TIMEOUT=2,
            )
        )

    def send(self, to: str = "susan@example.com") -> None:
        send_mail("Hello ñ 👋", "A text.", "site@example.com", [to])

    def test_arrives_with_its_html(self) -> None:
        mail = EmailMultiAlternatives("Hi", "text", "a@example.com", ["b@example.com"])
        mail.attach_alternative("<p>html</p>", "text/html")
        mail.extra_headers["X-Kind"] = "test"
        with mail_server(self.port) as arrived:
            mail.send()
            self.assertEqual(arrived, [])
            run_tasks()
        self.assertEqual(len(arrived), 1)
        self.assertEqual(arrived[0]["X-Kind"], "test")
        kinds = [part.get_content_type() for part in arrived[0].walk()]
        self.assertIn("text/html", kinds)

    def test_arrives_once_after_an_outage(self) -> None:
        self.send()
        message = DBTaskResult.objects.get().args_kwargs["args"][0]["headers"]
        run_tasks()
        run_tasks(delayed=True)
        with mail_server(self.port) as arrived:
            run_tasks()
            self.assertEqual(arrived, [], "It waits before it tries again.")
            run_tasks(delayed=True)
            run_tasks(delayed=True)
        self.assertEqual([mail["To"] for mail in arrived], ["susan@example.com"])
        for name in ("Message-ID", "Date"):
            self.assertEqual(arrived[0].get_all(name), [message[name]])

    def test_a_server_that_drips_is_given_up(self) -> None:
        """Each line of its first response arrives in time; they never end."""
        ended = threading.Event()

        class Dripping(StreamRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    while not ended.wait(0.05):
                        self.wfile.write(b"220-slow\r\n")

        with ThreadingTCPServer(("127.0.0.1", self.port), Dripping) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                self.send()
                with patch("core.mail.DELIVERY_SECONDS", 0.5):
                    run_tasks()
            finally:
                ended.set()
                server.shutdown()
                thread.join()
        waiting = DBTaskResult.objects.get()
        self.assertEqual(waiting.status, "READY")
        self.assertIn("SMTPServerDisconnected", waiting.traceback)

    def test_a_recipient_refused_for_good_is_given_up_at_once(self) -> None:
        with mail_server(self.port, refuse={"gone@example.com": "550 no such person"}):
            self.send("gone@example.com")
            run_tasks()
        row = DBTaskResult.objects.get()
        self.assertEqual((row.status, len(row.worker_ids)), ("FAILED", 1))

    def test_a_recipient_refused_for_now_is_tried_again(self) -> None:
        with mail_server(self.port, refuse={"full@example.com": "452 mailbox full"}):
            self.send("full@example.com")
            run_tasks()
        self.assertEqual(DBTaskResult.objects.get().status, "READY")

    def test_a_text_refused_for_good_is_given_up_and_for_now_tried_again(self) -> None:
        for answer, status in ("554 spam", "FAILED"), ("451 later", "READY"):
            DBTaskResult.objects.all().delete()
            with self.subTest(answer), mail_server(self.port, refuse_text=answer):
                self.send()
                run_tasks()
                row = DBTaskResult.objects.get()
                self.assertEqual((row.status, len(row.worker_ids)), (status, 1))

    def test_is_given_up_after_many_attempts(self) -> None:
        self.send()
        for _ in range(MAX_ATTEMPTS + 1):
            run_tasks(delayed=True)
        row = DBTaskResult.objects.get()
        self.assertEqual((row.status, len(row.worker_ids)), ("FAILED", MAX_ATTEMPTS))

    def test_a_transaction_that_fails_sends_nothing(self) -> None:
        try:
            with transaction.atomic():
                self.send()
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        self.assertFalse(DBTaskResult.objects.exists())

    def test_a_task_whose_worker_died_runs_again(self) -> None:
        self.send()
        DBTaskResult.objects.update(
            status="RUNNING", started_at=timezone.now() - timedelta(hours=1)
        )
        self.assertEqual(requeue_lost(), 1)
        with mail_server(self.port) as arrived:
            run_tasks()
        self.assertEqual(len(arrived), 1)

    def test_a_refused_sender_is_our_trouble_and_tried_again(self) -> None:
        with mail_server(self.port, refuse_sender="550 who are you"):
            self.send()
            run_tasks()
        self.assertEqual(DBTaskResult.objects.get().status, "READY")

    def test_an_error_after_acceptance_sends_no_second_mail(self) -> None:
        with mail_server(self.port, hang_up=True) as arrived:
            self.send()
            run_tasks()
            run_tasks(delayed=True)
        self.assertEqual(len(arrived), 1)


class TimeoutTests(SimpleTestCase):
    def test_each_answer_of_the_server_is_awaited_for_ten_seconds(self) -> None:
        self.assertEqual(get_connection("core.smtp.EmailBackend").timeout, 10)
