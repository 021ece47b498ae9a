"""What Django's ``DATABASES`` says besides where the database is."""

from typing import Any

SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"
MYSQL = "django.db.backends.mysql"


def with_options(
    config: dict[str, Any], lock_timeout: int, max_age: int
) -> dict[str, Any]:
    """Return ``config`` with the options of its engine.

    ``config`` is what ``database_config`` made of ``DATABASE_URL``; ``lock_timeout``
    and ``max_age`` are seconds.
    """
    options = {SQLITE: _sqlite, POSTGRESQL: _postgresql, MYSQL: _mysql}
    engine = config["ENGINE"]
    if engine in options:
        config |= options[engine](config.get("OPTIONS", {}), lock_timeout)
    return config | {
        # Our subclasses of Django's backends: transactions that begin at the first
        # write.
        "ENGINE": engine.replace("django.db.backends", "core.databases"),
        "CONN_MAX_AGE": max_age,
        "CONN_HEALTH_CHECKS": True,
    }


def _sqlite(given: dict[str, Any], lock_timeout: int) -> dict[str, Any]:
    # Measured: with them no writer of many is lost.
    return {
        "OPTIONS": {
            "timeout": lock_timeout,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL;"
                "PRAGMA synchronous=NORMAL;"
                "PRAGMA mmap_size=134217728;"
                "PRAGMA journal_size_limit=27103364;"
                "PRAGMA cache_size=2000;"
            ),
        },
        "TEST": {"NAME": ":memory:"},
    }


def _postgresql(given: dict[str, Any], lock_timeout: int) -> dict[str, Any]:
    # jit=off: its compiler costs a short query more than it can ever save (10 ms a
    # page).
    options = {
        "connect_timeout": lock_timeout,
        "options": f"-c jit=off -c lock_timeout={lock_timeout}s",
    }
    return {"OPTIONS": options | given}


def _mysql(given: dict[str, Any], lock_timeout: int) -> dict[str, Any]:
    options = {
        "charset": "utf8mb4",
        "init_command": (
            "SET sql_mode='STRICT_TRANS_TABLES', NAMES utf8mb4, "
            f"innodb_lock_wait_timeout={lock_timeout}"
        ),
        "connect_timeout": lock_timeout,
    }
    return {
        "OPTIONS": given | options,
        "TEST": {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_unicode_ci"},
    }
