"""rosetta's form, whose texts survive the end of the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.interruptions import pop_draft
from core import rosetta_views

if TYPE_CHECKING:
    from collections.abc import Mapping


class CatalogueFormView(rosetta_views.CatalogueFormView):
    """A page of texts, with those that the translator typed and could not send."""

    def kept_fields(self) -> Mapping[str, str]:
        """Return the fields kept for this translator and this catalogue."""
        return pop_draft(self.request)
