"""An e-mail address that a superuser enters for somebody, until it is confirmed."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import override

from accounts.models import User
from core.links import absolute_url

SALT = "accounts.addresses"
LINK_SECONDS = 3 * 24 * 3600


def ask_for_address(*, user: User, new: str) -> bool:
    """Mail a link to the new address that makes it the person's.

    Returns False, and mails nothing, when somebody else has it. The link has a hash
    of the present address, so that it works once only.
    """
    if is_taken(new, user):
        return False
    content = {"user": user.pk, "old": _hash(user.email), "new": new}
    token = signing.dumps(content, salt=SALT)
    link = absolute_url(reverse("accounts:address-confirm", args=[token]))
    with override(user.mail_language):
        get_adapter().send_mail(
            "accounts/email/address_change",
            new,
            {"nickname": user.username, "link": link},
        )
    return True


def read_link(token: str) -> dict[str, Any] | None:
    """Return what a link is about, None if it is false, too old or used."""
    try:
        content: dict[str, Any] = signing.loads(token, salt=SALT, max_age=LINK_SECONDS)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=content["user"]).first()
    if user is None or is_taken(content["new"], user):
        return None
    if not constant_time_compare(_hash(user.email), content["old"]):
        return None
    return {"user": user, "old": user.email, "new": content["new"]}


def _hash(address: str) -> str:
    return salted_hmac(SALT, address, algorithm="sha256").hexdigest()


@transaction.atomic
def change_address(*, user: User, old: str, new: str) -> bool:
    """Give a person the address that its owner confirmed, and tell the old one.

    django-allauth's rows stay in step. Returns False when it changed or
    was taken meanwhile.
    """
    try:
        with transaction.atomic():
            changed = User.objects.filter(pk=user.pk, email=old).update(email=new)
    except IntegrityError:
        return False
    if not changed:
        return False
    addresses = EmailAddress.objects.filter(user=user)
    addresses.filter(primary=True).delete()
    addresses.filter(email__iexact=old).delete()
    addresses.filter(email__iexact=new).delete()
    EmailAddress.objects.create(
        user=user, email=new.lower(), verified=True, primary=True
    )
    with override(user.mail_language):
        get_adapter().send_notification_mail(
            "account/email/email_changed",
            user,
            {"from_email": old, "to_email": new},
            email=old,
        )
    return True


def is_taken(address: str, user: User) -> bool:
    """Tell whether somebody else has this address, as their first or another one."""
    others = User.objects.exclude(pk=user.pk)
    verified = EmailAddress.objects.filter(verified=True).exclude(user=user)
    return any(
        rows.filter(email__iexact=address).exists() for rows in (others, verified)
    )
