"""The loader of the project's templates, which are served without their indentation."""

import re
from collections.abc import Iterator

from django.template.base import Origin
from django.template.loaders.filesystem import Loader as FilesystemLoader

SPACE, SILENT, BLOCK, OPENING, CLOSING, INLINE = range(6)
# Whether line breaks before it and after it are not shown.
EDGES = {
    BLOCK: (True, True),
    OPENING: (False, True),
    CLOSING: (True, False),
    INLINE: (False, False),
}

# Beside the tags of these elements, browsers ignore white space.
BLOCK_ELEMENT = re.compile(
    "address|article|aside|blockquote|body|br|dd|details|div|dl|dt|fieldset|figure"
    "|footer|form|h[1-6r]|head|header|html|legend|li|link|main|meta|nav|ol|optgroup"
    "|option|p|pre|script|section|style|summary|table|tbody|td|template|tfoot|th|thead"
    "|title|tr|ul",
    re.IGNORECASE,
)
VOID_ELEMENT = re.compile("img|input|wbr", re.IGNORECASE)
# What stands in these elements is kept as it was written.
VERBATIM_ELEMENT = re.compile("pre|script|style|textarea", re.IGNORECASE)
# Template tags that print nothing themselves; the former part a page, as a rule
# between block elements.
STRUCTURE_TAG = re.compile("block|endblock|extends|load")
SILENT_TAG = re.compile(
    "comment|csrf_token|elif|else|empty|end(?:for|if|with)|for|if|with"
)

TEMPLATE_TAG = r"""
    \{%\s*(?P<block>comment|verbatim|blocktrans(?:late)?)\b.*?\{%\s*end(?P=block)\b.*?%\}
    | \{%\s*(?P<name>\w+).*?%\} | \{\{.*?\}\} | (?P<note>\{\#.*?\#\})
"""
# In attributes, template tags may hold quotation marks of their own.
ANY_TAG = r"\{%.*?%\} | \{\{.*?\}\} | \{\#.*?\#\}"
LONE_BRACE = r"\{(?![{%\#])"
QUOTED = rf"""
    "(?:{ANY_TAG} | {LONE_BRACE} | [^"{{])*" | '(?:{ANY_TAG} | {LONE_BRACE} | [^'{{])*'
"""
HTML_TAG = rf"""
    <(?P<end>/?)(?P<element>[a-z][\w-]*)
    (?:{ANY_TAG} | {QUOTED} | {LONE_BRACE} | [^>"'{{])*> | <![^>]*>
"""
FLAGS = re.VERBOSE | re.DOTALL | re.IGNORECASE
PIECE = re.compile(rf"{TEMPLATE_TAG} | (?P<html>{HTML_TAG}) | (?P<space>\s+)", FLAGS)
IN_HTML_TAG = re.compile(rf"({ANY_TAG} | {QUOTED}) | \s*\n\s*(>?)", FLAGS)


class Loader(FilesystemLoader):
    """Loads templates of ``DIRS``, the HTML among them without its indentation.

    In debug mode templates stay as they were written: the page that Django shows for
    an error in a template quotes its lines.
    """

    def get_contents(self, origin: Origin) -> str:
        """Return what is compiled, once for each process, and then cached."""
        contents = super().get_contents(origin)
        if self.engine.debug or not str(origin.name).endswith(".html"):
            return contents
        return without_indentation(contents)


def without_indentation(source: str) -> str:
    """Return a template without the line breaks that no browser shows.

    White space that holds a line break goes beside the tags of block elements, and
    where an inline element begins or ends inside; between text and inline elements it
    shrinks to that line break, in a tag to a space. Everything else is kept.
    """
    parts: list[str] = []
    ignored = True  # White space here is not shown, whatever follows.
    removable: int | None = (
        None  # Where a line break stands, if nothing is shown since.
    )
    for kind, text in pieces(source):
        if kind == SPACE:
            if "\n" in text:
                text = "" if ignored else "\n"
                removable = removable if ignored else len(parts)
            ignored = True
        elif kind != SILENT:
            before, ignored = EDGES[kind]
            if before and removable is not None:
                parts[removable] = ""
            removable = None
        parts.append(text)
    if removable is not None:
        parts[removable] = ""
    return "".join(parts)


def pieces(source: str) -> Iterator[tuple[int, str]]:
    """Cut a template into white space, tags, and what is shown, each with its kind."""
    position = 0
    while match := PIECE.search(source, position):
        if match.start() > position:
            yield INLINE, source[position : match.start()]
        position = match.end()
        if match["html"]:
            yield html_kind(match), IN_HTML_TAG.sub(one_space, match[0])
            if match["element"] and not match["end"]:
                end = end_of_verbatim(source, position, match["element"])
                if end > position:
                    yield INLINE, source[position:end]
                    position = end
        elif match["space"]:
            yield SPACE, match[0]
        else:
            yield template_kind(match), match[0]
    if position < len(source):
        yield INLINE, source[position:]


def html_kind(match: re.Match[str]) -> int:
    """Return of what element it is a tag; a declaration counts as a block element."""
    element = match["element"] or "html"
    if BLOCK_ELEMENT.fullmatch(element):
        return BLOCK
    if VOID_ELEMENT.fullmatch(element):
        return INLINE
    return CLOSING if match["end"] else OPENING


def template_kind(match: re.Match[str]) -> int:
    """Return whether a template tag parts the page, or prints something."""
    name = match["name"] or match["block"] or ""
    if STRUCTURE_TAG.fullmatch(name):
        return BLOCK
    silent = match["note"] or SILENT_TAG.fullmatch(name)
    return SILENT if silent else INLINE


def end_of_verbatim(source: str, position: int, element: str) -> int:
    """Return where the text of ``element`` ends that is kept as it was written."""
    if not VERBATIM_ELEMENT.fullmatch(element):
        return position
    end = source.lower().find(f"</{element.lower()}", position)
    return len(source) if end < 0 else end


def one_space(match: re.Match[str]) -> str:
    """Return what stands in an HTML tag instead of ``match``."""
    return match[1] or match[2] or " "
