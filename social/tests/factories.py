"""Relations for tests."""

from accounts.models import User
from social.services import follow_user


def follow(follower: User, *followed: User) -> None:
    """Make ``follower`` follow each of ``followed``."""
    for person in followed:
        follow_user(follower=follower, followed=person)
