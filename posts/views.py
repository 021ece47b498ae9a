"""Pages of single posts."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import public_reading
from posts.models import Post


@public_reading
@require_safe
def post(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one post on a page of its own."""
    shown = get_object_or_404(Post.objects.visible().select_related("author"), pk=pk)
    return render(request, "posts/post.html", {"post": shown})
