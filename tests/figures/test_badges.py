"""The badge: small, of its own colours, safe on any site."""

import re

import pytest

from figures import badge
from tests.figures.drawn import HOSTILE, SVG, all_of, number, parsed, texts


def test_a_badge_says_its_two_fields() -> None:
    root = parsed(badge("Abt–Buy", "rank 2 of 48"))
    assert texts(root) == ["Abt–Buy", "rank 2 of 48"]
    assert root.attrib["aria-label"] == all_of(root, "title")[0].text == "Abt–Buy: rank 2 of 48"
    assert (root.attrib["role"], root.attrib["height"]) == ("img", "20")


def test_texts_are_held_to_the_width_of_their_fields() -> None:
    root = parsed(badge("Abt–Buy", "0.842"))
    for text in all_of(root, "text"):
        half = number(text, "textLength") / 2
        assert number(text, "x") - half > 0
        assert number(text, "x") + half < number(root, "width")
    longer = parsed(badge("Abt–Buy", "0.842 on 3,000 rows"))
    assert number(longer, "width") > number(root, "width")


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_is_escaped_and_cut(text: str) -> None:
    figure = badge(text, text)
    root = parsed(figure)
    assert {element.tag for element in root.iter()} == {
        SVG + tag for tag in ("svg", "title", "path", *(["text"] if text else []))
    }
    assert max((len(said) for said in texts(root)), default=0) <= 60
    assert not re.search(r"var\(|style=|class=|id=|[\u202a-\u202e\u2066-\u2069]", figure)


def test_a_colour_is_literal() -> None:
    assert 'fill="#4E5b59"' in badge("a", "b", colour="#4E5b59")
    for wrong in ("red", "#12345", "#1234567", '"/><script>', "#12345g", ""):
        with pytest.raises(ValueError, match="#rrggbb"):
            badge("a", "b", colour=wrong)
