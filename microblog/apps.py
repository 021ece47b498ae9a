"""The project package as an app, for its commands."""

from django.apps import AppConfig


class MicroblogConfig(AppConfig):
    """First in ``INSTALLED_APPS``, so that its commands take precedence."""

    name = "microblog"
