"""Precision by recall, and outcome by stated confidence."""

import pytest

from figures import Stated, precision_recall, reliability
from figures.unit_square import FEW, LARGEST, SMALLEST
from tests.figures.drawn import all_of, assert_inside, description, number, parsed, texts

POINTS = [(0.25, 1.0), (0.5, 0.75), (1.0, 0.5)]
BINS = [Stated(0.2, 0.2, 0.1), Stated(0.9, 0.6, 0.4)]


def test_a_curve_goes_through_its_points_from_left_to_right() -> None:
    root = parsed(precision_recall("p", "t", POINTS, 0.5, width=520))
    path = all_of(root, "path")[0].attrib["d"].removeprefix("M").split("L")
    at = [tuple(map(float, each.split())) for each in path]
    assert at == sorted(at)
    assert [y for _, y in at] == sorted(y for _, y in at)
    dots = [(number(dot, "cx"), number(dot, "cy")) for dot in all_of(root, "circle")]
    assert dots == at
    assert at[-1][0] == 520 - 14


def test_many_points_are_a_line_without_dots() -> None:
    points = [(place / 100, 0.5) for place in range(1, 101)]
    figure = precision_recall("p", "t", points, 0.1)
    assert len(points) > FEW
    assert all_of(parsed(figure), "circle") == []
    assert description(figure).count("recall") == 11


@pytest.mark.parametrize("matches", [0.0, 0.01, 0.5, 1.0])
def test_the_line_of_chance_and_its_words_stay_inside(matches: float) -> None:
    figure = precision_recall("p", "t", POINTS, matches, width=352)
    assert_inside(figure)
    assert "random" in texts(parsed(figure))


def test_the_description_of_a_curve_tells_its_points() -> None:
    assert description(precision_recall("p", "t", POINTS, 0.5)) == (
        "recall 0.25, precision 1.00; recall 0.50, precision 0.75; recall 1.00, precision 0.50; "
        "random has precision 0.50."
    )


def test_a_bin_is_a_dot_as_large_as_its_share_and_as_far_from_the_diagonal_as_its_gap() -> None:
    root = parsed(reliability("r", "t", BINS, width=520))
    agrees, gap = all_of(root, "circle")
    assert SMALLEST < number(agrees, "r") < number(gap, "r") == LARGEST
    to_agrees, to_gap = all_of(root, "line")[-2:]
    assert number(to_agrees, "y1") == number(to_agrees, "y2")
    assert number(to_gap, "y1") < number(to_gap, "y2") == number(gap, "cy")
    assert number(agrees, "cx") < number(gap, "cx")


def test_the_description_of_bins_tells_them_all() -> None:
    assert description(reliability("r", "t", BINS)) == (
        "confidence 0.20, right 0.20, 0.10 of the rows; "
        "confidence 0.90, right 0.60, 0.40 of the rows."
    )


def test_shares_that_round_to_none_are_drawn() -> None:
    assert_inside(reliability("r", "t", [Stated(0.0, 0.0, 0.0), Stated(1.0, 1.0, 0.0)], width=352))


def test_nothing_to_draw_is_no_figure() -> None:
    assert precision_recall("p", "t", [], 0.5) == ""
    assert reliability("r", "t", []) == ""
