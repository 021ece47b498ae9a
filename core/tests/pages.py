"""Pages as people read them: through an HTML parser, as text without gaps."""

from __future__ import annotations

from dataclasses import dataclass

import lxml.html
from django.http import HttpResponse


@dataclass(frozen=True)
class PageText:
    """A parsed page, or a part of one."""

    root: lxml.html.HtmlElement

    def all(self, xpath: str) -> list[PageText]:
        """Return the elements that an XPath finds."""
        return [PageText(element) for element in self.root.xpath(xpath)]

    def one(self, xpath: str) -> PageText:
        """Return the only element that an XPath finds."""
        (element,) = self.all(xpath)
        return element

    def texts(self, xpath: str) -> list[str]:
        return [element.text for element in self.all(xpath)]

    @property
    def text(self) -> str:
        """Return the text, with one space where there is any."""
        return " ".join(self.root.text_content().split())

    def get(self, name: str) -> str | None:
        """Return an attribute."""
        value: str | None = self.root.get(name)
        return value


def read(response: HttpResponse) -> PageText:
    """Parse the page of a response."""
    return PageText(lxml.html.fromstring(response.content.decode()))
