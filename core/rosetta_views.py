"""rosetta's views, limited to the project's own catalogues and safe texts.

rosetta does not validate texts, offers every catalogue that it can write, and shows
paths of the server; it has no hook for any of these.
"""

from __future__ import annotations

import logging
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import escape
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from rosetta import views
from rosetta.poutil import timestamp_with_timezone
from rosetta.storage import get_storage

from core.catalogue_files import (
    Texts,
    entry_hash,
    entry_texts,
    mark_fuzzy,
    project_catalogues,
    read_catalogue,
    replace_file,
    show,
    update_entry,
)
from core.plural_forms import TWO_FORMS, PluralForms
from core.translation_rules import Refusal, check_entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polib

logger = logging.getLogger(__name__)

_FIELD = re.compile(r"m_([0-9a-f]{32})(?:_([0-9]))?")
_SHOWN = 80  # characters of a text in a message


def submitted_texts(data: Mapping[str, object]) -> dict[str, Texts]:
    """Return the submitted texts by the hash of the entry and the plural form."""
    typed: dict[str, Texts] = {}
    for name, text in data.items():
        field = _FIELD.fullmatch(name)
        if field:
            form = None if field[2] is None else int(field[2])
            typed.setdefault(field[1], {})[form] = str(text)
    return typed


class ProjectMixin:
    """Opens the project's own catalogues only, whatever the URL says."""

    kwargs: dict[str, str]
    language_id: str

    @cached_property
    def po_filter(self) -> str:
        """Raise ``Http404`` for Django's and the libraries' catalogues."""
        if self.kwargs["po_filter"] != "project":
            raise Http404
        return "project"

    @cached_property
    def po_file_path(self) -> str:
        """Return the path of the catalogue, or raise ``Http404``."""
        catalogues = project_catalogues(self.language_id)
        number = int(self.kwargs["idx"])
        if self.po_filter and number >= len(catalogues):
            raise Http404
        return str(catalogues[number])

    @cached_property
    def po_file(self) -> polib.POFile:
        """Return the parsed catalogue; raise ``Http404`` if it is invalid."""
        try:
            theirs: polib.POFile = super().po_file  # type: ignore[misc]
        except (OSError, ValueError) as error:
            raise Http404 from error
        return theirs


