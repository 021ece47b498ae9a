"""The haystack indexes: tokens only, never the texts."""

from __future__ import annotations

from django.db.models import QuerySet
from haystack import indexes

from accounts.models import User
from posts.models import Post
from search.analysis import index_text


def author_token(pk: int) -> str:
    """Return the token that marks an author's posts."""
    return f"u{pk}"


class PostIndex(indexes.SearchIndex, indexes.Indexable):
    text = indexes.CharField(document=True)
    author = indexes.CharField()
    language = indexes.CharField(model_attr="language")

    def get_model(self) -> type[Post]:
        return Post

    def prepare_text(self, post: Post) -> str:
        return index_text(post.body)

    def prepare_author(self, post: Post) -> str:
        return author_token(post.author_id)

    def index_queryset(self, using: str | None = None) -> QuerySet[Post]:
        """Return all posts; permissions are checked when results are shown."""
        return Post.objects.order_by("pk")


class UserIndex(indexes.SearchIndex, indexes.Indexable):
    """Users: nickname and about me, in a field of their own."""

    text = indexes.CharField(document=True)
    users = indexes.CharField()

    def get_model(self) -> type[User]:
        return User

    def prepare_text(self, user: User) -> str:
        """Return '': this field is for words of posts."""
        return ""

    def prepare_users(self, user: User) -> str:
        """Return the tokens by which a user is found.

        A nickname is one word, and the words between its dots and underscores.
        """
        nickname = user.username.casefold().replace("_", " ").replace(".", " ")
        return f"{index_text(nickname)} {index_text(user.about_me)} " + index_text(
            user.username
        )

    def index_queryset(self, using: str | None = None) -> QuerySet[User]:
        users: QuerySet[User] = User.objects.order_by("pk")
        return users
