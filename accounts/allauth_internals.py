"""The private parts of django-allauth that this site uses, and no others do.

It has no public way to record how somebody has proved who they are, to find users as
its own sign-in does, or to answer a sign-up without telling whether the address is
known. ``accounts/tests/test_allauth_internals.py`` notices what a new version changes;
``requirements.in`` lets none in unseen. Methods of it that are overridden, though their
names begin with an underscore, are named there, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.internal.flows.signup import prevent_enumeration
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP

if TYPE_CHECKING:
    from accounts.models import User

__all__ = [
    "STATE_SESSION_KEY",
    "filter_users_by_email",
    "get_user_by_username",
    "prevent_enumeration",
    "record_authentication",
    "use_up_totp_code",
]


def use_up_totp_code(user: User, code: str) -> None:
    """Let nobody log in with a code of the user's authenticator app any more."""
    TOTP(Authenticator(user=user))._mark_code_used(code)
