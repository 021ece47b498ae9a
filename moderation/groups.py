"""The groups of moderators and translators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group, Permission

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

MODERATORS = "Moderators"
TRANSLATORS = "Translators"
TRANSLATOR_PERMISSIONS = (("accounts", "translate_site"),)
MODERATOR_PERMISSIONS = (
    ("accounts", "view_user"),
    ("accounts", "moderate_user"),
    ("accounts", "view_signuprequest"),
    ("accounts", "change_signuprequest"),
    ("accounts", "view_invitation"),
    ("accounts", "add_invitation"),
    ("accounts", "delete_invitation"),
    ("posts", "view_post"),
    ("posts", "delete_post"),
    ("social", "view_follow"),
)


def create_groups(**kwargs: Any) -> None:
    """Create both groups with their permissions, after these have been migrated.

    An existing group is left as the owner of the site has changed it.
    """
    for name, wanted in (
        (MODERATORS, MODERATOR_PERMISSIONS),
        (TRANSLATORS, TRANSLATOR_PERMISSIONS),
    ):
        permissions = [
            Permission.objects.filter(
                content_type__app_label=app_label, codename=codename
            ).first()
            for app_label, codename in wanted
        ]
        if None in permissions or Group.objects.filter(name=name).exists():
            continue
        group = Group.objects.create(name=name)
        group.permissions.set([permission for permission in permissions if permission])


def is_translator(user: User | AnonymousUser) -> bool:
    """Return whether the user may translate; rosetta also asks for anonymous users."""
    return user.has_perm("accounts.translate_site")
