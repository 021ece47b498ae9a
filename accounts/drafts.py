"""What somebody was writing when their session ended survives the login."""

from django.http import HttpRequest

DRAFT_KEY = "draft"
DRAFT_MAX_LENGTH = 2000


def keep_draft(request: HttpRequest) -> None:
    """Keep the posted text, if any, in the session of the reader who must log in."""
    if request.method == "POST" and (text := request.POST.get("body", "")):
        request.session[DRAFT_KEY] = (
            text[:DRAFT_MAX_LENGTH].encode("utf-8", "ignore").decode()
        )


def take_draft(request: HttpRequest) -> str:
    """Return the text kept before the login and forget it; '' if there is none."""
    draft: str = request.session.get(DRAFT_KEY, "")
    if draft:
        del request.session[DRAFT_KEY]
    return draft
