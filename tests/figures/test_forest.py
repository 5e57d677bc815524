"""The forest plot: one scale for all rows, intervals around scores, baselines hollow."""

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from figures import Interval, Level, forest_plot
from tests.figures.drawn import all_of, assert_inside, description, number, parsed, texts


def dots(figure: str) -> list[float]:
    return [number(circle, "cx") for circle in all_of(parsed(figure), "circle")]


def spans(figure: str) -> list[tuple[float, float]]:
    """The ends of the intervals: level lines of the width that only intervals have."""
    return [
        (number(line, "x1"), number(line, "x2"))
        for line in all_of(parsed(figure), "line")
        if line.attrib["stroke-width"] == "1.5" and line.attrib["y1"] == line.attrib["y2"]
    ]


ROWS = [
    Interval("A", 0.81, 0.79, 0.84, rank="1 ·1–2"),
    Interval("AutoGluon", 0.8, 0.78, 0.82, is_baseline=True),
    Interval("B", 0.7, None, 0.75, rank="2"),
    Interval("C", None, 0.1, 0.2, rank="3"),
]


def test_the_description_tells_every_row() -> None:
    figure = forest_plot("f", "t", ROWS, reference=Level("AutoGluon", 0.8))
    assert description(figure) == (
        "Rank 1 ·1–2, A: 0.810 (0.790 to 0.840); Baseline AutoGluon: 0.800 (0.780 to 0.820); "
        "Rank 2, B: 0.700; Rank 3, C: no score; Dashed line: AutoGluon, 0.800."
    )


def test_a_score_lies_in_its_interval_and_half_an_interval_is_not_drawn() -> None:
    figure = forest_plot("f", "t", ROWS)
    assert len(dots(figure)) == 3
    assert len(spans(figure)) == 2
    for x, (low, high) in zip(dots(figure), spans(figure), strict=False):
        assert low < x < high


def test_a_baseline_is_hollow_and_italic() -> None:
    root = parsed(forest_plot("f", "t", ROWS))
    hollow = ["--paper" in circle.attrib["fill"] for circle in all_of(root, "circle")]
    assert hollow == [False, True, False]
    slanting = [group for group in all_of(root, "g") if group.get("font-style") == "italic"]
    assert ["".join(group.itertext()) for group in slanting] == ["AutoGluon"]


def test_the_reference_is_a_dashed_line_through_its_value() -> None:
    figure = forest_plot("f", "t", ROWS, reference=Level("AutoGluon", 0.8))
    dashed = [
        line for line in all_of(parsed(figure), "line") if line.get("stroke-dasharray") == "5 4"
    ]
    assert {number(line, "x1") for line in dashed} == {dots(figure)[1]}


def test_ranks_and_their_intervals_are_told_apart_and_the_narrow_one_has_ranks_alone() -> None:
    wide, narrow = (texts(parsed(forest_plot("f", "t", ROWS, width=w))) for w in (720, 358))
    assert {"1", "·1–2"} <= set(wide)
    assert "·1–2" not in narrow
    assert "0.810" in narrow


def test_sixty_rows_have_the_scale_above_and_below() -> None:
    rows = [Interval(f"team {i}", 0.9 - i / 100, 0.2, 0.95) for i in range(60)]
    figure = forest_plot("f", "t", rows)
    assert texts(parsed(figure)).count("0.5") == 2
    assert len(dots(figure)) == 60
    assert_inside(figure)


def test_rows_without_any_score_are_no_figure() -> None:
    assert forest_plot("f", "t", []) == ""
    assert forest_plot("f", "t", [Interval("A", math.nan, 0, 1)], reference=Level("b", 1)) == ""


def test_one_row_and_equal_scores_are_drawn() -> None:
    assert_inside(forest_plot("f", "t", [Interval("A", 0.5)]))
    figure = forest_plot("f", "t", [Interval(who, 0.5, 0.5, 0.5) for who in "ABC"])
    assert len(set(dots(figure))) == 1
    assert_inside(figure)


@given(
    st.lists(
        st.tuples(*[st.none() | st.floats(allow_nan=True, allow_infinity=True)] * 3), max_size=12
    ),
    st.none() | st.floats(),
    st.sampled_from([320, 720]),
)
def test_marks_lie_inside_in_the_order_of_scores(
    given: list[tuple[float | None, float | None, float | None]], base: float | None, width: int
) -> None:
    rows = [Interval(f"team {i}", *values, rank=f"{i} ·1–60") for i, values in enumerate(given)]
    figure = forest_plot("f", "t", rows, reference=Level("base", base), width=width)
    scores = [row.score for row in rows if row.score is not None and abs(row.score) <= 1e6]
    assert (figure == "") == (not scores)
    if figure:
        assert_inside(figure)
        placed = [x for _, x in sorted(zip(scores, dots(figure), strict=True))]
        assert placed == sorted(placed)


def test_a_scale_has_at_least_two_numbers() -> None:
    # With so little room at most two numbers are asked for: only 0.8 would be one of them.
    rows = [Interval("A", 0.98, 0.965, 0.99, rank="10 10–17"), Interval("B" * 30, 0.83, 0.795)]
    figure = forest_plot("f", "t", rows, width=520)
    below = [text for text in all_of(parsed(figure), "text") if text.get("text-anchor") == "middle"]
    assert len(below) >= 2


def test_a_name_of_ordinary_length_stands_whole_beside_rank_score_and_interval() -> None:
    rows = [Interval("Random Forest Rangers", 0.98, 0.965, 0.99, rank="3 1–4")]
    assert "Random Forest Rangers" in texts(parsed(forest_plot("f", "t", rows, width=520)))


def test_rows_beyond_the_focus_have_an_arrow_and_no_dot() -> None:
    rows = [
        Interval("A", 0.9, 0.88, 0.92), Interval("cut", 0.8, 0.5, 0.85), Interval("far", 0.2),
    ]  # fmt: skip
    figure = forest_plot("f", "t", rows, focus=(0.75, 0.92))
    assert_inside(figure)
    assert len(dots(figure)) == 2
    heads = [
        line for line in all_of(parsed(figure), "line") if line.attrib["stroke-width"] == "1.2"
    ]
    assert len(heads) == 4  # two arrows
    assert len({number(line, "x2") for line in heads}) == 1  # both at the left end
    assert "far: 0.200" in description(figure)


def test_the_scale_does_not_pass_its_limits_and_the_own_row_is_in_the_accent() -> None:
    rows = [Interval("A", 1.0, 0.9, 1.0, is_highlighted=True), Interval("B", 0.5, 0.4, 0.6)]
    figure = forest_plot("f", "t", rows, limits=(0, 1))
    assert max(dots(figure)) == max(end for _, end in spans(figure))
    filled = [circle.attrib["fill"] for circle in all_of(parsed(figure), "circle")]
    assert ["--accent" in fill for fill in filled] == [True, False]
    free = forest_plot("f", "t", rows)
    assert max(dots(free)) < max(dots(figure))


def test_the_texts_of_a_narrow_scale_do_not_run_into_each_other() -> None:
    rows = [
        Interval("A team with a long name", 0.973, 0.953, 0.989),
        Interval("B", 0.94, 0.912, 0.968),
    ]
    figure = forest_plot("f", "t", rows, width=520, decimals=3)
    ticks = sorted(
        (number(text, "x"), text.text or "")
        for text in all_of(parsed(figure), "text")
        if text.get("text-anchor") == "middle"
    )
    assert len(ticks) > 1
    for (left, text), (right, _) in pairwise(ticks):
        assert right - left >= 13 * 0.6 * len(text)
