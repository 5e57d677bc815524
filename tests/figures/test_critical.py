"""The critical-difference diagram: best at the left, bars over cliques, the difference's bar."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from figures import cd_diagram
from tests.figures.drawn import all_of, assert_inside, description, number, parsed, texts

NAMES = ["C", "A", "D", "B"]
RANKS = [2.5, 1.25, 3.75, 2.5]


def bars(figure: str) -> list[tuple[float, float, float]]:
    """Start, end and height of each bar over a clique."""
    return [
        (number(line, "x1"), number(line, "x2"), number(line, "y1"))
        for line in all_of(parsed(figure), "line")
        if line.get("stroke-linecap") == "round"
    ]


def stems(figure: str) -> list[float]:
    """Where the lines of the entries meet the axis, as they are drawn."""
    paths = all_of(parsed(figure), "path")
    return [float(line.attrib["d"].split("H")[1].split("V")[0]) for line in paths]


def test_the_description_tells_ranks_cliques_and_the_difference() -> None:
    figure = cd_diagram("c", "t", NAMES, RANKS, [(1, 0, 3), (2,)], 1.5)
    assert description(figure) == (
        "Mean ranks, best first: A 1.25; C 2.50; B 2.50; D 3.75. Critical difference 1.50. "
        "Not significantly different: A, C, B."
    )
    assert "critical difference 1.50" in texts(parsed(figure))


def test_no_clique_says_that_all_are_told_apart() -> None:
    figure = cd_diagram("c", "t", NAMES, RANKS, [], 0.5)
    assert description(figure).endswith("All entries differ significantly.")
    assert bars(figure) == []


def test_the_best_is_at_the_left_and_a_bar_spans_its_clique() -> None:
    figure = cd_diagram("c", "t", NAMES, RANKS, [(1, 0, 3)], 1.5)
    best, second, worst, third = stems(figure)  # the left half from the top, then the right one
    assert best < second == third < worst
    start, end, _ = bars(figure)[0]
    assert start < best
    assert third < end < worst


def test_the_bar_of_the_difference_has_its_length_on_the_axis() -> None:
    figure = cd_diagram("c", "t", NAMES, [1, 2, 3, 4], [], 1.5)
    first, second, *_ = sorted(stems(figure))
    difference = next(
        line
        for line in all_of(parsed(figure), "line")
        if line.attrib["y1"] == line.attrib["y2"] == "24"
    )
    length = number(difference, "x2") - number(difference, "x1")
    assert length == pytest.approx(1.5 * (second - first), abs=0.3)


def test_bars_that_overlap_lie_under_each_other() -> None:
    ranks = [1.0, 2.0, 3.0, 4.0, 9.0, 10.0]
    figure = cd_diagram("c", "t", list("ABCDEF"), ranks, [(1, 2, 3), (0, 1, 2), (4, 5)], 2)
    heights = [height for *_, height in bars(figure)]
    assert heights[1] > heights[0] == heights[2]


@pytest.mark.parametrize(
    ("names", "ranks", "difference"),
    [
        ([], [], 1.0),
        (["A"], [1.0], 1.0),
        (["A", "B"], [1.0, math.nan], 1.0),
        (["A", "B"], [1.0], 1.0),
        (["A", "B"], [1.0, 2.0], math.inf),
    ],
)
def test_what_cannot_be_compared_is_no_figure(
    names: list[str], ranks: list[float], difference: float
) -> None:
    assert cd_diagram("c", "t", names, ranks, [], difference) == ""


@given(st.lists(st.floats(1, 60), min_size=2, max_size=60), st.floats(0, 80), st.booleans())
def test_marks_lie_inside_and_stems_keep_the_order(
    ranks: list[float], difference: float, is_narrow: bool
) -> None:
    names = [f"team {i}" for i in range(len(ranks))]
    cliques = [tuple(range(i, min(i + 5, len(ranks)))) for i in range(0, len(ranks), 3)]
    width = 320 if is_narrow else 720
    figure = cd_diagram("c", "t", names, ranks, cliques, difference, width=width)
    assert_inside(figure)
    half = (len(ranks) + 1) // 2
    drawn = stems(figure)
    in_order = drawn[:half] + drawn[half:][::-1]
    assert in_order == sorted(in_order)
