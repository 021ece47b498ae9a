"""Times in the reader's language and zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.template import Context, Template
from django.test import SimpleTestCase
from django.utils import timezone, translation

from core.ids import id_at, time_of
from core.templatetags.times import time_ago

LONG_AGO = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)


class TimeTests(SimpleTestCase):
    def test_ago(self) -> None:
        now = timezone.now()
        for delta, english, spanish in (
            (timedelta(seconds=5), "just now", "ahora mismo"),
            (timedelta(minutes=1, seconds=5), "1 minute ago", "hace 1 minuto"),
            (timedelta(hours=3, minutes=1), "3 hours ago", "hace 3 horas"),
            (timedelta(days=6, minutes=1), "6 days ago", "hace 6 días"),
        ):
            self.assertEqual(time_ago(now - delta), english)
            with translation.override("es"):
                self.assertEqual(time_ago(now - delta), spanish)

    def test_dates_in_the_readers_zone(self) -> None:
        self.assertEqual(time_ago(LONG_AGO), "March 1, 2026")
        with timezone.override(ZoneInfo("Asia/Tokyo")), translation.override("es"):
            self.assertEqual(time_ago(LONG_AGO), "2 de marzo de 2026")

    def test_tags(self) -> None:
        template = Template(
            "{% load times %}{% relative_time m %}{% calendar_date m %}"
        )
        html = template.render(Context({"m": LONG_AGO}))
        self.assertEqual(html.count('datetime="2026-03-01T23:30:00+00:00"'), 2)
        self.assertIn("data-relative", html)

    def test_ids_carry_the_time(self) -> None:
        self.assertEqual(time_of(id_at(LONG_AGO)), LONG_AGO)
