"""Views of single posts."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.decorators import public_reading
from core.decorators import post_action
from core.ids import MAX_ID
from core.links import redirect_back
from core.rate_limits import consume
from core.transactions import with_own_transactions
from posts.language_detection import base_language
from posts.models import Post
from posts.services import delete_post
from posts.translation import (
    TranslationError,
    TranslationInProgress,
    stored_translation,
    translate_post,
)

if TYPE_CHECKING:
    from accounts.http import SignedInRequest

logger = logging.getLogger(__name__)


def _visible_post(pk: int) -> Post:
    """Return the post with its author; raise ``Http404`` when there is none."""
    shown = None
    if pk <= MAX_ID:
        posts = Post.objects.visible().select_related("author")
        shown = posts.filter(pk=pk).first()
    if shown is None:
        raise Http404(_("Post not found."))
    return shown


@public_reading
@require_safe
def post(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "posts/post.html", {"post": _visible_post(pk)})


@post_action(
    gettext_lazy(
        "Your session had ended, so the post was not deleted. Please try again."
    )
)
def post_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete the user's own post.

    htmx puts a text in the place of the post; on the post's own page it goes home.
    """
    post = _visible_post(pk)
    if post.author_id != request.user.pk:
        messages.error(request, _("You cannot delete this post."))
        if request.htmx:
            return HttpResponseClientRedirect(post.get_absolute_url())
        return redirect(post)
    gone = post.get_absolute_url()
    delete_post(post=post)
    on_its_own_page = request.POST.get("next", "").startswith(gone)
    if request.htmx and not on_its_own_page:
        return render(request, "posts/_deleted.html")
    messages.success(request, _("Your post has been deleted."))
    if request.htmx:
        return HttpResponseClientRedirect(resolve_url(settings.LOGIN_REDIRECT_URL))
    if on_its_own_page:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return redirect_back(request, settings.LOGIN_REDIRECT_URL)


@post_action(
    gettext_lazy(
        "Your session had ended, so the post was not translated. Please try again."
    )
)
@with_own_transactions
def post_translate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Translate a post into the reader's language.

    Returns a fragment to htmx, else the post's page with the translation.
    """
    shown = _visible_post(pk)
    context: dict[str, object] = {"post": shown}
    status = 200
    language = get_language() or settings.LANGUAGE_CODE
    if stored := stored_translation(shown, language):
        context["translation"] = stored
    elif shown.language in {"", base_language(language)}:
        context["error"] = _("This post needs no translation.")
        status = 422
    elif not consume(request, "translate").allowed:
        context["error"] = _(
            "You have asked for many translations. Please wait a minute."
        )
        status = 429
    else:
        try:
            context["translation"] = translate_post(shown, language)
        except TranslationInProgress as waiting:
            context["error"] = waiting.message
            status = 503
        except TranslationError as error:
            logger.warning("Post %s could not be translated: %s", pk, error)
            context["error"] = error.message
            status = 502
    template = "posts/_translation.html" if request.htmx else "posts/post.html"
    return render(request, template, context, status=status)
