"""A test case with an index in its own folder."""

import tempfile
from pathlib import Path
from unittest.mock import patch

from django.conf import settings
from django.test import TestCase
from haystack import connections
from haystack.backends import BaseSearchBackend
from haystack.query import SearchQuerySet
from haystack.utils.loading import load_backend

from core.testing import run_tasks


class SearchTestCase(TestCase):
    """Starts with an empty index; ``index()`` runs the worker's tasks."""

    def setUp(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.use_index(folder / "index")

    def use_index(self, path: Path) -> None:
        """Use the index at ``path`` until the end of the test."""
        connection = settings.HAYSTACK_CONNECTIONS["default"]
        self.enterContext(patch.dict(connection, PATH=str(path)))
        connections.reload("default")
        self.addCleanup(connections.reload, "default")

    def index(self) -> None:
        run_tasks()

    def another_process(self) -> BaseSearchBackend:
        """Return the backend of another process of the site."""
        engine = load_backend(settings.HAYSTACK_CONNECTIONS["default"]["ENGINE"])
        backend: BaseSearchBackend = engine("default").get_backend()
        return backend

    def hits(self, backend: BaseSearchBackend, word: str) -> int:
        """Return how many posts with ``word`` a process finds."""
        query = SearchQuerySet().filter(text=word).query
        found = backend.search(query.build_query(), end_offset=10)
        return int(found["hits"])
