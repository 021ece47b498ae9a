"""Logging in production."""

from pathlib import Path
from typing import Any

FORMAT = "%(asctime)s %(levelname)s: %(message)s [in %(pathname)s:%(lineno)d] "
FORMAT += "[%(request_line)s]"
MEGABYTE = 1024 * 1024


def logging_config(folder: Path | None, mail_backend: str) -> dict[str, Any]:
    """Return Django's ``LOGGING``: files in ``folder``, or standard output for None.

    ``microblog.log`` rotates at 1 MB with 10 backups; ``errors.log`` at midnight with
    7. The handlers are safe for several processes. Errors are mailed to the
    administrators by ``mail_backend``, without the database, which may be what failed.
    """
    handlers: dict[str, dict[str, Any]] = {
        "mail": {
            "class": "core.error_mails.ErrorMailHandler",
            "level": "ERROR",
            "email_backend": mail_backend,
        }
    }
    if folder is None:
        handlers["stdout"] = {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
        }
    else:
        folder.mkdir(parents=True, exist_ok=True)
        handlers["file"] = {
            "class": "concurrent_log_handler.ConcurrentRotatingFileHandler",
            "filename": str(folder / "microblog.log"),
            "maxBytes": MEGABYTE,
            "backupCount": 10,
            "encoding": "utf-8",
        }
        handlers["errors"] = {
            "class": "concurrent_log_handler.ConcurrentTimedRotatingFileHandler",
            "filename": str(folder / "errors.log"),
            "level": "ERROR",
            "when": "midnight",
            "backupCount": 7,
            "encoding": "utf-8",
        }
    for name, handler in handlers.items():
        cause = "errors" if name in {"mail", "errors"} else "cause"
        handler |= {"filters": ["request", cause], "formatter": "line"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request": {"()": "core.logs.RequestFilter"},
            "cause": {"()": "core.logs.CauseFilter"},
            "errors": {"()": "core.logs.CauseFilter", "errors_only": True},
        },
        "formatters": {"line": {"()": "core.logs.LineFormatter", "format": FORMAT}},
        "handlers": handlers,
        "root": {"level": "INFO", "handlers": list(handlers)},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
        },
    }
