"""gunicorn's log without secrets: keys in links, codes in queries, passwords."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from core.redaction import redact


class RedactingLogger(Logger):
    """gunicorn's logger with every part redacted."""

    def atoms(self, *args: Any) -> dict[str, Any]:
        """Return the parts of an access log line."""
        parts: dict[str, Any] = super().atoms(*args)
        return {k: redact(v) if isinstance(v, str) else v for k, v in parts.items()}
