"""Groups, whose names follow the rule for every text."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest

from core.text import CleanTextField

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(auth_admin.GroupAdmin):
    """Django's page of groups."""

    def formfield_for_dbfield(
        self,
        db_field: models.Field[Any, Any],
        request: HttpRequest,
        **kwargs: Any,
    ) -> Any:
        """Clean the name."""
        if db_field.name != "name":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        return CleanTextField(
            label=db_field.verbose_name,
            limit=db_field.max_length or 0,
            widget=AdminTextInputWidget(),
        )
