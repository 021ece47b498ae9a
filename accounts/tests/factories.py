"""People for tests."""

from typing import Any

from django.test import Client

from accounts.models import User

PASSWORD = "correct horse battery staple"


def create_user(nickname: str = "susan", **fields: Any) -> User:
    """Return a stored person who can sign in with ``PASSWORD``."""
    fields.setdefault("email", f"{nickname.lower()}@example.com")
    fields.setdefault("password", PASSWORD)
    return User.objects.create_user(nickname, **fields)


def reauthenticate(client: Client) -> None:
    """Let the signed-in person of ``client`` give their ``PASSWORD`` again."""
    response = client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert response.status_code == 302, response.content
