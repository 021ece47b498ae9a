"""A clock that was set forward by a month, and back again."""

from datetime import timedelta
from unittest.mock import patch

from django.core.cache import cache
from django.test import SimpleTestCase, TestCase
from django.utils import timezone

from accounts.tests.factories import create_user
from core.ids import MAX_AHEAD, IdClock, id_at, time_of
from core.testing import reset_throttling
from posts.models import Post

MONTH = timedelta(days=30)


class ClockTests(TestCase):
    def setUp(self) -> None:
        cache.clear()
        reset_throttling()
        # A process that starts after the clock was corrected.
        self.enterContext(patch("core.ids._clock", IdClock()))
        self.susan = create_user("susan", last_seen=timezone.now() + MONTH)
        self.client.force_login(self.susan)
        self.now = timezone.now()

    def post_of(self, moment_from_now: timedelta) -> Post:
        pk = id_at(self.now + moment_from_now)
        return Post.objects.create(pk=pk, author=self.susan, body="Of another clock")

    def say(self, text: str) -> Post:
        self.client.post("/", {"body": text, "language": "en"})
        return Post.objects.get(body=text)

    def test_a_post_follows_one_of_a_clock_that_differs_a_little(self) -> None:
        other = self.post_of(timedelta(minutes=2))
        self.assertGreater(self.say("I answer").pk, other.pk)

    def test_a_post_does_not_wait_for_a_month(self) -> None:
        future = self.post_of(MONTH)
        post = self.say("I write today")
        self.assertLess(abs(post.created_at - self.now), timedelta(minutes=1))
        for path in ("/", "/explore", "/user/susan"):
            rows = self.client.get(path).context["page"].rows
            self.assertEqual([row.pk for row in rows], [post.pk], path)
        for path in ("/explore.atom", "/user/susan/feed.atom"):
            response = self.client.get(path)
            self.assertContains(response, "I write today")
            self.assertNotContains(response, "Of another clock")
        page = self.client.get(f"/post/{future.pk}")
        self.assertContains(page, "just now")

    def test_a_user_last_seen_in_the_future_is_seen_again(self) -> None:
        self.client.get("/")
        self.susan.refresh_from_db()
        self.assertLess(abs(self.susan.last_seen - self.now), timedelta(minutes=1))


class IdClockTests(SimpleTestCase):
    def ids(self, *seconds: float) -> list[int]:
        """Return the ids of a process whose clock shows these seconds."""
        reset_throttling()
        clock, found = IdClock(), []
        for second in seconds:
            with patch("time.time_ns", return_value=int(second * 10**9)):
                found.append(clock.next())
        return found

    def test_a_clock_set_back_a_little_is_bridged(self) -> None:
        ids = self.ids(1e9, 1e9 - 60, 1e9 - 59)
        self.assertEqual(ids, sorted(set(ids)))

    def test_a_clock_set_forward_and_back_is_followed_and_logged(self) -> None:
        month = MONTH.total_seconds()
        with self.assertLogs("core.ids", "WARNING") as logs:
            _, far, back = self.ids(1e9, 1e9 + month, 1e9 + 1)
        self.assertEqual(time_of(far) - time_of(back), MONTH - timedelta(seconds=1))
        self.assertEqual(len(logs.output), 1)
        self.assertIn("The clock was set by 2592000 s", logs.output[0])

    def test_a_future_id_is_followed_up_to_the_bound(self) -> None:
        clock = IdClock()
        near = id_at(timezone.now() + MAX_AHEAD - timedelta(seconds=10))
        far = id_at(timezone.now() + MAX_AHEAD + timedelta(seconds=60))
        self.assertLess(clock.next(far), near)
        self.assertEqual(clock.next(near), near + 1)

    def test_a_clock_set_back_by_more_than_the_bound_is_logged(self) -> None:
        with self.assertLogs("core.ids", "WARNING") as logs:
            self.ids(1e9, 1e9 - 3 * MAX_AHEAD.total_seconds())
        self.assertEqual(len(logs.output), 1)
