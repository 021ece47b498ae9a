"""The groups of people who help: moderators and translators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group, Permission

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

MODERATORS = "Moderators"
TRANSLATORS = "Translators"
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


def make_groups(**kwargs: Any) -> None:
    """Make both groups after migrations, and give moderators their rights once.

    A group that exists is left as the owner of the site has arranged it.
    """
    Group.objects.get_or_create(name=TRANSLATORS)
    wanted = [
        Permission.objects.filter(content_type__app_label=app, codename=name).first()
        for app, name in MODERATOR_PERMISSIONS
    ]
    if None in wanted or Group.objects.filter(name=MODERATORS).exists():
        return
    moderators = Group.objects.create(name=MODERATORS)
    moderators.permissions.set([right for right in wanted if right])


def is_translator(user: User | AnonymousUser) -> bool:
    """Tell rosetta, whose menu in the admin asks for everybody, who may translate."""
    if not user.is_authenticated:
        return False
    return user.is_superuser or user.groups.filter(name=TRANSLATORS).exists()
