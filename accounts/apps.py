"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Connects the app to the site."""

    name = "accounts"
