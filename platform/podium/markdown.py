"""Markdown of organizers and teams to HTML that is safe to show."""

import hashlib
from collections import OrderedDict
from threading import Lock

import nh3
from markdown_it import MarkdownIt

_parser = MarkdownIt("commonmark", {"html": False}).enable(["table"])
_TAGS = {"p", "ul", "ol", "li", "a", "em", "strong", "code", "pre", "blockquote", "hr", "br"}
_TAGS |= {"h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}
MOST_KEPT = 4_000_000  # signs of HTML in one process: some hundred long texts


class _Kept:
    """The newest HTML by its text's hash, as much as there is room for.

    A long text takes half a second, and is read by many. Another renderer comes with another
    process, so that nothing of an earlier one is ever shown.
    """

    def __init__(self, room: int) -> None:
        self._room, self._held = room, 0
        self._found: OrderedDict[bytes, str] = OrderedDict()
        self._lock = Lock()

    def get(self, key: bytes) -> str | None:
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
            return self._found.get(key)

    def put(self, key: bytes, html: str) -> None:
        with self._lock:
            self._held += len(html) - len(self._found.pop(key, ""))
            self._found[key] = html
            while self._held > self._room:
                self._held -= len(self._found.popitem(last=False)[1])


_kept = _Kept(MOST_KEPT)


def to_html(text: str) -> str:
    """Return sanitised HTML: no raw HTML, no scripts, no images, headings from level 2 down."""
    key = hashlib.sha256(text.encode()).digest()
    found = _kept.get(key)
    if found is None:
        found = _rendered(text)
        _kept.put(key, found)
    return found


def _rendered(text: str) -> str:
    tokens = _parser.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    html = _parser.renderer.render(tokens, _parser.options, {})
    return nh3.clean(html, tags=_TAGS, link_rel="noopener noreferrer nofollow")
