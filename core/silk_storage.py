"""Storage of silk's profiles, limited in number."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.files import File
from silk.storage import ProfilerResultStorage


class LimitedProfileStorage(ProfilerResultStorage):
    """Keeps the newest ``SILK_MAX_PROFILES`` profiles; silk itself deletes none."""

    def save(
        self, name: str | None, content: File[bytes], max_length: int | None = None
    ) -> str:
        """Store a profile and delete the oldest ones beyond the bound."""
        saved: str = super().save(name, content, max_length)
        profiles = Path(self.location).glob("*.prof")
        by_age = sorted(profiles, key=lambda f: f.stat().st_mtime, reverse=True)
        for old in by_age[settings.SILK_MAX_PROFILES :]:  # type: ignore[misc]
            old.unlink(missing_ok=True)
        return saved
