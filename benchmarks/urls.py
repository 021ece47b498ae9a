"""The site's addresses and ``/floor``: the home page over posts already in memory."""

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from core.pagination import Cursor, Page
from microblog.urls import (  # noqa: F401  (Django finds the handlers here)
    handler400,
    handler403,
    handler404,
    handler429,
    handler500,
    urlpatterns,
)
from posts.forms import PostForm
from posts.models import Post
from timelines.pages import explore_page


@cache
def posts_in_memory() -> Page[Post]:
    """Return a page of posts, asked for once in a process."""
    return explore_page(Cursor())


def floor(request: HttpRequest) -> HttpResponse:
    """Render the home page's template; the database is asked for the reader only."""
    context = {"form": PostForm(), "page": posts_in_memory()}
    return render(request, "timelines/home.html", context)


urlpatterns = [path("floor", floor), *urlpatterns]
