"""A model field for text that users or services send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from core.text import CleanTextField, clean_text, validate_characters

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.forms import Field


class CleanCharField(models.CharField):  # type: ignore[type-arg]
    """A ``CharField`` whose values have passed ``clean_text``.

    Each form made from the model cleans by the same rule, in the admin, too.
    """

    def to_python(self, value: Any) -> Any:
        """Return the cleaned text, or raise ``ValidationError``."""
        text = super().to_python(value)
        return clean_text(text) if isinstance(text, str) else text

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Raise ``ValidationError`` for text that no form should have accepted."""
        if isinstance(value, str):
            validate_characters(value)
        return super().get_db_prep_save(value, connection)

    def formfield(self, **kwargs: Any) -> Field | None:
        """Return a ``CleanTextField``."""
        defaults = {"form_class": CleanTextField, "limit": self.max_length}
        return super().formfield(**{**defaults, **kwargs, "max_length": None})
