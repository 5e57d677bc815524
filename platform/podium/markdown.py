"""Markdown of organizers and teams to HTML that is safe to show."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

_parser = MarkdownIt("commonmark", {"html": False}).enable(["table"])
_TAGS = {"p", "ul", "ol", "li", "a", "em", "strong", "code", "pre", "blockquote", "hr", "br"}
_TAGS |= {"h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}
MOST_CACHED = 100  # texts; a long one takes half a second


@lru_cache(MOST_CACHED)
def to_html(text: str) -> str:
    """Return sanitised HTML: no raw HTML, no scripts, no images, headings from level 2 down."""
    tokens = _parser.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    html = _parser.renderer.render(tokens, _parser.options, {})
    return nh3.clean(html, tags=_TAGS, link_rel="noopener noreferrer nofollow")
