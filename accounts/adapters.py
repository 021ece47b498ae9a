"""The adapter between django-allauth and this site."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import (
    get_language,
    gettext_lazy,
    override,
)
from django.utils.translation import gettext as _

from accounts.allauth_internals import prevent_enumeration
from accounts.backends import find_user
from accounts.languages import request_language
from accounts.models import NICKNAME_TAKEN, User, check_nickname
from accounts.sign_ups import admit_or_queue, check_open, sign_up_request
from core.links import site_url
from core.mail import as_json, deliver
from core.mail_addresses import clean_address, normalize_address
from core.rate_limits import Usage, consume, forget, give_back, known_client_ip

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

UNKNOWN_ACCOUNT = "account/email/unknown_account"
NOBODY = "nobody@invalid"
TOO_MANY_FOR_NAME = gettext_lazy(
    "Too many failed login attempts. Passwords for this name are accepted again at "
    "%(time)s."
)
TOO_MANY_FROM_NETWORK = gettext_lazy(
    "From your network too many wrong passwords were tried. Passwords are accepted "
    "again at %(time)s."
)
OTHER_WAYS = gettext_lazy(
    "Until then you can log in with a passkey, or with a code or a link sent to your "
    "e-mail address."
)
OTHER_WAYS_AND_SITES = gettext_lazy(
    "Until then you can log in with a passkey, with another site, or with a code or a "
    "link sent to your e-mail address."
)


class AccountAdapter(DefaultAccountAdapter):
    _attempt: Usage  # counted by pre_authenticate

    error_messages = {  # noqa: RUF012
        **DefaultAccountAdapter.error_messages,
        "username_taken": NICKNAME_TAKEN,
        "email_taken": gettext_lazy("This e-mail address is already in use."),
    }

    def clean_email(self, email: str) -> str:
        """Return the address as it is stored; raise ``ValidationError`` if invalid."""
        return str(super().clean_email(clean_address(email))).lower()

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return True, or raise ``ImmediateHttpResponse`` with the reason why not."""
        check_open(request)
        return True

    def get_login_stages(self) -> list[str]:
        """Add the stage at which users with a confirmed address wait for approval."""
        stages: list[str] = super().get_login_stages()
        place = stages.index("allauth.account.stages.EmailVerificationStage") + 1
        return [*stages[:place], "accounts.sign_ups.ApprovalStage", *stages[place:]]

    def pre_login(
        self, request: HttpRequest, user: User, **kwargs: Any
    ) -> HttpResponse | None:
        """Refuse suspended users; those who wait for approval get to that stage."""
        if sign_up_request(user):
            return None
        refusal: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return refusal

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """Send a mail whose site name and links come from the settings.

        django-allauth takes both from the request, whose ``Host`` anybody can choose.
        In the language of the user, who need not be the one who asked for the mail.
        To the address as it was looked up: django-allauth's forms hand over what was
        typed, and "ß" or a Kelvin sign there may be in the address of somebody else.
        """
        email = _deliverable(email)
        site = SimpleNamespace(name=settings.SITE_NAME, domain=settings.SITE_NAME)
        links = {
            name: site_url(value)
            for name, value in context.items()
            if name.endswith("_url") and isinstance(value, str)
        }
        context = {**context, **links, "current_site": site}
        with override(_language_of(email, context)):
            if template_prefix == UNKNOWN_ACCOUNT or not email:
                self._send_to_nobody(template_prefix, context)
            else:
                super().send_mail(template_prefix, email, context)

    def send_account_already_exists_mail(self, email: str) -> None:
        """Mail the owner of an address, once a day, that somebody signs up with it."""
        usage = consume(
            allauth_context.request, "account_already_exists", key=email.lower()
        )
        if usage.allowed:
            super().send_account_already_exists_mail(email)
        else:
            self._send_to_nobody(UNKNOWN_ACCOUNT, {"signup_url": settings.SITE_URL})

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell of a change; not of one to the address that it was already."""
        change = context or {}
        same = change.get("from_email") == change.get("to_email")
        if template_prefix == "account/email/email_changed" and same:
            return
        super().send_notification_mail(template_prefix, user, context, email)

    def _send_to_nobody(self, template_prefix: str, context: dict[str, Any]) -> None:
        """Render and queue a mail without recipients.

        Addresses without an account get no mail because of what others type, and the
        response time does not reveal who has an account.
        """
        context = {"request": allauth_context.request, **context}
        message = self.render_mail(template_prefix, NOBODY, context)
        deliver.enqueue(as_json(message) | {"to": []})

    def authenticate(self, request: HttpRequest, **credentials: str) -> User | None:
        """Return the user; a former nickname counts as the current one."""
        if name := credentials.get("username"):
            names = User.objects.formerly_named(name).values_list("username", flat=True)
            credentials["username"] = names.first() or name
        user: User | None = super().authenticate(request, **credentials)
        if user:
            give_back(self._attempt.counted)
        return user

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Return the nickname; raise ``ValidationError`` if it is not allowed."""
        nickname: str = super().clean_username(username, shallow=shallow)
        if not shallow:
            check_nickname(nickname)
        return nickname

    def save_user(
        self, request: HttpRequest, user: User, form: Any, commit: bool = True
    ) -> User:
        """Store the new user; ``SignUpForm`` has already hashed the password.

        Raises ``ImmediateHttpResponse`` if the nickname or the address has been taken
        since the form was validated: with the form and its error, or with the page that
        is shown for every address with an account.
        """
        user.browser_language = request_language()
        user.signed_up = True
        try:
            with transaction.atomic():
                self._store(request, user, form, commit)
                if commit:
                    admit_or_queue(request, user, form.cleaned_data.get("reason", ""))
        except IntegrityError:
            raise _taken_meanwhile(request, form) from None
        return user

    def _store(self, request: HttpRequest, user: User, form: Any, commit: bool) -> None:
        password_hash: str = getattr(form, "password_hash", "")
        if not password_hash:
            super().save_user(request, user, form, commit)
            return
        user.username = form.cleaned_data["username"]
        user.email = form.cleaned_data["email"]
        user.password = password_hash
        if commit:
            user.save()

    def get_reauthentication_methods(
        self, user: User | AnonymousUser
    ) -> list[dict[str, Any]]:
        """Return the methods of reauthentication: at least one for each user.

        django-allauth has none for users who sign in through a provider only.
        """
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if methods or not user.is_authenticated:
            return methods
        return [
            {
                "id": "reauthenticate-by-code",
                "description": _("Send a code to my e-mail address"),
                "url": reverse("accounts:reauthenticate-by-code"),
            }
        ]

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's IP address, the same as in the log.

        django-allauth's own method fails when fewer proxies than are trusted have
        written ``X-Forwarded-For``, such as for a health check on the server itself.
        For a client whose address a proxy does not tell ("unknown") it is the proxy's.
        """
        return known_client_ip(request)

    def _delete_login_attempts_cached_email(
        self, request: HttpRequest, **credentials: Any
    ) -> None:
        """Delete the failed attempts for a name once its owner has a new password.

        Those of the client's IP address stay, or an attacker could continue after
        setting a new password for an account of their own.
        """
        forget("login_failed", key=_login_key(credentials))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt; raise ``ValidationError`` when the limit is reached.

        Anybody can use up the attempts for a name, so the message names the ways to log
        in without a password.
        """
        self._attempt = consume(request, "login_failed", key=_login_key(credentials))
        if self._attempt.allowed:
            return
        until = timezone.localtime(self._attempt.until)
        shown = f"{time_format(until, 'H:i:s')} ({until:%Z})"
        if until.date() != timezone.localdate():
            shown = f"{shown}, {date_format(until)}"
        by_address = self._attempt.per == "ip"
        text = TOO_MANY_FROM_NETWORK if by_address else TOO_MANY_FOR_NAME
        raise ValidationError(
            f"{text} {_other_ways()}",
            code="too_many_login_attempts",
            params={"time": shown},
        )


