"""rosetta's URLs, under the names that its templates use."""

from django.urls import path, re_path, reverse_lazy
from django.views.generic import RedirectView

from core import rosetta_views
from moderation.rosetta_views import CatalogueFormView

_to_list = RedirectView.as_view(
    url=reverse_lazy("rosetta-file-list", kwargs={"po_filter": "project"})
)
_FILE = r"^files/(?P<po_filter>[\w-]+)/(?P<lang_id>[\w.@-]+)/(?P<idx>[0-9]{1,4})/"

urlpatterns = [
    path("", _to_list, name="rosetta-old-home-redirect"),
    path("files/", _to_list, name="rosetta-file-list-redirect"),
    path(
        "files/<slug:po_filter>/",
        rosetta_views.CatalogueListView.as_view(),
        name="rosetta-file-list",
    ),
    re_path(rf"{_FILE}$", CatalogueFormView.as_view(), name="rosetta-form"),
    re_path(
        rf"{_FILE}download/$",
        rosetta_views.CatalogueDownloadView.as_view(),
        name="rosetta-download-file",
    ),
    path("translate/", rosetta_views.no_suggestions, name="rosetta.translate_text"),
]
