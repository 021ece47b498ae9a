"""File permissions: only the site's own account reads what the site writes."""

import os
from pathlib import Path


def make_private(folder: Path) -> None:
    """Create ``folder``, and set the umask so that this process writes private files.

    The site's files contain passwords, addresses and session keys. Static files are
    made readable by ``FILE_UPLOAD_PERMISSIONS``.
    """
    os.umask(0o077)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
