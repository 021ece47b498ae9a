"""Users in the admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.address_changes import request_address_change, withdraw_address
from accounts.forms import UserAddForm
from accounts.models import User
from accounts.services import change_nickname
from moderation.admin.filters import SuspendedFilter, UserLanguageFilter
from moderation.services import (
    empty_about_me,
    reinstate_user,
    replace_nickname,
    suspend_user,
)
from posts.models import Post


@admin.register(User)
class UserAdmin(auth_admin.UserAdmin):  # type: ignore[type-arg]
    """Users can be searched, suspended and reinstated, and their texts removed.

    Moderators see public data, and what they need to judge it; they change nothing
    else. Superusers see and change the rest, but an e-mail address takes effect only
    after its confirmation.
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
    list_filter = (SuspendedFilter, UserLanguageFilter, "is_staff", "date_joined")
    search_fields = ("username", "email", "about_me")
    moderator_filter = (SuspendedFilter, "is_staff", "date_joined")
    moderator_lookups = ("suspended", "is_staff", "date_joined", "id")
    ordering = ("-id",)
    actions = ("suspend", "reinstate", "replace_nicknames", "empty_about_me")
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
    moderator_fieldsets = (
        (None, {"fields": ("username", "about_me")}),
        (
            _("State"),
            {
                "fields": (
                    "last_seen",
                    "date_joined",
                    "suspended_at",
                    "follower_count",
                    "following_count",
                )
            },
        ),
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
        if not request.user.is_superuser:
            return self.moderator_fieldsets
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj is None else (*fieldsets, *self.owner_fieldsets)

    def get_list_display(self, request: HttpRequest) -> Any:
        return self._without_address(request, self.list_display)

    def get_search_fields(self, request: HttpRequest) -> Any:
        return self._without_address(request, self.search_fields)

    def get_list_filter(self, request: HttpRequest) -> Any:
        superuser = request.user.is_superuser
        return self.list_filter if superuser else self.moderator_filter

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse moderators lookups such as ``?email__startswith=a``."""
        field = lookup.partition("__")[0]
        if not request.user.is_superuser and field not in self.moderator_lookups:
            return False
        return super().lookup_allowed(lookup, value, request)

    @staticmethod
    def _without_address(request: HttpRequest, names: tuple[str, ...]) -> Any:
        superuser = request.user.is_superuser
        return [name for name in names if superuser or name != "email"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Add the number of posts to the users on the page, by one query."""
        posts = (
            Post.objects.filter(author=OuterRef("pk"))
            .order_by()
            .values("author")
            .annotate(number=Count("pk"))
            .values("number")
        )
        number = Coalesce(Subquery(posts, output_field=IntegerField()), 0)
        users: QuerySet[User] = super().get_queryset(request)
        return users.annotate(post_count=number)

    @admin.display(description=_("posts"), ordering="post_count")
    def posts_link(self, user: User) -> SafeString:
        """Return the number of posts, linked to them."""
        url = reverse("admin:posts_post_changelist")
        count = user.post_count  # type: ignore[attr-defined]
        return format_html(
            '<a href="{}?author__id__exact={}">{}</a>', url, user.pk, count
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        """Allow superusers only, whatever permissions a group has."""
        return bool(request.user.is_superuser)

    def has_delete_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        return bool(request.user.is_superuser)

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Allow users with the permission to moderate."""
        return request.user.has_perm("accounts.moderate_user")

    def save_model(
        self, request: HttpRequest, obj: User, form: Any, change: bool
    ) -> None:
        """Save the user; a new address only takes effect after its confirmation.

        A changed nickname redirects to the new one.
        """
        if change and "username" in form.changed_data:
            change_nickname(user=obj, nickname=obj.username, limited=False)
        wanted = obj.email
        if change and "email" in form.changed_data:
            obj.email = form.initial["email"]
            super().save_model(request, obj, form, change)
            self._ask_for_address(request, obj, wanted)
            return
        super().save_model(request, obj, form, change)
        if change and withdraw_address(user=obj):
            text = _("The link to another e-mail address no longer works.")
            self.message_user(request, text, messages.WARNING)
        if not change:
            EmailAddress.objects.create(user=obj, email=wanted.lower(), primary=True)

    def _ask_for_address(self, request: HttpRequest, user: User, new: str) -> None:
        if request_address_change(user=user, new=new):
            text = _(
                "The address %(address)s takes effect when its owner has confirmed it."
            )
            self.message_user(request, text % {"address": new}, messages.WARNING)
        else:
            text = _("This e-mail address is already in use.")
            self.message_user(request, text, messages.ERROR)

    add_form = UserAddForm

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Hash the password before Django's transaction, which locks SQLite, begins."""
        if request.method == "POST":
            password = request.POST.get("password1", "")
            request.password_hash = make_password(password)  # type: ignore[attr-defined]
        return super().add_view(request, form_url, extra_context)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Pass the hash to the form of a new user."""
        form.password_hash = getattr(request, "password_hash", "")
        return super().save_form(request, form, change)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> Any:
        """Allow superusers only."""
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    @admin.action(
        description=_("Suspend the selected people"), permissions=["moderate"]
    )
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        count = self._each(request, queryset, suspend_user)
        text = ngettext("%(n)d person suspended.", "%(n)d people suspended.", count)
        self.message_user(request, text % {"n": count}, messages.SUCCESS)

    @admin.action(
        description=_("Reinstate the selected people"), permissions=["moderate"]
    )
    def reinstate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        count = self._each(request, queryset, reinstate_user)
        text = ngettext("%(n)d person reinstated.", "%(n)d people reinstated.", count)
        self.message_user(request, text % {"n": count}, messages.SUCCESS)

    @admin.action(
        description=_("Replace the nicknames of the selected people"),
        permissions=["moderate"],
    )
    def replace_nicknames(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Give users neutral nicknames."""
        count = self._each(request, queryset, replace_nickname)
        text = ngettext("%(n)d nickname replaced.", "%(n)d nicknames replaced.", count)
        self.message_user(request, text % {"n": count}, messages.SUCCESS)

    @admin.action(
        description=_("Empty “about me” of the selected people"),
        permissions=["moderate"],
    )
    def empty_about_me(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        count = self._each(request, queryset, empty_about_me)
        text = ngettext("%(n)d text emptied.", "%(n)d texts emptied.", count)
        self.message_user(request, text % {"n": count}, messages.SUCCESS)

    def _each(
        self, request: HttpRequest, users: QuerySet[User], verb: Callable[..., bool]
    ) -> int:
        count = 0
        for user in users:
            try:
                count += verb(user=user, by=request.user)
            except ValidationError as error:
                self.message_user(request, error.messages[0], messages.ERROR)
        return count
