"""Template tags and filters that every template has without loading them."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from podium.markdown import to_html

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """Return the text as sanitised HTML."""
    return mark_safe(to_html(text))  # noqa: S308  (sanitised by nh3)


@register.filter
def percent(share: float) -> str:
    """Return a share as a percentage that never reads 0 or 100 when it is not."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"
