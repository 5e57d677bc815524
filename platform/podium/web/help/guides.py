"""The guides of `docs/` as pages: rendered once by each process, when first read."""

import re
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.urls import reverse

from podium.markdown import Section, sections, to_page

# The guides that the site serves, by their names in docs/. Those with a label are in the tabs.
GUIDES = {
    "participants": "Guide",
    "glossary": "Glossary",
    "client": "Client",
    "api": "API",
    "scoring": "Scoring",
    "leaderboard": "Ranks",
    "baselines": "Baselines",
    "organizers": "For organizers",
    "challenge-yaml": "",
    "datasets": "",
    "dataset-standard": "",
    "host-api": "",
}
FIRST = "participants"
_TO_GUIDE = re.compile(r"([a-z-]+)\.md(#.*)?")


@dataclass(frozen=True)
class Guide:
    """A guide as it is shown: its title, its HTML, and its sections with their anchors."""

    title: str
    html: str
    sections: list[Section]


@cache
def guide(name: str) -> Guide:
    """Return a guide of GUIDES."""
    title, text = _read(name)
    return Guide(title, to_page(text, address_of), sections(text))


@cache
def terms() -> dict[str, tuple[str, str]]:
    """Return the name and the first paragraph of each entry of the glossary, by its anchor."""
    _, text = _read("glossary")
    found = {}
    for section in sections(text):
        _, _, entry = text.partition(f"## {section.title}\n")
        found[section.anchor] = section.title, entry.split("\n\n")[0].strip()
    return found


def address_of(link: str) -> str:
    """Return where a link of a guide leads to on the site; empty: to nothing that it serves."""
    if link.startswith(("#", "https://", "http://")):
        return link
    found = _TO_GUIDE.fullmatch(link)
    if not found or found[1] not in GUIDES:
        return ""
    return guide_url(found[1]) + (found[2] or "")


def guide_url(name: str) -> str:
    """Return the address of a guide's page."""
    return reverse("help") if name == FIRST else reverse("guide", args=[name])


def _read(name: str) -> tuple[str, str]:
    """Return the title of a guide and its text below the title."""
    title, _, text = (settings.DOCS / f"{name}.md").read_text().partition("\n")
    return title.removeprefix("# "), text
