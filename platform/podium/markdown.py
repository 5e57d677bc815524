"""Markdown of organizers and teams to HTML that is safe to show, and that of the guides."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_parser = MarkdownIt("commonmark", {"html": False}).enable(["table"])
_HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
_TAGS = {"p", "ul", "ol", "li", "a", "em", "strong", "code", "pre", "blockquote", "hr", "br"}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td"} | _HEADINGS
_OF_PAGES = {"a": {"href"}, **{heading: {"id"} for heading in _HEADINGS}}
_NO_ANCHOR = re.compile(r"[^\w -]")
MOST_CACHED = 100  # texts; a long one takes half a second


class Section(NamedTuple):
    """A section of a guide: what its heading says, and its anchor."""

    title: str
    anchor: str


@lru_cache(MOST_CACHED)
def to_html(text: str) -> str:
    """Return sanitised HTML: no raw HTML, no scripts, no images, headings from level 2 down."""
    tokens = _parser.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    html = _parser.renderer.render(tokens, _parser.options, {})
    return nh3.clean(html, tags=_TAGS, link_rel="noopener noreferrer nofollow")


def to_page(text: str, address_of: Callable[[str], str]) -> str:
    """Return a guide as HTML: headings with anchors, no pictures and no diagrams.

    `address_of` returns where a link leads to on the site, and nothing for a link to leave out.
    """
    tokens = [token for token in _parser.parse(text) if token.info != "mermaid"]
    for heading, inline in pairwise(tokens):
        if heading.type == "heading_open":
            heading.attrSet("id", _anchor(inline.content))
        if inline.children:
            inline.children = list(_reachable(inline.children, address_of))
    html = _parser.renderer.render(tokens, _parser.options, {})
    html = nh3.clean(html, tags=_TAGS, attributes=_OF_PAGES, link_rel=None)
    return html.replace("<p></p>", "")  # where a picture was


def sections(text: str) -> list[Section]:
    """Return the sections of level 2 of a guide."""
    titles = [line[3:].strip() for line in _outside_code(text) if line.startswith("## ")]
    return [Section(title, _anchor(title)) for title in titles]


def _reachable(tokens: Sequence[Token], address_of: Callable[[str], str]) -> Iterator[Token]:
    """Yield the tokens of a line with the site's addresses, without links that lead nowhere."""
    is_kept = True
    for token in tokens:
        if token.type == "link_open":
            address = address_of(str(token.attrGet("href")))
            token.attrSet("href", address)
            is_kept = bool(address)
        if token.type != "image" and (is_kept or not token.type.startswith("link_")):
            yield token


def _anchor(title: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    return _NO_ANCHOR.sub("", title.lower()).replace(" ", "-")


def _outside_code(text: str) -> Iterator[str]:
    is_code = False
    for line in text.splitlines():
        is_code ^= line.startswith("```")
        if not is_code:
            yield line
