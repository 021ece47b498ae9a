"""Follows."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Follow(models.Model):
    """One user follows another; nobody follows themselves."""

    follower = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="following_set",
        db_index=False,
        verbose_name=_("follower"),
    )
    followed = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="follower_set",
        db_index=False,
        verbose_name=_("followed"),
    )

    class Meta:
        """One index for each of the two orders in which follows are read."""

        verbose_name = _("follow")
        verbose_name_plural = _("follows")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["follower", "followed"], name="social_follow_unique"
            ),
            models.CheckConstraint(
                condition=~models.Q(follower=models.F("followed")),
                name="social_follow_not_oneself",
                violation_error_message=_("You can't follow yourself!"),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["followed", "id"], name="social_follow_followed"),
        ]

    def __str__(self) -> str:
        return f"{self.follower} → {self.followed}"
