"""Template tags and filters that every template has without loading them."""

import re
from datetime import UTC, datetime

from django import template
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince

from podium.accounts.zones import in_words
from podium.markdown import to_html
from podium.subjects import without_links
from podium.web.base.board_lines import lines
from podium.web.base.presenters import countdown
from podium.web.help.guides import terms

register = template.Library()
register.simple_tag(lines, name="board_lines")
register.filter(without_links)
_TICKS = re.compile("`([^`]+)`")


@register.inclusion_tag("components/term.html")
def term(anchor: str) -> dict[str, str]:
    """Return a "?" that explains a term, by its anchor in the glossary. KeyError without one."""
    name, words = terms()[anchor]
    return {"anchor": anchor, "name": name, "words": words}


@register.filter
def markdown(text: str) -> SafeString:
    """Return the text as sanitised HTML."""
    return mark_safe(to_html(text))  # noqa: S308  (sanitised by nh3)


@register.filter
def ticks(text: str) -> SafeString:
    """Return a message as HTML in which what stands between backticks is code."""
    return mark_safe(_TICKS.sub(r"<code>\1</code>", conditional_escape(text)))  # noqa: S308


@register.filter
def size(count: int) -> str:
    """Return a number of bytes as text, in the decimal units in which limits are set."""
    for unit, name in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if count >= unit:
            return f"{count / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{count} B"


@register.filter
def instant(at: datetime) -> str:
    """Return a time for machines, to the second: what is finer tells nobody anything."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


@register.filter
def ago(at: datetime) -> str:
    """Return how long ago a time was, or in how long it will be, in its largest unit."""
    now = timezone.now()
    if abs((now - at).total_seconds()) < 60:
        return "just now"
    return f"in {timesince(now, at, depth=1)}" if at > now else f"{timesince(at, now, depth=1)} ago"


@register.filter
def left(at: datetime) -> str:
    """Return how long it is until a time, as the script counts it down."""
    return countdown(at, timezone.now())


@register.filter
def said(at: datetime, zone: str = "") -> str:
    """Return a time in a zone and in UTC, or only in UTC; see `accounts.zones`."""
    return in_words(at, zone)


@register.filter
def percent(share: float) -> str:
    """Return a share as a percentage that never reads 0 or 100 when it is not."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    is_near_an_end = share < 0.1 or 0.99 <= share < 1
    return f"{100 * share:.1f} %" if is_near_an_end else f"{100 * share:.0f} %"
