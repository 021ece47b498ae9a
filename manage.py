#!/usr/bin/env python3
"""Django's command line: development settings, test settings for ``test``."""

import os
import sys


def main() -> None:
    testing = sys.argv[1:2] == ["test"]
    settings = "test" if testing else "development"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"microblog.settings.{settings}")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        message = "Django is not installed here: use `make run`, or .venv/bin/python."
        raise SystemExit(message) from error
    if testing:
        try:
            import hypothesis  # noqa: F401
        except ImportError as error:
            message = "The tests need more packages than the site: use `make test`."
            raise SystemExit(message) from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
