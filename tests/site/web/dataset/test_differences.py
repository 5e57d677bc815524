"""What differs between the records of a pair, as the page marks it."""

from typing import Any

import pytest

from podium.web.dataset.differences import mark


def cell(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, "cut": False, **fields}


def test_words_that_the_other_side_lacks_are_marked() -> None:
    found = mark(
        {"name": "title", "left": cell("Red (big)  lamp"), "right": cell("red, lamp 40 W")}
    )
    assert found["left"]["parts"] == [("Red ", False), ("(big)  ", True), ("lamp", False)]
    assert found["right"]["parts"] == [("red, lamp ", False), ("40 W", True)]
    assert "same" not in found


@pytest.mark.parametrize("text", ["", " ", "a  b", " a", "-- ,", "ÄÖ ß"])
def test_no_character_is_lost(text: str) -> None:
    found = mark({"name": "n", "left": cell(text), "right": cell("other")})
    assert "".join(part for part, _ in found["left"]["parts"]) == text


def test_equal_cells_are_the_same_unless_they_are_cut() -> None:
    assert mark({"name": "n", "left": cell("a"), "right": cell("a")})["same"]
    cut = cell("a", cut=True)
    assert "same" not in mark({"name": "n", "left": cut, "right": cut})
    picture = {"type": "image", "file": "1.png"}
    assert mark({"name": "n", "left": picture, "right": picture})["same"]
    assert not mark({"name": "n", "left": picture, "right": {**picture, "file": "2.png"}})["same"]


@pytest.mark.parametrize(
    "field",
    [
        {"name": "n", "left": cell("a")},
        {"name": "id", "left": cell("a", type="id"), "right": cell("b", type="id")},
    ],
)
def test_ids_and_lone_cells_are_not_marked(field: dict[str, Any]) -> None:
    assert mark(field) == field


def test_missing_cells_are_not_marked() -> None:
    gone = {"type": "text", "missing": True}
    found = mark({"name": "n", "left": cell("a"), "right": gone})
    assert "parts" not in found["left"]
    assert not found["same"]
