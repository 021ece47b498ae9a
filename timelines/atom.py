"""A writer of Atom feeds (RFC 4287)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.sax.xmlreader import AttributesImpl

from django.conf import settings
from django.utils.feedgenerator import rfc3339_date
from django.utils.text import Truncator
from django.utils.xmlutils import SimplerXMLGenerator

from core.bidi import isolate
from core.links import absolute_url
from core.text import replace_forbidden
from posts.language_detection import LANGUAGES

if TYPE_CHECKING:
    from datetime import datetime

    from posts.models import Post

TITLE_LENGTH = 60
NAMESPACE = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True)
class AtomFeed:
    """The metadata of a feed; URLs are absolute.

    ``title`` is the site's, in ``language``; ``subtitle`` is a user's text.
    """

    id: str
    title: str
    language: str
    page: str
    address: str
    updated: datetime
    posts: list[Post]
    subtitle: str = ""


def stable_id(*parts: object) -> str:
    """Return the permanent id of an object of this site: a URN.

    It contains the site's host and sub-path, but neither scheme nor port, and the
    number of a user or post, never the nickname.
    """
    site = urlsplit(settings.SITE_URL)
    path = "/".join((site.path, *(str(part) for part in parts)))
    return uuid.uuid5(uuid.NAMESPACE_URL, f"//{site.hostname}{path}").urn


def write_feed(feed: AtomFeed) -> bytes:
    """Return the document, which is valid whatever the texts contain."""
    out = StringIO()
    xml = SimplerXMLGenerator(out, "utf-8", short_empty_elements=True)
    xml.startDocument()
    # No language here: posts in an unknown one would inherit it.
    xml.startElement("feed", AttributesImpl({"xmlns": NAMESPACE}))
    xml.addQuickElement("id", feed.id)
    title_language = {"xml:lang": feed.language, "type": "text"}
    xml.addQuickElement("title", replace_forbidden(feed.title), title_language)
    if feed.subtitle:
        xml.addQuickElement(
            "subtitle", replace_forbidden(feed.subtitle), {"type": "text"}
        )
    xml.addQuickElement("updated", rfc3339_date(feed.updated))
    _link(xml, "alternate", feed.page, "text/html")
    _link(xml, "self", feed.address, "application/atom+xml")
    for post in feed.posts:
        _entry(xml, post)
    xml.endElement("feed")
    xml.endDocument()
    return out.getvalue().encode()


def _entry(xml: SimplerXMLGenerator, post: Post) -> None:
    language = {"xml:lang": post.language} if post.language in LANGUAGES else {}
    said = rfc3339_date(post.created_at)
    body = replace_forbidden(post.body)
    beginning = Truncator(" ".join(body.split())).chars(TITLE_LENGTH)
    xml.startElement("entry", AttributesImpl(language))
    xml.addQuickElement("id", stable_id("post", post.pk))
    title = f"{post.author.username}: {isolate(beginning)}"
    xml.addQuickElement("title", title, {"type": "text"})
    xml.addQuickElement("published", said)
    xml.addQuickElement("updated", said)
    xml.startElement("author", AttributesImpl({}))
    xml.addQuickElement("name", post.author.username)
    xml.addQuickElement("uri", absolute_url(post.author.get_absolute_url()))
    xml.endElement("author")
    _link(xml, "alternate", absolute_url(post.get_absolute_url()), "text/html")
    xml.addQuickElement("summary", body, {"type": "text"})
    xml.endElement("entry")


def _link(xml: SimplerXMLGenerator, rel: str, href: str, kind: str) -> None:
    xml.addQuickElement("link", "", {"rel": rel, "href": href, "type": kind})
