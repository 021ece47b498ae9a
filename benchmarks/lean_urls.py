"""One page of twenty posts in memory, for the user of the session."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Post:
    """What the template shows of a post."""

    pk: int
    author: str
    body: str
    created_at: datetime


POSTS = [
    Post(
        pk=number,
        author=f"author{number % 7}",
        body=f"Post {number}: a walk along the lake & coffee in the morning sun.",
        created_at=START + timedelta(hours=number),
    )
    for number in range(20)
]


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Draw the posts, a form to post and a form below each post."""
    return render(request, "lean/home.html", {"posts": POSTS})


def nothing(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Stand for the pages that the home page links to."""
    return HttpResponse()


urlpatterns = [
    path("", home, name="home"),
    path("user/<str:nickname>", nothing, name="profile"),
    path("post/<int:pk>", nothing, name="post"),
]
