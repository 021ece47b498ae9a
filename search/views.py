"""The results page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """Show what matches ``q`` (Q1)."""
    return render(request, "search/results.html")
