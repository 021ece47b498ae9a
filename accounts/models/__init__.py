"""Users, their former nicknames, sign-up requests and invitations."""

from accounts.models.addresses import AddressChange
from accounts.models.sign_ups import REASON_MAX_LENGTH, Invitation, SignUpRequest
from accounts.models.users import (
    ABOUT_ME_MAX_LENGTH,
    FEED_SECRET_LENGTH,
    NICKNAME_ON_HOLD,
    NICKNAME_TAKEN,
    NICKNAME_TOO_SIMILAR,
    FormerNickname,
    User,
    UserQuerySet,
    check_nickname,
)

__all__ = [
    "ABOUT_ME_MAX_LENGTH",
    "FEED_SECRET_LENGTH",
    "NICKNAME_ON_HOLD",
    "NICKNAME_TAKEN",
    "NICKNAME_TOO_SIMILAR",
    "REASON_MAX_LENGTH",
    "AddressChange",
    "FormerNickname",
    "Invitation",
    "SignUpRequest",
    "User",
    "UserQuerySet",
    "check_nickname",
]
