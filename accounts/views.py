"""Views of users' own settings, and of sign-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.address_changes import change_address, read_address_token
from accounts.avatars import identicon, identicon_png
from accounts.decorators import login_not_required
from accounts.forms import LanguageForm, PreferencesForm, ProfileForm
from accounts.interruptions import (
    PAGE_FIELD,
    has_session,
    is_of_another_user,
    pop_draft,
    save_draft,
    save_draft_of_page,
)
from accounts.languages import site_languages
from accounts.models import User
from accounts.sign_ups import closed_page, remember_invitation
from core.decorators import post_action
from core.errors import page as error_page
from core.links import redirect_back, referring_page

if TYPE_CHECKING:
    from accounts.http import SignedInRequest

ONE_YEAR = 365 * 24 * 3600


@login_not_required
@require_safe
def avatar(request: HttpRequest, seed: str, kind: str) -> HttpResponse:
    """Return the identicon that the URL describes; it never changes."""
    if kind == "png":
        response = HttpResponse(identicon_png(seed), content_type="image/png")
    else:
        response = HttpResponse(identicon(seed), content_type="image/svg+xml")
    response["Cache-Control"] = f"public, max-age={ONE_YEAR}, immutable"
    return response


def profile_edit(request: SignedInRequest) -> HttpResponse:
    """Change nickname and about me."""
    # A copy, so that a refused nickname does not show in the navigation bar.
    user = User.objects.get(pk=request.user.pk)
    draft = {} if request.method == "POST" else pop_draft(request)
    form = ProfileForm(request.POST or None, instance=user, initial=draft)
    if request.method == "POST" and form.is_valid() and form.save_or_explain():
        messages.success(request, _("Your changes have been saved."))
        return redirect(user)
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/profile_edit.html", {"form": form}, status=status)


def preferences(request: SignedInRequest) -> HttpResponse:
    """Choose language and time zone."""
    form = PreferencesForm(
        request.POST or None, instance=request.user, languages=site_languages()
    )
    if request.method == "POST" and form.is_valid():
        user = form.save()
        if not user.language:
            request.COOKIES.pop(settings.LANGUAGE_COOKIE_NAME, None)
        with override(user.language or get_language_from_request(request)):
            messages.success(request, _("Your changes have been saved."))
        response = redirect("accounts:preferences")
        if not user.language:
            # Otherwise the language selected in the footer would override the
            # browser's.
            response.delete_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                path=settings.LANGUAGE_COOKIE_PATH,
                samesite="Lax",
            )
        return response
    status = 422 if request.method == "POST" else 200
    context = {"form": form}
    return render(request, "accounts/preferences.html", context, status=status)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return 403 for a form whose token is missing or from an earlier login.

    Its text is kept for the page that it came from, if it is the same user's.
    """
    if is_of_another_user(request):
        text = _("Somebody else has logged in in this browser, so nothing was sent.")
    elif has_session(request) and save_draft(request):
        text = _(
            "You have logged in since this page was opened, so nothing was sent. Your "
            "text is kept: go back to the page and send it again."
        )
    else:
        text = _(
            "You have logged in since this page was opened, or your browser refuses "
            "cookies, so nothing was done. Go back to the page and try again."
        )
    title = _("Please send it again")
    return error_page(request, 403, text, back=referring_page(request), title=title)


@login_not_required
@post_action()
@sensitive_post_parameters()
def language_set(request: HttpRequest) -> HttpResponse:
    """Store the language in a cookie, and in the profile of a signed-in user.

    On a page with a form for texts the language comes with the fields of that form:
    what was typed is in them again when the page is back.
    """
    code = request.POST.get("site_language")
    if code is not None:
        save_draft_of_page(request)
        response = redirect_back(request, settings.LOGIN_REDIRECT_URL, PAGE_FIELD)
    else:
        response = redirect_back(request, settings.LOGIN_REDIRECT_URL)
        code = request.POST.get("language")
    form = LanguageForm({"language": code})
    if form.is_valid():
        code = form.cleaned_data["language"]
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=code)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            code,
            max_age=ONE_YEAR,
            path=settings.LANGUAGE_COOKIE_PATH,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            samesite="Lax",
        )
    return response


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def address_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm the address to which a superuser's link was mailed."""
    change = read_address_token(token)
    if change is None:
        raise Http404(_("This link is too old, or was used before."))
    if request.method == "POST":
        if change_address(change=change):
            messages.success(request, _("Your changes have been saved."))
        return redirect(settings.LOGIN_REDIRECT_URL)
    context = {"profile_user": change.user, "address": change.email}
    return render(request, "accounts/address_confirm.html", context)


@login_not_required
@never_cache
@require_safe
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Redirect from the link of an invitation to the sign-up page."""
    if request.user.is_authenticated:
        messages.info(request, _("You have an account already."))
        return redirect(settings.LOGIN_REDIRECT_URL)
    if not remember_invitation(request, token):
        return closed_page(request, ended=True)
    return redirect("account_signup")


@login_not_required
@require_safe
def sign_up_waiting(request: HttpRequest) -> HttpResponse:
    """Show that the account waits for a moderator's approval."""
    return render(request, "accounts/sign_up_waiting.html")


@login_not_required
@require_safe
def sign_up_refused(request: HttpRequest) -> HttpResponse:
    """Show that the moderators have not approved the account."""
    return render(request, "accounts/sign_up_refused.html")
