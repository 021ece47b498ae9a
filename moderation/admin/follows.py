"""Follows, read-only."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from social.models import Follow


@admin.register(Follow)
class FollowAdmin(admin.ModelAdmin[Follow]):
    """Follows, which only the users themselves change."""

    list_display = ("follower", "followed")
    list_select_related = ()  # see PostQuerySet.with_authors
    search_fields = ("follower__username", "followed__username")
    ordering = ("-pk",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Follow]:
        return super().get_queryset(request).prefetch_related("follower", "followed")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Follow | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Follow | None = None
    ) -> bool:
        """Forbidden: the stored counts change only in ``social.services``."""
        return False
