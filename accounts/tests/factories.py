"""Users for tests."""

from typing import Any

from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import User

PASSWORD = "correct horse battery staple"


def create_user(nickname: str = "susan", **fields: Any) -> User:
    """Return a stored user whose password is ``PASSWORD``."""
    fields.setdefault("email", f"{nickname.lower()}@example.com")
    fields.setdefault("password", PASSWORD)
    return User.objects.create_user(nickname, **fields)


def confirm_address(user: User) -> None:
    """Make a user's address one that they have confirmed."""
    EmailAddress.objects.create(
        user=user, email=user.email, verified=True, primary=True
    )


def reauthenticate(client: Client) -> None:
    """Reauthenticate the signed-in user of ``client`` with ``PASSWORD``."""
    response = client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert response.status_code == 302, response.content
