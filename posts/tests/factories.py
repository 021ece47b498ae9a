"""Posts for tests."""

from datetime import datetime

from accounts.models import User
from core.ids import RANDOM_BITS, id_at, next_id
from posts.models import Post


def create_post(
    author: User,
    body: str = "Hello from the test.",
    language: str = "en",
    created_at: datetime | None = None,
) -> Post:
    """Return a stored post, published now or at ``created_at``."""
    tail = next_id() & ((1 << RANDOM_BITS) - 1)
    pk = next_id() if created_at is None else id_at(created_at) | tail
    return Post.objects.create(pk=pk, author=author, body=body, language=language)
