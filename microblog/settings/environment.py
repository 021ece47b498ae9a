"""Strict parsing of environment variables.

A value that is not understood stops the start with an error that names the variable: if
it were taken for false, or for the default, it could disable a protection unnoticed.
"""

import json
import math
import warnings
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from microblog.settings.variables import VARIABLES

TRUE = ("true", "yes", "on", "1", "y", "ok")
FALSE = ("false", "no", "off", "0", "n")
DATABASE_SCHEMES = {"postgres", "postgresql", "psql", "pgsql", "mysql", "sqlite"}
PROVIDER_KEYS = ("id", "name", "server_url", "client_id", "secret")


class Environment(environ.Env):
    """Variables as Python values; for an empty one its default holds.

    The defaults stand in ``microblog.settings.variables``, unless ``default`` says
    another, in the same notation. Each method raises ``ImproperlyConfigured`` for a
    value that it does not understand.
    """

    def bool(self, var: str, default: str = "") -> bool:
        """Return true or false."""
        value = self.given(var, default)
        if value.lower() not in TRUE + FALSE:
            raise _refusal(var, value, "true or false")
        return value.lower() in TRUE

    def int(self, var: str, default: str = "", minimum: int = 0) -> int:
        """Return a whole number that is not below ``minimum``."""
        value = self.given(var, default)
        try:
            number = int(value)
        except ValueError:
            number = minimum - 1
        if number < minimum:
            raise _refusal(var, value, f"a whole number, {minimum} or more")
        return number

    def float(self, var: str) -> float:
        """Return a number above 0."""
        value = self.given(var)
        try:
            number = float(value)
        except ValueError:
            number = 0
        if not 0 < number < math.inf:
            raise _refusal(var, value, "a number above 0, such as 0.5")
        return number

    def names(self, var: str) -> list[str]:
        """Return a list of comma-separated values."""
        return [name.strip() for name in self.given(var).split(",") if name.strip()]

    def rates(self, var: str, per: tuple[str, ...]) -> str:
        """Return rates in django-allauth's notation, each counted ``per`` one of."""
        # It loads Django's caches, which the other environments' checks do not need.
        from allauth.core.internal.ratelimit import parse_rates  # noqa: PLC0415

        value = self.given(var)
        try:
            rates = parse_rates(value)
        except ValueError:
            rates = []
        whole = all(
            rate.amount > 0 and 0 < rate.duration < math.inf and rate.per in per
            for rate in rates
        )
        if not rates or not whole:
            raise _refusal(var, value, f"such as {VARIABLES[var].default}")
        return value

    def providers(self, var: str) -> list[dict[str, Any]]:
        """Return the OpenID Connect providers; errors do not show secrets."""
        try:
            providers = json.loads(self.given(var) or "[]")
        except ValueError:
            providers = None
        whole = isinstance(providers, list) and all(map(_is_provider, providers))
        if not whole:
            message = (
                f"{var} is not understood. Set it to a JSON list of objects that each "
                f"have the texts {', '.join(PROVIDER_KEYS)}: see docs/accounts.md."
            )
            raise ImproperlyConfigured(message)
        return list(providers)

    def given(self, var: str, default: str = "") -> str:
        """Return a variable as text without the spaces around it, or its default."""
        value = str(self.str(var, default="")).strip()
        return value or default or VARIABLES[var].default


def database_config(url: str) -> dict[str, Any]:
    """Return Django's database settings for ``DATABASE_URL``.

    Raises ``ImproperlyConfigured`` without the value, which contains a password.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            if url != "sqlite://:memory:":
                _check_database_url(url)
            config: dict[str, Any] = environ.Env.db_url_config(url)
    except (ValueError, LookupError, Warning, ImproperlyConfigured):
        message = (
            "DATABASE_URL is not understood. Set it to an address such as "
            "postgres://user:password@host/name, mysql://user:password@host/name "
            "(for MariaDB, too) or sqlite:////srv/db.sqlite3, and percent-encode "
            "characters such as # / ? % + in the password: # is %23, / is %2F."
        )
        raise ImproperlyConfigured(message) from None
    return config


def _check_database_url(url: str) -> None:
    """Raise ``ValueError`` if a part is missing, or a password was cut in two."""
    parts = urlsplit(url)
    if parts.scheme not in DATABASE_SCHEMES or "://" not in url or parts.fragment:
        raise ValueError
    if parts.scheme != "sqlite" and (
        "@" in parts.path + parts.query or not parts.path.strip("/")
    ):
        raise ValueError


def _is_provider(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(key), str) and value[key] for key in PROVIDER_KEYS
    )


def _refusal(var: str, value: str, allowed: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{var} is {value!r}. Set it to {allowed}; .env knows no comment after a value."
    )
