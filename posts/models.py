"""Posts and their translations."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.bidi import isolate
from core.fields import CleanCharField
from core.ids import latest_id, next_id, time_of
from core.links import path_to

if TYPE_CHECKING:
    from datetime import datetime

POST_MAX_LENGTH = 140
TRANSLATION_MAX_LENGTH = 2000


class PostQuerySet(models.QuerySet["Post"]):
    def visible(self) -> PostQuerySet:
        """Return the posts of users who are neither suspended nor inactive.

        A sub-query rather than a join, so that the planner keeps walking the posts in
        the order of their ids.
        """
        hidden = User.objects.suspended().values("pk")
        return self.exclude(author_id__in=hidden)

    def by(self, author: User) -> PostQuerySet:
        return self.filter(author=author)

    def with_authors(self) -> PostQuerySet:
        """Fetch the authors by a separate query.

        With a join, MariaDB would start with all users and sort all their posts.
        """
        return self.prefetch_related("author")

    def newest_first(self) -> PostQuerySet:
        """Order by id, and so by time, newest first, without posts from the future.

        Posts from a clock that was set back since are left out until their time.
        """
        return self.filter(pk__lte=latest_id()).order_by("-pk")


class Post(models.Model):
    """A text of at most 140 characters by one author.

    The id contains the time (``core.ids``). ``language`` is a tag such as ``en`` or
    ``zh``, detected when the post is published, '' if unknown. ``submission`` is the
    number of the form's submission, so that a double click posts once.
    """

    id = models.BigIntegerField(primary_key=True, default=next_id, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="posts",
        db_index=False,
        verbose_name=_("author"),
    )
    body = CleanCharField(_("text"), max_length=POST_MAX_LENGTH)
    language = CleanCharField(_("language"), max_length=5, blank=True)
    submission = models.BigIntegerField(null=True, editable=False)

    objects: ClassVar[PostQuerySet] = PostQuerySet.as_manager()  # type: ignore[assignment]

    if TYPE_CHECKING:
        author_id: int

    class Meta:
        """One index for every list of one author's posts."""

        verbose_name = _("post")
        verbose_name_plural = _("posts")
        indexes = (models.Index(fields=["author", "id"], name="posts_post_author_id"),)
        constraints = (
            # The number is first, or MariaDB uses this index for lists of posts.
            models.UniqueConstraint(
                fields=["submission", "author"], name="posts_post_submission_once"
            ),
            models.CheckConstraint(
                # By its length: MariaDB's collations take a lone accent for "".
                condition=GreaterThan(Length("body"), 0),
                name="posts_post_body_not_empty",
                violation_error_message=_("Please write something before you post."),
            ),
            # SQLite does not enforce the length of a column.
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("body"), POST_MAX_LENGTH),
                name="posts_post_body_length",
            ),
        )

    def __str__(self) -> str:
        return isolate(self.body)

    def get_absolute_url(self) -> str:
        return path_to("posts:post", self.pk)

    @property
    def key(self) -> str:
        """Return the id as text, which templates do not format as a number."""
        return str(self.pk)

    @property
    def created_at(self) -> datetime:
        """Return when it was published, in UTC."""
        return time_of(self.pk)

    @property
    def has_link(self) -> bool:
        """Return whether the text may contain links; ``urlize`` is slow."""
        return "://" in self.body or "www." in self.body


class Translation(models.Model):
    """A post's text in another language, stored so that it is paid for once.

    While a process asks the service, ``text`` is empty, and after ``asking_until`` that
    process counts as dead.
    """

    post = models.ForeignKey(
        Post, on_delete=models.CASCADE, related_name="translations", db_index=False
    )
    language = CleanCharField(max_length=5)
    text = CleanCharField(max_length=TRANSLATION_MAX_LENGTH, blank=True)
    service = models.CharField(max_length=40)
    asking_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["post", "language"], name="posts_translation_unique"
            ),
        )

    def __str__(self) -> str:
        return isolate(self.text)