def _login_key(credentials: dict[str, Any]) -> str:
    """Return what counts wrong passwords: one key for each user, by whatever name."""
    login = credentials.get("email") or credentials.get("username") or ""
    user = find_user(login)
    return f"user/{user.pk}" if user else f"name/{login.lower()}"


def _deliverable(address: str) -> str:
    try:
        return normalize_address(address)
    except ValueError:
        return ""


def _other_ways() -> str:
    """Return which ways in need no password, of those that this site has."""
    kinds = settings.SOCIALACCOUNT_PROVIDERS.values()
    sites = any(kind.get("APPS") for kind in kinds)
    return str(OTHER_WAYS_AND_SITES if sites else OTHER_WAYS)


def _taken_meanwhile(request: HttpRequest, form: Any) -> ImmediateHttpResponse:
    email = form.cleaned_data["email"]
    if User.objects.filter(email__iexact=email).exists():
        return ImmediateHttpResponse(prevent_enumeration(request, email=email))
    form.add_error("username", NICKNAME_TAKEN)
    context = {"form": form, "login_url": reverse("account_login")}
    page = render(request, "account/signup.html", context, status=422)
    return ImmediateHttpResponse(page)


def _language_of(email: str, context: dict[str, Any]) -> str | None:
    """Return the recipient's language; the request's if it is not known."""
    user = context.get("user")
    if not isinstance(user, User):
        user = User.objects.filter(
            Q(email__iexact=email)
            | Q(pk__in=EmailAddress.objects.filter(email=email).values("user"))
        ).first()
    return (user.known_language if user else "") or get_language()
