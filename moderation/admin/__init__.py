"""The admin: users, posts, follows, sign-ups and django-allauth's models."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.views.generic import RedirectView

from moderation.admin import follows, groups, posts, security, sign_ups, users

__all__ = ["follows", "groups", "posts", "security", "sign_ups", "users"]

# The site's own login, with rate limits and second factors.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# Its password form, too, which limits attempts.
admin.site.password_change = RedirectView.as_view(  # type: ignore[assignment,method-assign]
    pattern_name="account_change_password"
)
admin.site.site_header = admin.site.site_title = settings.SITE_NAME
