"""Posts, as moderators see them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.ids import id_at
from posts.language import language_choices
from posts.models import Post, PostQuerySet
from posts.services import delete_post


class SaidFilter(admin.SimpleListFilter):
    """When it was said: a range of ids, which carry the time."""

    title = _("date")
    parameter_name = "said"
    spans = {"1": _("Today"), "7": _("Past 7 days"), "30": _("Past 30 days")}

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        """Return the choices."""
        return list(self.spans.items())

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Post]
    ) -> QuerySet[Post]:
        """Keep the posts of the last days."""
        if self.value() not in self.spans:
            return queryset
        start = timezone.now() - timedelta(days=int(str(self.value())))
        return queryset.filter(pk__gte=id_at(start))


class LanguageFilter(admin.SimpleListFilter):
    """The post's language, by its own name; asks the database nothing."""

    title = _("language")
    parameter_name = "language"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        """Return the languages."""
        return list(language_choices())

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Post]
    ) -> QuerySet[Post]:
        """Keep the posts in one language."""
        return queryset.filter(language=self.value()) if self.value() else queryset


class AuthorSuspendedFilter(admin.SimpleListFilter):
    """Whether the author is suspended."""

    title = _("author suspended")
    parameter_name = "suspended"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        """Return the two choices."""
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Post]
    ) -> QuerySet[Post]:
        """Keep the posts of people in that state."""
        if self.value() is None:
            return queryset
        return queryset.filter(author__suspended_at__isnull=self.value() == "no")


@admin.register(Post)
class PostAdmin(admin.ModelAdmin[Post]):
    """Find posts and delete them; what somebody said is never changed."""

    list_display = ("body", "author", "language", "said")
    list_select_related = ()  # see PostQuerySet.with_authors
    list_filter = (SaidFilter, LanguageFilter, AuthorSuspendedFilter)
    search_fields = ("body", "author__username")
    search_help_text = _("Words of the text, or a nickname")
    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    raw_id_fields = ("author",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Let the list of people link to somebody's posts."""
        return lookup == "author__id__exact" or super().lookup_allowed(
            lookup, value, request
        )

    def get_queryset(self, request: HttpRequest) -> PostQuerySet:
        """Return the posts with their authors."""
        return Post.objects.with_authors()

    @admin.display(description=_("said"), ordering="pk")
    def said(self, post: Post) -> datetime:
        """Return when it was said."""
        return post.created_at

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody speaks for others."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Post | None = None
    ) -> bool:
        """Nobody changes what others said."""
        return False

    def delete_model(self, request: HttpRequest, obj: Post) -> None:
        """Delete one post, and what knows of it."""
        delete_post(post=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Delete the selected posts, and what knows of them."""
        for post in queryset:
            delete_post(post=post)
