"""The project package as an app, for the commands over all apps."""

from django.apps import AppConfig


class MicroblogConfig(AppConfig):
    """First in ``INSTALLED_APPS``, so that its commands come first, too."""

    name = "microblog"
