"""The signal processor: the index follows posts and users, through tasks."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from haystack.signals import BaseSignalProcessor

from accounts.models import User
from posts.models import Post
from search.tasks import index_change

INDEXED_FIELDS = {Post: {"body", "language", "author"}, User: {"username", "about_me"}}


class TaskSignalProcessor(BaseSignalProcessor):
    """A haystack signal processor that enqueues a task in the same transaction."""

    def setup(self) -> None:
        """Connect to saves and deletes of posts and users."""
        for model in INDEXED_FIELDS:
            post_save.connect(self.handle_save, sender=model)
            post_delete.connect(self.handle_delete, sender=model)

    def teardown(self) -> None:
        for model in INDEXED_FIELDS:
            post_save.disconnect(self.handle_save, sender=model)
            post_delete.disconnect(self.handle_delete, sender=model)

    def handle_save(self, sender: type[Model], instance: Model, **kwargs: Any) -> None:
        """Enqueue an update, unless no indexed field was saved."""
        saved = kwargs.get("update_fields")
        if saved is None or INDEXED_FIELDS[sender] & set(saved):
            index_change.enqueue(sender._meta.label_lower, instance.pk)

    def handle_delete(
        self, sender: type[Model], instance: Model, **kwargs: Any
    ) -> None:
        index_change.enqueue(sender._meta.label_lower, instance.pk)
