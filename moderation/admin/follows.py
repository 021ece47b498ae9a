"""Who follows whom, to look at."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from social.models import Follow


@admin.register(Follow)
class FollowAdmin(admin.ModelAdmin[Follow]):
    """The relation; it is changed by the people themselves."""

    list_display = ("follower", "followed")
    list_select_related = ()  # see PostQuerySet.with_authors
    search_fields = ("follower__username", "followed__username")
    ordering = ("-pk",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Follow]:
        """Return the relation with its people."""
        return super().get_queryset(request).prefetch_related("follower", "followed")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody follows for others."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Follow | None = None
    ) -> bool:
        """Nobody changes whom others follow."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Follow | None = None
    ) -> bool:
        """The stored counts go with the people's own verbs."""
        return False
