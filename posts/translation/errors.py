"""What can go wrong with a translation; each has the sentence the reader sees."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class TranslationError(Exception):
    """The service refused, had no quota left or answered nonsense."""

    message: str | Promise = _("Error: Unexpected error.")


class NotConfigured(TranslationError):  # noqa: N818
    """The owner of the site named no service, or half of one."""

    message = _("Error: translation service not configured.")


class BeingTranslated(TranslationError):  # noqa: N818
    """Somebody else has asked for the same, and the answer takes its time."""

    message = _("This post is being translated. Please try again in a moment.")


class ServiceUnreachable(TranslationError):  # noqa: N818
    """The service did not answer in time, or not at all."""

    message = _("Error: Could not contact server.")
