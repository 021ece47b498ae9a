"""Which addresses are confirmed, and the change of one that a superuser enters."""

from __future__ import annotations

from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import override

from accounts.models import AddressChange, User
from core.links import absolute_url

SALT = "accounts.address_changes"
LINK_SECONDS = 3 * 24 * 3600
NONCE_LENGTH = 32


def is_confirmed(user: User) -> bool:
    """Return whether the user has confirmed the current address.

    To others goes nothing but what asks them to: anybody can sign up with an address
    of somebody else.
    """
    addresses = EmailAddress.objects.filter(user=user, verified=True)
    return bool(user.email) and addresses.filter(email__iexact=user.email).exists()


def request_address_change(*, user: User, new: str) -> bool:
    """Mail a confirmation link to the new address.

    Returns False, and mails nothing, when somebody else has it. The link works once,
    and until another one is asked for or ``withdraw_address`` ends it.
    """
    if is_taken(new, user):
        return False
    now, nonce = timezone.now(), get_random_string(NONCE_LENGTH)
    too_old = now - timedelta(seconds=LINK_SECONDS)
    AddressChange.objects.filter(asked_at__lt=too_old).delete()
    AddressChange.objects.update_or_create(
        user=user, defaults={"email": new, "nonce": nonce, "asked_at": now}
    )
    token = signing.dumps({"user": user.pk, "nonce": nonce}, salt=SALT)
    link = absolute_url(reverse("accounts:address-confirm", args=[token]))
    with override(user.mail_language):
        get_adapter().send_mail(
            "accounts/email/address_change",
            new,
            {"nickname": user.username, "link": link},
        )
    return True


def withdraw_address(*, user: User) -> bool:
    """End the link to a new address; return False when there is none."""
    deleted, _by_model = AddressChange.objects.filter(user=user).delete()
    return bool(deleted)


def read_address_token(token: str) -> AddressChange | None:
    """Return the data signed in a link, None if it is invalid, expired or replaced."""
    try:
        content = signing.loads(token, salt=SALT, max_age=LINK_SECONDS)
    except signing.BadSignature:
        return None
    change = (
        AddressChange.objects.filter(user=content["user"], nonce=content["nonce"])
        .select_related("user")
        .first()
    )
    return None if change is None or is_taken(change.email, change.user) else change


@transaction.atomic
def change_address(*, change: AddressChange) -> bool:
    """Give a user the address that its owner confirmed, and tell the old one.

    django-allauth's rows stay in step. Returns False when the link was used or
    replaced, or the address taken, in the meantime.
    """
    same = AddressChange.objects.filter(pk=change.pk, nonce=change.nonce)
    if not same.delete()[0]:
        return False
    user, new = change.user, change.email
    old, tell_old = user.email, is_confirmed(user)
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(email=new)
    except IntegrityError:
        return False
    addresses = EmailAddress.objects.filter(user=user)
    addresses.filter(primary=True).delete()
    addresses.filter(email__iexact=old).delete()
    addresses.filter(email__iexact=new).delete()
    EmailAddress.objects.create(
        user=user, email=new.lower(), verified=True, primary=True
    )
    if not tell_old:
        return True
    with override(user.mail_language):
        get_adapter().send_notification_mail(
            "account/email/email_changed",
            user,
            {"from_email": old, "to_email": new},
            email=old,
        )
    return True


def is_taken(address: str, user: User) -> bool:
    """Return whether another user has this address, as primary or additional one."""
    others = User.objects.exclude(pk=user.pk)
    verified = EmailAddress.objects.filter(verified=True).exclude(user=user)
    return any(
        rows.filter(email__iexact=address).exists() for rows in (others, verified)
    )
