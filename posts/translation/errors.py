"""Errors of translations, each with the message for the reader."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class TranslationError(Exception):
    """The service refused, had no quota left or sent an invalid response."""

    message: str | Promise = _("Error: Unexpected error.")


class NotConfigured(TranslationError):  # noqa: N818
    """No service is configured, or only a part of one."""

    message = _("Error: translation service not configured.")


class TranslationInProgress(TranslationError):  # noqa: N818
    """Another request asks for the same translation and has not finished yet."""

    message = _("This post is being translated. Please try again in a moment.")


class ServiceUnreachable(TranslationError):  # noqa: N818
    """The service did not respond in time, or not at all."""

    message = _("Error: Could not contact server.")
