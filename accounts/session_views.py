"""The list of one's sessions, which deletes ended ones only where it can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.views.generic.edit import FormView

from core.availability import optional_write

if TYPE_CHECKING:
    from accounts.http import SignedInRequest


class SessionListView(ListUserSessionsView):
    """django-allauth's view, without a write that has to succeed."""

    request: SignedInRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the current sessions, oldest first."""
        with optional_write():
            UserSession.objects.purge_and_list(self.request.user)
        own = UserSession.objects.filter(user=self.request.user)
        sessions = [found for found in own.order_by("created_at") if found.exists()]
        context: dict[str, Any] = FormView.get_context_data(self, **kwargs)
        return context | {
            "sessions": sessions,
            "session_count": len(sessions),
            "show_last_seen_at": False,
        }
