"""Sign-ups that wait for approval, and invitations."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Invitation, SignUpRequest
from accounts.sign_ups import decide_sign_up, store_invitation
from core.links import absolute_url

if TYPE_CHECKING:
    from accounts.models import User

INVITATION_DAYS = 14


class SignUpStateFilter(admin.SimpleListFilter):
    """The state of a request; those that wait are the default."""

    title = gettext_lazy("state")
    parameter_name = "state"
    states = {"approved": True, "refused": False}

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [("approved", _("Approved")), ("refused", _("Refused"))]

    def choices(self, changelist: Any) -> Any:
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": _("Waiting")} if number == 0 else choice

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[SignUpRequest]
    ) -> QuerySet[SignUpRequest]:
        return queryset.filter(approved=self.states.get(self.value() or ""))


@admin.register(SignUpRequest)
class SignUpRequestAdmin(admin.ModelAdmin[SignUpRequest]):
    """Requests of users with a confirmed address, which is not shown."""

    list_display = ("user", "reason", "created_at", "decided_by", "decided_at")
    list_display_links = None
    list_filter = (SignUpStateFilter,)
    list_select_related = ("user", "decided_by")
    list_per_page = 50
    fields = ("user", "reason", "created_at", "approved", "decided_by", "decided_at")
    search_fields = ("user__username", "reason")
    actions = ("approve", "refuse")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignUpRequest]:
        """Exclude users who have not confirmed their address yet."""
        confirmed = EmailAddress.objects.filter(user=OuterRef("user"), verified=True)
        return super().get_queryset(request).filter(Exists(confirmed))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: SignUpRequest | None = None
    ) -> bool:
        """Nobody changes who asked for what, or what was decided."""
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Return whether this member of the staff approves and refuses."""
        return request.user.has_perm("accounts.change_signuprequest")

    def has_delete_permission(
        self, request: HttpRequest, obj: SignUpRequest | None = None
    ) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer the two decisions only."""
        return {
            name: action
            for name, action in super().get_actions(request).items()
            if name in self.actions
        }

    @admin.action(
        description=gettext_lazy("Approve the selected people"), permissions=["decide"]
    )
    def approve(self, request: HttpRequest, queryset: QuerySet[SignUpRequest]) -> None:
        count = self._decide(request, queryset, approved=True)
        text = ngettext("%(n)d person approved.", "%(n)d people approved.", count)
        self.message_user(request, text % {"n": count}, messages.SUCCESS)

    @admin.action(
        description=gettext_lazy("Refuse the selected people"), permissions=["decide"]
    )
    def refuse(self, request: HttpRequest, queryset: QuerySet[SignUpRequest]) -> None:
        count = self._decide(request, queryset, approved=False)
        text = ngettext("%(n)d person refused.", "%(n)d people refused.", count)
        self.message_user(request, text % {"n": count}, messages.SUCCESS)

    def _decide(
        self, request: HttpRequest, rows: QuerySet[SignUpRequest], *, approved: bool
    ) -> int:
        count = 0
        by = cast("User", request.user)  # users of the admin are signed in
        for row in rows.select_related("user"):
            try:
                decided = decide_sign_up(request=row, approved=approved, by=by)
            except ValidationError as error:
                self.message_user(request, error.messages[0], messages.ERROR)
                continue
            if decided:
                text = _("Approved.") if approved else _("Refused.")
                self.log_change(request, row, text)
                count += 1
        return count


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin[Invitation]):
    """Invitations can be added and deleted, never changed."""

    list_display = ("__str__", "uses_left", "ends_at", "created_by", "created_at")
    list_display_links = None
    list_select_related = ("created_by",)
    fields = ("note", "uses_left", "ends_at")
    show_full_result_count = False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Default to one use within two weeks."""
        return {"uses_left": 1, "ends_at": timezone.now() + timedelta(INVITATION_DAYS)}

    def has_change_permission(
        self, request: HttpRequest, obj: Invitation | None = None
    ) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Invitation, form: Any, change: bool
    ) -> None:
        """Store the invitation and show its link, this once."""
        obj.created_by = request.user  # type: ignore[assignment]
        token = store_invitation(obj)
        link = absolute_url(reverse("accounts:invitation", args=[token]))
        text = _("Copy the link now, it is not shown again: %(link)s") % {"link": link}
        self.message_user(request, text, messages.WARNING)
