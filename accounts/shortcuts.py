"""Shortcuts for views, such as ``django.shortcuts`` has."""

from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from core.bidi import isolate
from core.text import replace_forbidden


def get_user_or_404(nickname: str) -> User:
    """Return the visible user; raise ``Http404`` with a message otherwise."""
    user: User | None = User.objects.visible().named(nickname).first()
    if user is None:
        name = {"nickname": isolate(replace_forbidden(nickname))}
        raise Http404(_("User %(nickname)s not found.") % name)
    return user
