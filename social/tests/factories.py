"""Follows for tests."""

from accounts.models import User
from social.services import follow_user


def follow(follower: User, *followed: User) -> None:
    """Make ``follower`` follow each of ``followed``."""
    for user in followed:
        follow_user(follower=follower, followed=user)
