"""A developer's machine: debug pages, mail on the terminal, toolbar and silk."""

from microblog.settings.base import *
from microblog.settings.base import env

DEBUG = True
SECRET_KEY = env.str("SECRET_KEY", default="insecure-only-for-development")
ALLOWED_HOSTS = ["*"]
INTERNAL_IPS = ["127.0.0.1", "::1"]
