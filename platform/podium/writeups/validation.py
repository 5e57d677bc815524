"""What a write-up may say: its title, text and links, cleaned or refused."""

from collections.abc import Sequence
from unicodedata import category
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from podium.accounts.forms import TURNING
from podium.markdown import to_html
from podium.refusals import Refused

MOST_TITLE = 160
MOST_BODY = 30_000
# Signs that need escaping make a text six times as long; tables could make it hundreds of times.
MOST_HTML = 300_000
MOST_LINKS = 10
MOST_URL = 500
MOST_REASON = 1_000
_BREAKS = frozenset("\n\t")
_is_url = URLValidator(schemes=["https"])


def clean_line(text: str, what: str, most: int = MOST_TITLE) -> str:
    """Return a text as one line. Raises Refused (`bad_<what>`, `long_<what>`)."""
    text = " ".join(text.split())
    _refuse_marks(text, what)
    if not any(mark.isalnum() for mark in text):
        raise Refused(f"bad_{what}", f"The {what} needs a letter or a digit.")
    _refuse_long(text, most, what)
    return text


def clean_body(body: str) -> str:
    """Return the Markdown with one kind of line ends. Raises Refused."""
    body = body.replace("\r\n", "\n").replace("\r", "\n").strip()
    _refuse_marks(body, "text")
    if not body:
        raise Refused("no_text", "The text is empty. Describe your system.")
    _refuse_long(body, MOST_BODY, "text")
    if len(to_html(body)) > MOST_HTML:
        raise Refused("long_text", "A table of the text is too large to show. Make it smaller.")
    return body


def clean_links(links: Sequence[object]) -> list[dict[str, str]]:
    """Return links as {title, url}, each with a title: its own or its host. Raises Refused."""
    if len(links) > MOST_LINKS:
        raise Refused(
            "many_links", f"There are {len(links)} links. Keep the {MOST_LINKS} that matter most."
        )
    return [_clean_link(link) for link in links]


def _clean_link(link: object) -> dict[str, str]:
    if not isinstance(link, dict) or not all(isinstance(link.get(k, ""), str) for k in _LINK):
        raise Refused("bad_link", "A link has a `url` and a `title`, both texts.")
    url, title = link.get("url", "").strip(), link.get("title", "").strip()
    try:
        _is_url(url)
        host = urlsplit(url).hostname or ""
        is_plain = url.isascii() and "@" not in urlsplit(url).netloc and len(url) <= MOST_URL
    except (ValidationError, ValueError):
        is_plain, host = False, ""
    if not is_plain:
        shown = url[:60] if url.isprintable() else "a link"
        raise Refused(
            "bad_link",
            f"“{shown}” is not a valid link. A link begins with https://, has no user name "
            f"or password in it, and up to {MOST_URL} characters. Copy it from the browser.",
        )
    return {"title": clean_line(title or host, "link"), "url": url}


def _refuse_marks(text: str, what: str) -> None:
    """Raise Refused for text that breaks lines or reverses text direction."""
    if any(
        (category(mark) in {"Cc", "Cs"} and mark not in _BREAKS) or mark in TURNING for mark in text
    ):
        raise Refused(f"bad_{what}", f"The {what} contains an invisible character. Retype it.")


def _refuse_long(text: str, most: int, what: str) -> None:
    if len(text) > most:
        raise Refused(
            f"long_{what}", f"The {what} has {len(text):,} characters. Shorten it to {most:,}."
        )


_LINK = ("title", "url")
