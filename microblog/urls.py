"""Every address of the site; each app owns its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("social.urls")),
    path("", include("posts.urls")),
    path("", include("accounts.urls")),
    path("search", include("search.urls")),
    path("account/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("rosetta/", include("rosetta.urls")),
]
