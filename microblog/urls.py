"""The root URLconf."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path

from accounts.session_views import SessionListView
from core import health, views

urlpatterns = [
    path("", include("timelines.urls")),
    path("", include("social.urls")),
    path("", include("posts.urls")),
    path("", include("accounts.urls")),
    path("search", include("search.urls")),
    # Before django-allauth's own, which has the same URL and name.
    path("account/sessions/", SessionListView.as_view(), name="usersessions_list"),
    path("account/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("favicon.ico", views.favicon),
    path("robots.txt", views.robots),
    path("rosetta/", include("moderation.rosetta_urls")),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]
if apps.is_installed("silk"):
    urlpatterns.append(path("silk/", include("silk.urls", namespace="silk")))
if apps.is_installed("debug_toolbar"):
    urlpatterns.append(path("__debug__/", include("debug_toolbar.urls")))

handler400 = "core.errors.bad_request"
handler403 = "core.errors.forbidden"
handler404 = "core.errors.not_found"
handler429 = "core.errors.too_many_requests"
handler500 = "core.errors.server_error"
