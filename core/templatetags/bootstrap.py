"""Form widgets with Bootstrap's classes."""

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

register = template.Library()

_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.RadioSelect, ""),
    (forms.Select, "form-select"),
)


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """Return the rendered widget, with the class for its type and errors."""
    widget = field.field.widget
    css = next(
        (css for kind, css in _CLASSES if isinstance(widget, kind)), "form-control"
    )
    if field.errors:
        css += " is-invalid"
    own = widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"{css} {own}".strip()})
