"""People, as moderators see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.generic import RedirectView

from accounts.languages import site_languages
from accounts.models import User
from accounts.services import change_nickname, reinstate_user, suspend_user

# Through the site's own login, so that rate limits and two factors hold.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# Its password form, too, which counts wrong ones.
admin.site.password_change = RedirectView.as_view(  # type: ignore[assignment,method-assign]
    pattern_name="account_change_password"
)
admin.site.site_header = admin.site.site_title = settings.SITE_NAME


class SuspendedFilter(admin.SimpleListFilter):
    """Suspended or not."""

    title = _("suspended")
    parameter_name = "suspended"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        """Return the two choices."""
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[User]
    ) -> QuerySet[User]:
        """Keep the people chosen."""
        if self.value() is None:
            return queryset
        return queryset.filter(suspended_at__isnull=self.value() == "no")


class LanguageFilter(admin.SimpleListFilter):
    """The language that people chose for the site; asks the database nothing."""

    title = _("language")
    parameter_name = "language"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        """Return the site's languages."""
        return list(site_languages())

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[User]
    ) -> QuerySet[User]:
        """Keep the people who chose it."""
        return queryset.filter(language=self.value()) if self.value() else queryset


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """Search, suspend and reinstate people.

    Only superusers change who is staff, groups, permissions and passwords.
    """

    list_display = (
        "username",
        "email",
        "about_me",
        "posts_link",
        "follower_count",
        "date_joined",
        "last_seen",
        "suspended_at",
    )
    list_filter = (SuspendedFilter, LanguageFilter, "is_staff", "date_joined")
    search_fields = ("username", "email", "about_me")
    ordering = ("-id",)
    actions = ("suspend", "reinstate")
    list_per_page = 50
    show_full_result_count = False
    readonly_fields = (
        "last_seen",
        "last_login",
        "date_joined",
        "suspended_at",
        "is_active",
        "follower_count",
        "following_count",
    )
    fieldsets = (
        (None, {"fields": ("username", "email", "about_me")}),
        (_("Preferences"), {"fields": ("language", "time_zone")}),
        (_("State"), {"fields": readonly_fields}),
    )
    owner_fieldsets = (
        (_("Password"), {"fields": ("password",)}),
        (
            _("Permissions"),
            {"fields": ("is_staff", "is_superuser", "groups", "user_permissions")},
        ),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "username",
                    "email",
                    "usable_password",
                    "password1",
                    "password2",
                ),
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Return what this member of the staff may change."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None and request.user.is_superuser:
            return (*fieldsets, *self.owner_fieldsets)
        return fieldsets

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Count the posts of the people on the page, by one query."""
        posts = (
            User._meta.get_field("posts")
            .related_model._default_manager.filter(author=OuterRef("pk"))
            .order_by()
            .values("author")
            .annotate(number=Count("pk"))
            .values("number")
        )
        number = Coalesce(Subquery(posts, output_field=IntegerField()), 0)
        people: QuerySet[User] = super().get_queryset(request)
        return people.annotate(post_count=number)

    @admin.display(description=_("posts"), ordering="post_count")
    def posts_link(self, person: User) -> SafeString:
        """Return the number of posts, linked to them."""
        url = reverse("admin:posts_post_changelist")
        count = person.post_count  # type: ignore[attr-defined]
        return format_html(
            '<a href="{}?author__id__exact={}">{}</a>', url, person.pk, count
        )

    def has_change_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        """Keep moderators' hands off the staff."""
        allowed = super().has_change_permission(request, obj)
        staff = obj is not None and (obj.is_staff or obj.is_superuser)
        return allowed and (request.user.is_superuser or not staff)

    def save_model(
        self, request: HttpRequest, obj: User, form: Any, change: bool
    ) -> None:
        """Store; the nickname that is given up goes on leading to the person."""
        if change and "username" in form.changed_data:
            change_nickname(user=obj, nickname=obj.username, limited=False)
        super().save_model(request, obj, form, change)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> Any:
        """Let superusers alone set somebody's password."""
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    @admin.action(description=_("Suspend the selected people"), permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Hide people and end their sessions."""
        count = self._each(request, queryset, suspend_user)
        text = ngettext("%(n)d person suspended.", "%(n)d people suspended.", count)
        self.message_user(request, text % {"n": count}, messages.SUCCESS)

    @admin.action(
        description=_("Reinstate the selected people"), permissions=["change"]
    )
    def reinstate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let people return."""
        count = self._each(request, queryset, reinstate_user)
        text = ngettext("%(n)d person reinstated.", "%(n)d people reinstated.", count)
        self.message_user(request, text % {"n": count}, messages.SUCCESS)

    def _each(
        self, request: HttpRequest, people: QuerySet[User], verb: Callable[..., bool]
    ) -> int:
        count = 0
        for person in people:
            try:
                count += verb(person=person, by=request.user)
            except ValidationError as error:
                self.message_user(request, error.messages[0], messages.ERROR)
        return count
