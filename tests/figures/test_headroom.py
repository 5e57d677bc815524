"""Headroom: a track per task from the trivial submission to the ceiling, the better end right."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from figures import Headroom, headroom_bars
from tests.figures.drawn import all_of, assert_inside, description, number, parsed, texts

FULL = Headroom("Digits", 0.1, 0.9, "Keen", 0.8, 0.95)


def test_the_description_tells_all_values_and_gaps() -> None:
    rows = [FULL, Headroom("Letters", 0.1, 0.4, baseline=0.5), Headroom("New", 0.5, None)]
    assert description(headroom_bars("h", "t", rows)) == (
        "Digits: trivial 0.100, baseline 0.800, best 0.900 by Keen, ceiling 0.950; "
        "0.100 ahead of baseline · 0.050 to ceiling. "
        "Letters: trivial 0.100, baseline 0.500, best 0.400, ceiling –; "
        "0.100 behind baseline · ceiling not known. "
        "New: trivial 0.500, baseline –, best –, ceiling –; no score yet."
    )


def test_each_task_is_told_with_its_own_decimals() -> None:
    rows = [FULL, Headroom("Coarse", 0.1, 0.9, "Keen", 0.8, 1.0, decimals=1)]
    figure = headroom_bars("h", "t", rows)
    said = texts(parsed(figure))
    assert "0.100 ahead of baseline · 0.050 to ceiling" in said
    assert "0.1 ahead of baseline · 0.1 to ceiling" in said
    assert "0.9 Keen" in said
    assert "Coarse: trivial 0.1, baseline 0.8, best 0.9 by Keen, ceiling 1.0" in description(figure)


def marks(figure: str) -> list[float]:
    """The x of the strokes through the track: trivial, baseline, ceiling."""
    return [
        number(line, "x1")
        for line in all_of(parsed(figure), "line")
        if line.attrib["x1"] == line.attrib["x2"]
    ]


def test_marks_stand_from_trivial_to_ceiling() -> None:
    figure = headroom_bars("h", "t", [FULL])
    trivial, baseline, ceiling = marks(figure)
    best = number(all_of(parsed(figure), "circle")[0], "cx")
    assert trivial < baseline < best < ceiling
    assert abs((best - trivial) / (ceiling - trivial) - 0.8 / 0.85) < 0.001


def test_where_lower_is_better_the_better_end_is_still_at_the_right() -> None:
    row = Headroom("Log loss", 1.1, 0.4, "Keen", 0.5, 0.1, higher_is_better=False)
    figure = headroom_bars("h", "t", [row])
    trivial, baseline, ceiling = marks(figure)
    assert trivial < baseline < ceiling
    assert "0.100 ahead of baseline · 0.300 to ceiling" in texts(parsed(figure))


def test_an_unknown_ceiling_leaves_the_end_dotted() -> None:
    dotted = [
        line.get("stroke-dasharray")
        for row in (FULL, Headroom("Open", 0.1, 0.9))
        for line in all_of(parsed(headroom_bars("h", "t", [row])), "line")
    ]
    assert dotted.count("1.5 4") == 1


def test_an_entry_may_be_beyond_an_estimated_ceiling_or_below_the_trivial_submission() -> None:
    beyond, below = Headroom("a", 0.1, 0.97, ceiling=0.95), Headroom("b", 0.5, 0.3, ceiling=0.9)
    figure = headroom_bars("h", "t", [beyond, below])
    assert "0.020 beyond ceiling" in texts(parsed(figure))
    assert_inside(figure)
    # No bar is drawn for less than nothing: two tracks and one bar.
    assert len(all_of(parsed(figure), "rect")) == 3


def test_texts_below_the_track_stay_apart() -> None:
    figure = headroom_bars("h", "t", [Headroom("a", 0.5, 0.5, "K", 0.5, 0.5)], width=358)
    said = ("trivial", "baseline", "ceiling")
    middles = [
        number(text, "x")
        for text in all_of(parsed(figure), "text")
        if (text.text or "").endswith(said) and text.attrib["text-anchor"] == "middle"
    ]
    assert all(b - a > 90 for a, b in pairwise(middles))


def test_no_tasks_are_no_figure_and_a_task_without_numbers_is_told() -> None:
    assert headroom_bars("h", "t", []) == ""
    figure = headroom_bars("h", "t", [Headroom("New", None, math.nan)])
    assert texts(parsed(figure))[1:] == ["New", "no score yet"]


@given(
    st.lists(st.tuples(*[st.none() | st.floats()] * 4, st.booleans()), min_size=1, max_size=6),
    st.sampled_from([320, 720]),
)
def test_marks_lie_inside_for_any_values(
    given: list[tuple[float | None, float | None, float | None, float | None, bool]], width: int
) -> None:
    rows = [
        Headroom(f"task {i}", base, best, "Keen", baseline, ceiling, higher)
        for i, (base, best, baseline, ceiling, higher) in enumerate(given)
    ]
    assert_inside(headroom_bars("h", "t", rows, width=width))


@pytest.mark.parametrize("width", [352, 520, 720])
def test_a_percentage_in_the_finding_does_not_cut_its_line(width: int) -> None:
    finding = (
        "Books leaves the most to be won: the best entry has gone 98 % of the way from the trivial "
        "submission to the ceiling"
    )
    figure = headroom_bars("h", finding, [Headroom("Books", 0.2, 0.9)], width=width)
    assert not [text for text in texts(parsed(figure)) if text.endswith("…")]