class CatalogueListView(ProjectMixin, views.TranslationFileListView):
    """The list of the project's catalogues, with the translated share of each."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = [
            {
                "language": language,
                "name": name,
                "number": number,
                "file": "/".join(path.parts[-3:]),
                "catalogue": catalogue,
            }
            for language, name in settings.LANGUAGES
            if views.can_translate_language(self.request.user, language)
            for number, path in enumerate(project_catalogues(language))
            if (catalogue := read_catalogue(path))
        ]
        return {"catalogues": rows, "po_filter": self.po_filter, **kwargs}


class CatalogueFormView(ProjectMixin, views.TranslationFormView):
    """A page of texts; refused ones stay in their fields, with the reason."""

    request: HttpRequest
    po_file: polib.POFile

    @cached_property
    def forms(self) -> PluralForms:
        """Return the plural forms of the language, by the catalogue's own header."""
        header = self.po_file.metadata.get("Plural-Forms", "")
        return PluralForms.parse(header) or TWO_FORMS

    def kept_fields(self) -> Mapping[str, str]:
        """Return the fields of an earlier request that were not saved; see accounts."""
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Show the page, with what was typed and could not be sent."""
        fields = self.kept_fields()
        entries = self._entries()
        typed = {
            md5hash: texts
            for md5hash, texts in submitted_texts(fields).items()
            if (entry := entries.get(md5hash)) and self._fits(entry, texts)
        }
        for md5hash in typed:
            mark_fuzzy(entries[md5hash], fuzzy=f"f_{md5hash}" in fields)
        context = self.get_context_data(typed=typed, **kwargs)
        response: HttpResponse = self.render_to_response(context)
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Save the valid texts; show the page again if one was refused."""
        entries = self._entries()
        refused: dict[str, Texts] = {}
        changed = gone = False
        for md5hash, typed in submitted_texts(request.POST).items():
            entry = entries.get(md5hash)
            if entry is None or not self._fits(entry, typed):
                gone = True
                continue
            fuzzy = bool(request.POST.get(f"f_{md5hash}"))
            if self._is_unchanged(entry, typed, fuzzy=fuzzy):
                continue
            refusal = self._check(entry, typed)
            if refusal:
                self._tell(_("“%(text)s” was not saved. %(reason)s"), entry, refusal)
                refused[md5hash] = typed
            else:
                changed = True
                update_entry(entry, typed, fuzzy=fuzzy)
        if gone:
            messages.error(request, self._gone())
        if (changed and not self._save()) or refused:
            context = self.get_context_data(typed=refused, **kwargs)
            response: HttpResponse = self.render_to_response(context, status=422)
            return response
        return HttpResponseRedirect(self._next_page())

    def get_context_data(
        self, typed: dict[str, Texts] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Return rosetta's context, with the texts that were not saved."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["rosetta_i18n_app"] = settings.SITE_NAME
        for entry in context["rosetta_messages"]:
            # The template renders these unescaped.
            entry.comment = escape(entry.comment)
            entry.msgctxt = entry.msgctxt and escape(entry.msgctxt)
            entry.occurrences = []
            if typed and entry.md5hash in typed:
                show(entry, typed[entry.md5hash])
            elif any(entry_texts(entry)) and (refusal := self._check_texts(entry)):
                self._tell(_("“%(text)s” is not used. %(reason)s"), entry, refusal)
        return context

    def _entries(self) -> dict[str, polib.POEntry]:
        """Return the entries by what names them in the form."""
        return {
            entry_hash(entry): entry for entry in self.po_file if not entry.obsolete
        }

    def _fits(self, entry: polib.POEntry, typed: Texts) -> bool:
        """Return whether a text was sent for each plural form."""
        return typed.keys() == set(self._forms_of(entry))

    def _gone(self) -> str:
        return _(
            "A text was not saved because the catalogue has changed since you opened "
            "this page. Please try again."
        )

    def _tell(self, sentence: str, entry: polib.POEntry, reason: Refusal) -> None:
        values = {"text": entry.msgid[:_SHOWN], "reason": reason}
        messages.error(self.request, sentence % values)

    def _check_texts(self, entry: polib.POEntry) -> Refusal | None:
        texts = entry_texts(entry)
        return check_entry(entry.msgid, entry.msgid_plural, texts, self.forms)

    def _forms_of(self, entry: polib.POEntry) -> list[int] | list[None]:
        return list(range(self.forms.count)) if entry.msgid_plural else [None]

    def _is_unchanged(self, entry: polib.POEntry, typed: Texts, *, fuzzy: bool) -> bool:
        """Return whether the text is unchanged; give it the original's line ends."""
        for form, text in typed.items():
            original = entry.msgid if form is None else entry.msgid_plural
            typed[form] = self.fix_nls(original, text)
        texts = [typed[form] for form in self._forms_of(entry)]
        return texts == entry_texts(entry) and fuzzy == entry.fuzzy

    def _check(self, entry: polib.POEntry, typed: Texts) -> Refusal | None:
        """Return why the texts are refused; an empty text can always be saved."""
        texts = [typed[form] for form in self._forms_of(entry)]
        if not any(texts):
            return None
        return check_entry(entry.msgid, entry.msgid_plural, texts, self.forms)

    def _save(self) -> bool:
        """Write the catalogue and its compiled form; return False if that failed."""
        metadata = self.po_file.metadata
        metadata["Last-Translator"] = self.request.user.get_username()
        metadata["PO-Revision-Date"] = timestamp_with_timezone()
        if not self.po_file_is_writable:
            storage = get_storage(self.request)
            storage.set(self.po_file_cache_key, self.po_file)
            return True
        path = Path(self.po_file_path)
        try:
            replace_file(path, self.po_file.save)
            replace_file(path.with_suffix(".mo"), self.po_file.save_as_mofile)
        except OSError:
            logger.exception("A catalogue could not be saved.")
            messages.error(self.request, _("The catalogue could not be saved."))
            return False
        return True

    def _next_page(self) -> str:
        """Return the URL of the next page of texts, or of the last one."""
        pages = views.Paginator(self.get_entries(), settings.ROSETTA_MESSAGES_PER_PAGE)
        page = pages.get_page(
            self.request.GET.get("page", self.request.POST.get("page"))
        )
        number = page.next_page_number() if page.has_next() else page.number
        asked = {"msg_filter": self.msg_filter, "query": self.query, "page": number}
        query = urlencode({key: value for key, value in asked.items() if value})
        return f"{reverse('rosetta-form', kwargs=self.kwargs)}?{query}"


class CatalogueDownloadView(ProjectMixin, views.TranslationFileDownload):
    """A catalogue and its compiled form as a zip file."""

    po_file: polib.POFile

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Return the file, named after its language, not its path."""
        domain = Path(self.po_file_path).stem
        content = BytesIO()
        with zipfile.ZipFile(content, mode="w") as archive:
            archive.writestr(f"{domain}.po", str(self.po_file))
            archive.writestr(f"{domain}.mo", self.po_file.to_binary())
        name = f"{self.language_id}-{domain}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(
            content.getvalue(), content_type="application/zip", headers=headers
        )


def no_suggestions(request: HttpRequest) -> HttpResponseBase:
    """Raise ``Http404``: rosetta would send texts to translation services."""
    raise Http404
