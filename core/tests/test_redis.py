"""Sessions in a real Redis, which may fail at any moment."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from unittest import skipUnless
from unittest.mock import patch

import redis
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.tests.factories import PASSWORD, create_user
from core import redis_cache
from core.testing import free_port, reset_throttling
from microblog.settings.caches import sessions_cache
from posts.models import Post

SERVER = shutil.which("redis-server")


@skipUnless(SERVER, "Redis was left out: install redis-server")
class RedisTests(TestCase):
    def setUp(self) -> None:
        # Longer than any test: what is counted are the lines of one outage.
        self.enterContext(patch.object(redis_cache, "PAUSE", 3600))
        reset_throttling()
        self.addCleanup(reset_throttling)
        self.port = free_port()
        self.redis = redis.Redis(port=self.port)
        self.addCleanup(self.redis.close)
        self.start()
        location = f"redis://127.0.0.1:{self.port}/0"
        sessions = sessions_cache({"LOCATION": location})
        changed = override_settings(
            CACHES={**settings.CACHES, "sessions": sessions},
            SESSION_ENGINE="django.contrib.sessions.backends.cached_db",
            SESSION_CACHE_ALIAS="sessions",
        )
        self.enterContext(changed)
        self.susan = create_user("susan", last_seen=timezone.now())
        EmailAddress.objects.create(
            user=self.susan, email=self.susan.email, verified=True, primary=True
        )

    def start(self) -> None:
        """Run a Redis until the end of the test; return when it answers."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        command = [str(SERVER), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--dir", folder]
        self.server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.kill, self.server)
        assert self.server.stdout
        log = ""
        while "eady to accept connections" not in log:
            line = self.server.stdout.readline()
            self.assertTrue(line, log)
            log += line
        redis_cache.asleep_until.clear()

    def kill(self, server: subprocess.Popen[str]) -> None:
        """Kill a Redis."""
        with server:
            server.kill()

    def sign_in(self) -> None:
        form = {"login": "susan", "password": PASSWORD}
        response = self.client.post("/account/login/", form)
        self.assertRedirects(response, "/", fetch_redirect_response=False)

    def check_posting(self, text: str) -> None:
        response = self.client.post("/", {"body": text})
        self.assertRedirects(response, "/", fetch_redirect_response=False)
        self.assertContains(self.client.get("/"), text)

    def test_the_session_costs_the_database_nothing(self) -> None:
        self.sign_in()
        self.client.get("/explore")
        self.assertTrue(self.redis.keys("*session*"))
        with self.assertNumQueries(2):  # 3 without Redis
            self.client.get("/explore")

    def test_an_ended_session_is_forgotten_within_a_minute(self) -> None:
        self.sign_in()
        self.client.get("/explore")
        for key in self.redis.keys("*session*"):
            self.assertLessEqual(self.redis.ttl(key), 60)
            self.assertGreater(self.redis.ttl(key), 0)

    @override_settings(RATE_LIMITS={**settings.RATE_LIMITS, "post": "2/m/user"})
    def test_no_limit_is_forgotten_when_it_dies(self) -> None:
        self.sign_in()
        self.check_posting("one")
        self.assertFalse(self.redis.keys("*:rl:*"))
        self.redis.flushall()
        self.kill(self.server)
        with self.assertLogs("core.redis_cache", "WARNING") as logs:
            self.check_posting("two")
        self.assertEqual(len(logs.output), 1, "one line, not one for each question")
        response = self.client.post("/", {"body": "three"})
        self.assertEqual(response.status_code, 429)
        self.assertEqual(Post.objects.count(), 2)

    def test_an_outage_is_a_line_a_minute(self) -> None:
        """However often it is asked again in the meantime."""
        self.sign_in()
        self.kill(self.server)
        with (
            patch.object(redis_cache, "PAUSE", 0),
            self.assertLogs("core.redis_cache", "WARNING") as logs,
        ):
            for _ in range(5):
                self.assertEqual(self.client.get("/").status_code, 200)
        self.assertEqual(len(logs.output), 1)

    def test_is_used_again_when_it_returns(self) -> None:
        self.sign_in()
        self.kill(self.server)
        with self.assertLogs("core.redis_cache", "WARNING"):
            self.check_posting("while it was gone")
        self.start()
        self.check_posting("when it was back")
        self.assertTrue(self.redis.keys("*session*"))

    def test_signs_in_and_out_without_it(self) -> None:
        self.kill(self.server)
        with self.assertLogs("core.redis_cache", "WARNING"):
            self.sign_in()
        self.assertEqual(self.client.get("/").status_code, 200)
        self.client.post("/account/logout/")
        self.assertEqual(self.client.get("/").status_code, 302)
        self.assertFalse(Session.objects.exists())

    def test_continues_when_it_hangs(self) -> None:
        self.sign_in()
        self.server.send_signal(signal.SIGSTOP)
        with self.assertLogs("core.redis_cache", "WARNING") as logs:
            self.check_posting("while it hangs")
        self.assertEqual(len(logs.output), 1)
