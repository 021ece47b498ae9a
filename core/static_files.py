"""Static files under the names of their contents, and what to do where they miss."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage

WHAT_TO_DO = (
    "The static files of this version have not been collected: run "
    "“manage.py collectstatic”, then restart the site."
)


class StaticFilesNotCollectedError(ValueError):
    """No page can be drawn, because it does not know the names of static files.

    A ``ValueError``, as Django raises: WhiteNoise asks for names that may not exist.
    """


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, which says what to do where ``collectstatic`` did not run.

    Django reads the list of the collected files once, when a process starts.
    """

    def stored_name(self, name: str) -> str:
        """Return the name under which a file was collected."""
        try:
            stored: str = super().stored_name(name)
        except ValueError as error:
            text = f"{WHAT_TO_DO} Missing: {name}"
            raise StaticFilesNotCollectedError(text) from error
        return stored
