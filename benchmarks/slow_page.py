"""A slow page with two problems, and the fixed page: see ``docs/profiling.md``.

DJANGO_SETTINGS_MODULE=benchmarks.slow_page_settings manage.py runserver
"""

from __future__ import annotations

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import path

from accounts.models import User
from microblog.urls import (  # noqa: F401  (Django finds the handlers here)
    handler400,
    handler403,
    handler404,
    handler429,
    handler500,
    urlpatterns,
)
from posts.models import Post

SHOWN = 50
PAGE = """{% extends "base.html" %}
{% block content %}<h1>New people, and what they said last</h1>
<ul>{% for person, body in rows %}<li>{{ person }}: {{ body }}</li>{% endfor %}</ul>
{% endblock %}"""


def slow(request: HttpRequest) -> HttpResponse:
    """Sort by a column without an index, then query once for each user."""
    rows = []
    for person in User.objects.order_by("-date_joined")[:SHOWN]:
        post = Post.objects.by(person).newest_first().first()
        rows.append((person, post.body if post else ""))
    return show(request, rows)


def cured(request: HttpRequest) -> HttpResponse:
    """Sort by the primary key, which also grows with time; one query for all."""
    newest = Post.objects.filter(author=OuterRef("pk")).newest_first()
    people = User.objects.order_by("-pk").annotate(
        body=Subquery(newest.values("body")[:1])
    )
    return show(request, [(person, person.body or "") for person in people[:SHOWN]])


def show(request: HttpRequest, rows: list[tuple[User, str]]) -> HttpResponse:
    return HttpResponse(Template(PAGE).render(RequestContext(request, {"rows": rows})))


urlpatterns = [path("slow", slow), path("cured", cured), *urlpatterns]
