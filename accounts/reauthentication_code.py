"""Reauthentication by a mailed code, for users without any other method.

They sign in through a provider only, or have lost everything else.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter
from allauth.account.views import BaseReauthenticateView
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.allauth_internals import record_authentication
from core import errors
from core.ids import MAX_AHEAD
from core.rate_limits import consume

if TYPE_CHECKING:
    from accounts.http import SignedInRequest

CODE_KEY = "reauthentication_code"
CODE_SECONDS = 600
CODE_MAX_LENGTH = 20


def send_code(request: SignedInRequest) -> None:
    """Mail a new code to the user; the session keeps its hash."""
    adapter = get_adapter()
    code = adapter.generate_login_code()
    request.session[CODE_KEY] = {
        "hash": _hash(code),
        "until": time.time() + CODE_SECONDS,
    }
    adapter.send_mail("account/email/login_code", request.user.email, {"code": code})


def is_code_sent(request: SignedInRequest) -> bool:
    """Return whether a code was mailed that still counts."""
    return _still_counts(request.session.get(CODE_KEY))


def _still_counts(sent: dict[str, Any] | None) -> bool:
    """Return whether a code can be used; one of a clock that was ahead cannot."""
    if not sent:
        return False
    rest = sent["until"] - time.time()
    return bool(0 < rest <= CODE_SECONDS + MAX_AHEAD.total_seconds())


def _hash(code: str) -> str:
    letters = "".join(letter for letter in code.lower() if letter.isalnum())
    return salted_hmac(CODE_KEY, letters, algorithm="sha256").hexdigest()


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=CODE_MAX_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )

    def __init__(self, *args: Any, request: SignedInRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean_code(self) -> str:
        """Check and use up the code; each wrong one costs an attempt.

        Attempts are not counted in the session, which simultaneous requests read before
        any of them has stored it.
        """
        code: str = self.cleaned_data["code"]
        sent = self.request.session.pop(CODE_KEY, None)
        if not sent or not _still_counts(sent) or not self._may_guess(sent["hash"]):
            raise ValidationError(_("This code is too old. Please ask for a new one."))
        if not constant_time_compare(_hash(code), sent["hash"]):
            self.request.session[CODE_KEY] = sent
            raise ValidationError(_("This code is not correct."))
        return code

    def _may_guess(self, code_hash: str) -> bool:
        action = "reauthentication_code_attempt"
        return consume(self.request, action, key=code_hash).allowed


class ReauthenticateByCodeView(BaseReauthenticateView):
    """Send a code by mail, and check it.

    Only for users without password, authenticator app and security key: the base class
    redirects all others to their own page.
    """

    form_class = CodeForm
    template_name = "accounts/reauthenticate_code.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sent = is_code_sent(self.request)
        return {**super().get_context_data(**kwargs), "code_sent": sent}

    def post(
        self, request: SignedInRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Send a code if that button was pressed, else check the submitted one."""
        if "send" not in request.POST:
            answer: HttpResponseBase = super().post(request, *args, **kwargs)
            return answer
        if not consume(request, "reauthentication_code").allowed:
            return errors.too_many_requests(request)
        send_code(request)
        messages.info(request, _("A code has been sent to your e-mail address."))
        return redirect(self.passthrough_next_url(request.path))

    def form_valid(self, form: CodeForm) -> HttpResponse:
        """Record the reauthentication, and redirect to the page that required it."""
        record_authentication(
            self.request, self.request.user, method="code", reauthenticated=True
        )
        answer: HttpResponse = super().form_valid(form)
        return answer


reauthenticate_by_code = ReauthenticateByCodeView.as_view()
