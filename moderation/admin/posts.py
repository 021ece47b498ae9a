"""Posts in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from moderation.admin.filters import (
    AuthorSuspendedFilter,
    PostDateFilter,
    PostLanguageFilter,
)
from posts.models import Post, PostQuerySet
from posts.services import delete_post

if TYPE_CHECKING:
    from datetime import datetime


@admin.register(Post)
class PostAdmin(admin.ModelAdmin[Post]):
    """Posts can be searched and deleted, never changed."""

    list_display = ("body", "author", "language", "published")
    list_select_related = ()  # see PostQuerySet.with_authors
    list_filter = (PostDateFilter, PostLanguageFilter, AuthorSuspendedFilter)
    search_fields = ("body", "author__username")
    search_help_text = _("Words of the text, or a nickname")
    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    raw_id_fields = ("author",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the links from the list of users to their posts."""
        return lookup == "author__id__exact" or super().lookup_allowed(
            lookup, value, request
        )

    def get_queryset(self, request: HttpRequest) -> PostQuerySet:
        return Post.objects.with_authors()

    @admin.display(description=_("published"), ordering="pk")
    def published(self, post: Post) -> datetime:
        return post.created_at

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Post | None = None
    ) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Post) -> None:
        """Delete a post by the service, which also updates the search index."""
        delete_post(post=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Delete each post by the service."""
        for post in queryset:
            delete_post(post=post)
