"""Addresses of people's own settings."""

from django.urls import URLPattern

app_name = "accounts"
urlpatterns: list[URLPattern] = []
