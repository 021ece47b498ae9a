"""Filters of the admin's lists, without queries for their choices."""

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
from posts.language_detection import language_choices


class SuspendedFilter(admin.SimpleListFilter):
    title = _("suspended")
    parameter_name = "suspended"
    path = "suspended_at"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(**{f"{self.path}__isnull": self.value() == "no"})


class AuthorSuspendedFilter(SuspendedFilter):
    title = _("author suspended")
    path = "author__suspended_at"


class UserLanguageFilter(admin.SimpleListFilter):
    title = _("language")
    parameter_name = "language"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return list(site_languages())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(language=self.value()) if self.value() else queryset


class PostLanguageFilter(UserLanguageFilter):
    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return list(language_choices())


class PostDateFilter(admin.SimpleListFilter):
    """The date of a post: a range of ids, which contain the time."""

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
        return list(self.spans.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in self.spans:
            return queryset
        start = timezone.now() - timedelta(days=int(str(self.value())))
        return queryset.filter(pk__gte=id_at(start))
