"""Template tags and filters that every template has without loading them."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from podium.markdown import to_html

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """Return the text as sanitised HTML."""
    return mark_safe(to_html(text))  # noqa: S308  (sanitised by nh3)
