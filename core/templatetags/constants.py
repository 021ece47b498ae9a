"""Parts of a page that are the same for everybody who reads one language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.template.base import Node, NodeList, Parser, Token, Variable, VariableNode
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from core import catalogues

if TYPE_CHECKING:
    from django.template.context import Context

register = template.Library()


@register.tag
def constant(parser: Parser, token: Token) -> ConstantNode:
    """Render what is inside once for each language, until its texts change.

    Inside there are no variables, so nothing of one reader can reach another.
    """
    nodes = parser.parse(("endconstant",))
    parser.delete_first_token()
    for node in nodes.get_nodes_by_type(VariableNode):
        if isinstance(node.filter_expression.var, Variable):  # type: ignore[attr-defined]
            message = f"A variable, {node}, stands in a constant part."
            raise template.TemplateSyntaxError(message)
    return ConstantNode(nodes)


class ConstantNode(Node):
    """What ``constant`` makes of its content."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self._rendered: dict[tuple[object, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        """Return the text for the language, rendered without any variables."""
        key = (get_language(), get_script_prefix(), catalogues.generation())
        html = self._rendered.get(key)
        if html is None:
            html = self.nodelist.render(context.new())
            # Of earlier texts nothing is kept.
            kept = {k: v for k, v in self._rendered.items() if k[2] == key[2]}
            self._rendered = {**kept, key: html}
        return html
