"""The step chart: steps to the right end, levels across, names at the ends of lines."""

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from figures import Level, Line, step_chart
from tests.figures.drawn import all_of, assert_inside, description, number, parsed, texts

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def after(days: float) -> datetime:
    return START + timedelta(days=days)


def path(figure: str, place: int = 0) -> tuple[list[float], list[float]]:
    """The x of all level parts and the y of all upright ones of a line, with its start."""
    drawn = all_of(parsed(figure), "path")[place].attrib["d"]
    x, y = re.findall(r"M([\d.]+) ([\d.]+)", drawn)[0]
    across = [float(x), *map(float, re.findall(r"H([\d.]+)", drawn))]
    return across, [float(y), *map(float, re.findall(r"V([\d.]+)", drawn))]


def test_the_description_tells_first_and_last_scores_and_levels() -> None:
    lines = [Line("A", [(after(0), 0.7), (after(9), 0.8125)]), Line("B", [(after(3), 0.5)])]
    figure = step_chart(
        "s", "t", lines, baselines=[Level("AutoGluon", 0.75)], ceiling=Level("labels", 0.95)
    )
    assert description(figure) == (
        "A: 0.700 on 1 Mar 2026, 0.812 since 10 Mar 2026; B: 0.500 on 4 Mar 2026; "
        "Baseline AutoGluon: 0.750; Ceiling labels: 0.950."
    )


def test_a_score_stays_until_it_is_beaten_and_until_the_end() -> None:
    lines = [Line("A", [(after(0), 0.5), (after(10), 0.6)]), Line("B", [(after(20), 0.4)])]
    across, upright = path(step_chart("s", "t", lines, until=after(40)))
    start, change, end = across
    assert math.isclose((change - start) / (end - start), 0.25, abs_tol=0.01)
    assert upright[1] < upright[0]  # a larger score is higher up


def test_the_last_time_is_the_end_where_none_is_given() -> None:
    lines = [Line("A", [(after(0), 0.5), (after(10), 0.6)])]
    across, _ = path(step_chart("s", "t", lines))
    assert across[1] == across[2]


def test_times_of_other_zones_are_the_same_instants() -> None:
    west = timezone(timedelta(hours=-11))
    given = [(after(0), 0.5), (after(1), 0.6)]
    moved = [(time.astimezone(west), value) for time, value in given]
    figures = [step_chart("s", "t", [Line("A", points)]) for points in (given, moved)]
    assert figures[0] == figures[1]


def test_levels_are_dashed_and_the_ceiling_dotted() -> None:
    lines = [Line("A", [(after(0), 0.5), (after(9), 0.6)])]
    figure = step_chart("s", "t", lines, baselines=[Level("b", 0.55)], ceiling=Level("c", 0.9))
    dashes = [line.get("stroke-dasharray") for line in all_of(parsed(figure), "line")]
    assert [dash for dash in dashes if dash] == ["5 4", "1.5 4"]


def test_the_highlighted_line_is_drawn_last_in_the_accent() -> None:
    lines = [Line(who, [(after(0), 0.5)], is_highlighted=who == "A") for who in "ABC"]
    paths = all_of(parsed(step_chart("s", "t", lines)), "path")
    assert ["--accent" in line.attrib["stroke"] for line in paths] == [False, False, True]


def test_twelve_lines_and_the_highlighted_one_are_named() -> None:
    lines = [Line(f"team {i}", [(after(0), 0.9 - i / 100)], i == 29) for i in range(30)]
    figure = step_chart("s", "t", lines)
    named = [text for text in texts(parsed(figure)) if text.startswith("team")]
    assert named == [f"team {i}" for i in [*range(12), 29]]
    assert "team 20" in description(figure)


def test_names_of_equal_scores_do_not_lie_on_each_other() -> None:
    lines = [Line(f"team {i}", [(after(0), 0.5)]) for i in range(12)]
    named = [
        number(text, "y")
        for text in all_of(parsed(step_chart("s", "t", lines)), "text")
        if (text.text or "").startswith("team")
    ]
    assert all(below - above >= 17.9 for above, below in pairwise(named))


def test_what_is_no_number_is_left_out() -> None:
    points = [(after(0), None), (after(1), math.nan), (after(2), 0.5), (after(3), math.inf)]
    figure = step_chart(
        "s", "t", [Line("A", points), Line("none", [(after(0), None)])],
        baselines=[Level("no baseline", math.nan)], ceiling=Level("no ceiling", None),
    )  # fmt: skip
    assert description(figure) == "A: 0.500 on 3 Mar 2026."
    assert_inside(figure)


def test_nothing_to_draw_is_no_figure() -> None:
    assert step_chart("s", "t", []) == ""
    assert step_chart("s", "t", [Line("A", [])]) == ""
    assert step_chart("s", "t", [Line("A", [(START, None)])], ceiling=Level("c", 1)) == ""


