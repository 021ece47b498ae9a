"""Filters of the admin's lists; each asks the database nothing but what is chosen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.languages import site_languages
from core.ids import id_at
from posts.language import language_choices


class SuspendedFilter(admin.SimpleListFilter):
    """Suspended users, or the others."""

    title = _("suspended")
    parameter_name = "suspended"
    path = "suspended_at"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        """Return the two choices."""
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of users in that state."""
        if self.value() is None:
            return queryset
        return queryset.filter(**{f"{self.path}__isnull": self.value() == "no"})


class AuthorSuspendedFilter(SuspendedFilter):
    """Posts of suspended users, or of the others."""

    title = _("author suspended")
    path = "author__suspended_at"


class UserLanguageFilter(admin.SimpleListFilter):
    """The language that users chose for the site."""

    title = _("language")
    parameter_name = "language"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        """Return the site's languages."""
        return list(site_languages())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows in one language."""
        return queryset.filter(language=self.value()) if self.value() else queryset


class PostLanguageFilter(UserLanguageFilter):
    """The language of posts."""

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        """Return the languages that posts may have."""
        return list(language_choices())


class PostDateFilter(admin.SimpleListFilter):
    """When a post was published: a range of ids, which carry the time."""

    title = _("date")
    parameter_name = "said"
    spans: ClassVar = {
        "1": _("Today"),
        "7": _("Past 7 days"),
        "30": _("Past 30 days"),
    }

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        """Return the choices."""
        return list(self.spans.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the posts of the last days."""
        if self.value() not in self.spans:
            return queryset
        start = timezone.now() - timedelta(days=int(str(self.value())))
        return queryset.filter(pk__gte=id_at(start))
