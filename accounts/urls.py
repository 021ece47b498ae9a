"""URLs of users' own settings, avatars and sign-up."""

from django.urls import path, re_path

from accounts import views
from accounts.reauthentication_code import reauthenticate_by_code

app_name = "accounts"
urlpatterns = [
    re_path(
        r"^avatar/(?P<seed>[0-9a-f]{16})\.(?P<kind>svg|png)$",
        views.avatar,
        name="avatar",
    ),
    path("edit", views.profile_edit, name="profile-edit"),
    path("preferences", views.preferences, name="preferences"),
    path(
        "account/reauthenticate/code/",
        reauthenticate_by_code,
        name="reauthenticate-by-code",
    ),
    path("account/address/<str:token>/", views.address_confirm, name="address-confirm"),
    path("invitation/<str:token>", views.invitation, name="invitation"),
    path("sign-up/waiting", views.sign_up_waiting, name="sign-up-waiting"),
    path("sign-up/refused", views.sign_up_refused, name="sign-up-refused"),
    path("language", views.language_set, name="language-set"),
]
