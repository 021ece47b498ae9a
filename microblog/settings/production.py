"""A site on the net: nothing secret has a default, everything is strict."""

from django.core.exceptions import ImproperlyConfigured

from microblog.settings.base import *
from microblog.settings.base import env


def required(name: str, advice: str) -> str:
    """Return the variable ``name``, or stop the start with ``advice``."""
    value: str = env.str(name, default="")
    if not value:
        message = f"The environment variable {name} is not set. {advice}"
        raise ImproperlyConfigured(message)
    return value


SECRET_KEY = required("SECRET_KEY", "Set it to 50 or more random characters.")
ALLOWED_HOSTS = required(
    "ALLOWED_HOSTS", "Set it to the site's host names, separated by commas."
).split(",")
