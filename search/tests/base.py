"""An index in a folder of its own for each test."""

import tempfile
from typing import ClassVar

from django.conf import settings
from django.test import TestCase
from haystack import connections

from microblog.lib.testing import run_tasks


class SearchTestCase(TestCase):
    """Starts with an empty index; ``index()`` lets the worker do its tasks."""

    folder: ClassVar[str]

    def setUp(self) -> None:
        backend = connections["default"].get_backend()
        if "whoosh" in settings.HAYSTACK_CONNECTIONS["default"]["ENGINE"]:
            backend.path = self.enterContext(tempfile.TemporaryDirectory())
            backend.setup_complete = False
        else:
            backend.clear()

    def index(self) -> None:
        run_tasks()
