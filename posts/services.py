"""Publishing and deleting of posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from core.ids import next_id_after
from core.transactions import lock_rows
from posts.models import Post

if TYPE_CHECKING:
    from accounts.models import User


ID_ATTEMPTS = 3


def publish_post(
    *, author: User, body: str, language: str = "", submission: int | None = None
) -> Post:
    """Store a post with a text that a form has cleaned, and return it.

    ``submission`` identifies a submission of the form: a second one with the same
    number, as from a double click, returns the post of the first.
    """
    for _attempt in range(ID_ATTEMPTS):
        post = Post(
            pk=next_id_after(Post.objects.all()),
            author=author,
            body=body,
            language=language,
            submission=submission,
        )
        try:
            with transaction.atomic():
                post.save(force_insert=True)
        except IntegrityError:
            if submission is not None:
                first = Post.objects.filter(author=author, submission=submission)
                if found := first.first():
                    return found
            # Two processes may choose the same id within one millisecond.
            if not Post.objects.filter(pk=post.pk).exists():
                raise
        else:
            return post
    message = f"The ids of {ID_ATTEMPTS} attempts were all taken."
    raise IntegrityError(message)


@transaction.atomic
def delete_post(*, post: Post) -> None:
    """Delete a post; the caller has checked the permission."""
    lock_rows(Post.objects.values_list("pk"), [post.pk], deleting=True)
    post.delete()
