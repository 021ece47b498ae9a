"""Who may read the files that the site writes: its own account, nobody else."""

import os
from pathlib import Path


def make_private(folder: Path) -> None:
    """Make ``folder``, and let this process write private files only.

    What the site stores has passwords, addresses and keys of sessions in it. Static
    files are made readable by ``FILE_UPLOAD_PERMISSIONS``.
    """
    os.umask(0o077)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
