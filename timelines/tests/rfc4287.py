"""A validator of Atom feeds: the rules of RFC 4287, each with its section."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

ATOM = "{http://www.w3.org/2005/Atom}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
BASE = "{http://www.w3.org/XML/1998/namespace}base"
DATE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII
)  # 3.3
LANGUAGE_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)  # 2
MEDIA_TYPE = re.compile(r".+/.+")  # 4.2.7.3
# Children: how many at least and at most (4.1.1, 4.1.2, 3.2).
MANY = 1000
FEED = {
    "author": (0, MANY), "category": (0, MANY), "contributor": (0, MANY),
    "generator": (0, 1), "icon": (0, 1), "id": (1, 1), "link": (0, MANY),
    "logo": (0, 1), "rights": (0, 1), "subtitle": (0, 1), "title": (1, 1),
    "updated": (1, 1), "entry": (0, MANY),
}  # fmt: skip
ENTRY = {
    "author": (0, MANY), "category": (0, MANY), "contributor": (0, MANY),
    "content": (0, 1), "id": (1, 1), "link": (0, MANY), "published": (0, 1),
    "rights": (0, 1), "source": (0, 1), "summary": (0, 1), "title": (1, 1),
    "updated": (1, 1),
}  # fmt: skip
PERSON = {"name": (1, 1), "uri": (0, 1), "email": (0, 1)}
TEXTS = ("title", "subtitle", "summary", "rights")
DATES = ("updated", "published")
ATTRIBUTES = {
    "link": {"href", "rel", "type", "hreflang", "title", "length"},
    **{name: {"type"} for name in TEXTS},
}


def errors_of(document: bytes) -> list[str]:
    """Return the errors of the document; an empty list if it is valid."""
    try:
        root = ET.fromstring(document)  # noqa: S314  (our own)
    except ET.ParseError as error:
        return [f"2: not well-formed: {error}"]
    if root.tag != f"{ATOM}feed":
        return ["2: the document element is no feed"]
    found = _children(root, FEED) + _links(root)
    entries = root.findall(f"{ATOM}entry")
    for entry in entries:
        found += _entry(entry, feed_has_author=root.find(f"{ATOM}author") is not None)
    ids = Counter(
        (entry.findtext(f"{ATOM}id"), entry.findtext(f"{ATOM}updated"))
        for entry in entries
    )
    found += [f"4.1.1: entry twice: {key}" for key, n in ids.items() if n > 1]
    for element in root.iter():
        found += _element(element)
    return found


def _children(parent: ET.Element, allowed: dict[str, tuple[int, int]]) -> list[str]:
    counts = Counter(child.tag.removeprefix(ATOM) for child in parent)
    found = [f"4.1: unknown {name}" for name in counts if name not in allowed]
    for name, (least, most) in allowed.items():
        if not least <= counts[name] <= most:
            found.append(f"4.1: {counts[name]} × {name} in {parent.tag}")
    return found


def _entry(entry: ET.Element, *, feed_has_author: bool) -> list[str]:
    found = _children(entry, ENTRY) + _links(entry)
    if not feed_has_author and entry.find(f"{ATOM}author") is None:
        found.append("4.1.2: an entry without author")
    alternate = [
        link
        for link in entry.findall(f"{ATOM}link")
        if link.get("rel", "alternate") == "alternate"
    ]
    content = entry.find(f"{ATOM}content")
    if content is None and not alternate:
        found.append("4.1.2: neither content nor a link to it")
    if (
        content is not None
        and content.get("src")
        and entry.find(f"{ATOM}summary") is None
    ):
        found.append("4.1.2: content elsewhere without summary")
    return found


def _links(parent: ET.Element) -> list[str]:
    """4.1.1: one alternate of each type and language; one self by 4.2.7.2."""
    links = parent.findall(f"{ATOM}link")
    kinds = Counter(
        (link.get("rel", "alternate"), link.get("type"), link.get("hreflang"))
        for link in links
    )
    return [
        f"4.1.1: {kind} twice"
        for kind, count in kinds.items()
        if count > 1 and kind[0] in {"alternate", "self"}
    ]


def _element(element: ET.Element) -> list[str]:
    name = element.tag.removeprefix(ATOM)
    found = _value(name, element)
    language = element.get(LANGUAGE)
    if language is not None and not LANGUAGE_TAG.fullmatch(language):
        found.append(f"2: {language!r} is no language")
    unknown = set(element.keys()) - ATTRIBUTES.get(name, set()) - {LANGUAGE, BASE}
    found += [f"2: attribute {attribute} of {name}" for attribute in unknown]
    if element.tag == name:
        found.append(f"6: {name} is not in Atom's namespace")
    return found


def _value(name: str, element: ET.Element) -> list[str]:
    text = element.text or ""
    if name in TEXTS:
        return _text_construct(element)
    if name in {"author", "contributor"}:
        return _children(element, PERSON)
    if name in {"id", "uri", "icon", "logo"}:
        return _iri(text, whole=name == "id")
    if name == "link":
        found = _iri(element.get("href"), whole=False)
        if not MEDIA_TYPE.fullmatch(element.get("type", "a/b")):
            found.append("4.2.7.3: no media type")
        return found
    if name in DATES and not DATE.fullmatch(text):
        return [f"3.3: {text!r} is no date"]
    return ["3.2.1: an empty name"] if name == "name" and not text.strip() else []


def _text_construct(element: ET.Element) -> list[str]:
    kind = element.get("type", "text")
    if kind not in {"text", "html", "xhtml"}:
        return [f"3.1.1: type {kind!r}"]
    if kind != "xhtml" and len(element):
        return ["3.1.1: elements within text"]
    return []


def _iri(address: str | None, *, whole: bool) -> list[str]:
    """4.2.6: an id is an absolute IRI; RFC 3987: without spaces and brackets."""
    if not address or re.search(r"[\s<>\"{}|\\^`]", address):
        return [f"RFC 3987: {address!r} is no address"]
    parts = urlsplit(address)
    if whole and not (parts.scheme and (parts.netloc or parts.path)):
        return [f"4.2.6: {address!r} is not absolute"]
    return []
