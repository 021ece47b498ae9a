"""How htmx behaves on the site's pages."""

import json

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

ACTIVE = "get post put patch delete boost trigger inherit ext"
ELEMENTS = ", ".join(
    f"[{prefix}-{name}]" for prefix in ("hx", "data-hx") for name in ACTIVE.split()
)
CONFIG = {
    "allowEval": False,
    "allowScriptTags": False,
    "disableInheritance": True,
    "disableSelector": f":is({ELEMENTS})",
    "historyCacheSize": 0,
    "includeIndicatorStyles": False,
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "(400|403|404|405|413|422|429|500|502|503)", "swap": True},
        {"code": "[45]..", "swap": False, "error": True},
    ],
    "selfRequestsOnly": True,
}
OPENING, CLOSING = json.dumps(CONFIG, separators=(",", ":")).split(f"({ELEMENTS})")


@register.simple_tag(takes_context=True)
def htmx_config(context: Context) -> SafeString:
    """Return the element that configures htmx.

    htmx acts only on elements that carry this answer's ``HTMX_NONCE``, which no text
    can know (docs/frontend.md); without a nonce it acts on none. It reads the first
    such element of a page: this one stands before the title and any other text.
    """
    nonce = context.get("HTMX_NONCE", "")
    ours = f":not([data-htmx={nonce}])" if nonce else ""
    config = f"{OPENING}({ELEMENTS}){ours}{CLOSING}"
    return mark_safe(f"<meta name=\"htmx-config\" content='{config}'>")  # noqa: S308
