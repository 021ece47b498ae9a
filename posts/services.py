"""Writes of posts that have effects outside their row."""

from django.db import transaction

from accounts.models import User
from posts.models import Post
from posts.signals import post_deleted, post_published


@transaction.atomic
def publish_post(*, author: User, body: str, language: str = "") -> Post:
    """Store a post that the form has cleaned, announce and return it."""
    post = Post.objects.create(author=author, body=body, language=language)
    post_published.send(sender=Post, post=post)
    return post


@transaction.atomic
def delete_post(*, post: Post) -> None:
    """Delete a post and announce it; who may, the caller has checked."""
    post_deleted.send(sender=Post, post=post)
    post.delete()
