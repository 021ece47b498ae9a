"""Strict parsing of environment variables.

A value that is not understood stops the start with an error that names the variable: if
it were taken for false, or for the default, it could disable a protection unnoticed.
"""

import json
import math
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from core.rates import parse_rates
from microblog.settings.addresses import is_web_address
from microblog.settings.variables import VARIABLES

TRUE = ("true", "yes", "on", "1", "y", "ok")
FALSE = ("false", "no", "off", "0", "n")
PROVIDER_KEYS = ("id", "name", "server_url", "client_id", "secret")


class Environment(environ.Env):
    """Variables as Python values; for an empty one its default holds.

    The defaults stand in ``microblog.settings.variables``, unless ``default`` says
    another, in the same notation. Each method raises ``ImproperlyConfigured`` for a
    value that it does not understand.
    """

    def bool(self, var: str, default: str = "") -> bool:
        value = self.given(var, default)
        if value.lower() not in TRUE + FALSE:
            raise _refusal(var, value, "true or false")
        return value.lower() in TRUE

    def int(self, var: str, default: str = "", minimum: int = 0) -> int:
        """Return an integer of at least ``minimum``."""
        value = self.given(var, default)
        try:
            number = int(value)
        except ValueError:
            number = minimum - 1
        if number < minimum:
            raise _refusal(var, value, f"a whole number, {minimum} or more")
        return number

    def float(self, var: str) -> float:
        """Return a positive number."""
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
        """Return rates in django-allauth's notation; ``per`` are the allowed scopes."""
        value = self.given(var)
        try:
            understood = {rate.per for rate in parse_rates(value)} <= set(per)
        except ValueError:
            understood = False
        if not understood:
            raise _refusal(var, value, f"rates such as {VARIABLES[var].default}")
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
                f"have the texts {', '.join(PROVIDER_KEYS)}, and addresses that begin "
                "with https://: see docs/accounts.md."
            )
            raise ImproperlyConfigured(message)
        return list(providers)

    def given(self, var: str, default: str = "") -> str:
        """Return a variable as stripped text, or its default."""
        value = str(self.str(var, default="")).strip()
        return value or default or VARIABLES[var].default


def _is_provider(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    texts = (value.get(key) for key in PROVIDER_KEYS)
    addresses = (value.get(key) for key in ("server_url", "login_url"))
    return all(isinstance(text, str) and text for text in texts) and all(
        is_web_address(address) for address in addresses if address
    )


def _refusal(var: str, value: str, allowed: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{var} is {value!r}. Set it to {allowed}; .env knows no comment after a value."
    )