def test_an_end_before_all_scores_is_no_error() -> None:
    figure = step_chart("s", "t", [Line("A", [(after(5), 0.5)])], until=after(1))
    across, _ = path(figure)
    assert across[1] >= across[0]
    assert_inside(figure)


def test_a_zero_has_no_sign_and_a_negative_number_a_real_minus() -> None:
    figure = step_chart("s", "t", [Line("A", [(after(0), -0.0001), (after(1), -0.25)])])
    assert description(figure).startswith("A: 0.000 on")
    assert "−0.250" in texts(parsed(figure))


@given(
    st.lists(
        st.lists(st.tuples(st.floats(0, 400), st.floats(-1e6, 1e6)), min_size=1, max_size=6),
        min_size=1,
        max_size=15,
    ),
    st.sampled_from([320, 720]),
)
def test_marks_lie_inside_for_any_scores(
    teams: list[list[tuple[float, float]]], width: int
) -> None:
    lines = [
        Line(f"team {i}", [(after(days), value) for days, value in points])
        for i, points in enumerate(teams)
    ]
    figure = step_chart("s", "t", lines, width=width)
    assert_inside(figure)
    for place in range(len(lines)):
        across, _ = path(figure, place)
        assert across == sorted(across)
        assert across[-1] <= width


def test_a_level_may_be_known_more_closely_than_the_lines() -> None:
    lines = [Line("public best", [(START, 0.98)])]
    figure = step_chart("s", "t", lines, baselines=[Level("private best", 0.98765, 5)], decimals=2)
    assert {"0.98", "0.98765"} <= set(texts(parsed(figure)))
    assert "Baseline private best: 0.98765" in description(figure)


def test_the_axis_is_an_hour_or_more_and_never_goes_past_its_end() -> None:
    lines = [Line("A", [(after(0), 0.5), (after(0.01), 0.6)])]
    across, _ = path(step_chart("s", "t", lines, until=after(0.02), width=720))
    start, change, end = across
    # 0.01 days are 14.4 minutes: with 28.8 minutes of scores the rest of the hour is before them.
    assert math.isclose((end - change) / (end - start), 0.5, abs_tol=0.02)
    whole = (end - start) / (28.8 / 60)
    assert start - (end - whole) > 200


def test_a_line_from_beyond_the_axis_enters_with_an_arrow_and_one_outside_has_only_that() -> None:
    lines = [
        Line("A", [(after(0), 0.1), (after(5), 0.8), (after(8), 0.85)]),
        Line("far", [(after(1), 0.2)]),
    ]
    figure = step_chart("s", "t", lines, focus=(0.8, 0.9), until=after(10))
    assert_inside(figure)
    paths = all_of(parsed(figure), "path")
    assert len(paths) == 1
    slanting = [
        line for line in all_of(parsed(figure), "line") if line.attrib["stroke-width"] == "1.2"
    ]
    assert len(slanting) == 4
    _, upright = path(figure)
    assert upright[1] < upright[0]  # it comes up from the lower end
    assert "far: 0.200" in description(figure)


def test_a_line_that_leaves_the_axis_ends_where_it_leaves() -> None:
    lines = [Line("A", [(after(0), 0.8), (after(5), 0.1)])]
    across, upright = path(step_chart("s", "t", lines, focus=(0.7, 0.9), until=after(10)))
    assert upright[1] > upright[0]
    start, left = across
    assert math.isclose(left, (start + 488) / 2, abs_tol=0.2)  # half of the plot of 720 pixels


def test_the_axis_does_not_pass_the_range_of_the_metric() -> None:
    lines = [Line("A", [(after(0), 0.5), (after(9), 1.0)])]
    free = texts(parsed(step_chart("s", "t", lines, until=after(10))))
    kept = texts(parsed(step_chart("s", "t", lines, limits=(0, 1), until=after(10))))
    assert "1.0" in kept
    assert not [text for text in kept if text in {"1.1", "1.02", "1.05"}]
    assert free
    figure = step_chart("s", "t", lines, limits=(0, 1), until=after(10))
    assert_inside(figure)


def test_the_highlighted_level_has_a_colour_of_its_own() -> None:
    lines = [Line("A", [(after(0), 0.5), (after(9), 0.6)])]
    levels = [Level("AutoGluon", 0.55, is_highlighted=True), Level("other", 0.52)]
    figure = step_chart("s", "t", lines, baselines=levels)
    dashed = [line for line in all_of(parsed(figure), "line") if line.get("stroke-dasharray")]
    assert ["--scoring" in line.attrib["stroke"] for line in dashed] == [True, False]


def test_each_line_says_its_scores_where_it_is_pointed_at() -> None:
    lines = [Line("A <b>", [(after(0), 0.5), (after(9), 0.6)])]
    assert "<title>A &lt;b&gt;: 0.500 on 1 Mar 2026, 0.600 since" in step_chart("s", "t", lines)
