"""The shake-up: each team's line from its public to its private rank."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from figures import Shift, shake_up
from tests.figures.drawn import all_of, assert_inside, description, number, parsed, texts


def slopes(figure: str) -> list[tuple[float, float, bool]]:
    """Height at the left, at the right, and whether it is dashed, of each team in private order."""
    return [
        (number(line, "y1"), number(line, "y2"), "stroke-dasharray" in line.attrib)
        for line in all_of(parsed(figure), "line")
    ]


def test_the_description_tells_both_ranks() -> None:
    figure = shake_up("k", "t", [Shift("A", 1, 2), Shift("B", 3, 1), Shift("C", 2, 3)])
    assert description(figure) == "B from 3 to 1; A from 1 to 2; C from 2 to 3."


def test_risers_and_fallers_differ_in_colour_dash_mark_and_direction() -> None:
    figure = shake_up("k", "t", [Shift("A", 1, 2), Shift("B", 3, 1), Shift("C", 4, 4)])
    riser, faller, same = slopes(figure)
    assert riser[0] > riser[1]
    assert not riser[2]
    assert faller[0] < faller[1]
    assert faller[2]
    assert same[0] == same[1]
    strokes = [line.attrib["stroke"] for line in all_of(parsed(figure), "line")]
    assert ["--scored" in strokes[0], "--failed" in strokes[1]] == [True, True]
    assert {"1 ▲2", "2 ▼1", "4 ="} <= set(texts(parsed(figure)))


def test_only_the_first_forty_are_drawn_and_the_rest_is_counted() -> None:
    shifts = [Shift(f"team {i}", 61 - i, i) for i in range(1, 61)]
    figure = shake_up("k", "t", shifts)
    assert len(slopes(figure)) == 40
    assert description(figure).endswith("team 40 from 21 to 40; 20 more teams are not shown.")
    assert_inside(figure)


def test_shared_ranks_have_lines_of_their_own() -> None:
    figure = shake_up("k", "t", [Shift(who, 1, 1) for who in "ABC"])
    assert len({start for start, *_ in slopes(figure)}) == 3


def test_teams_without_both_ranks_are_left_out() -> None:
    assert shake_up("k", "t", []) == ""
    assert shake_up("k", "t", [Shift("A", None, 1), Shift("B", 2, None)]) == ""
    figure = shake_up("k", "t", [Shift("A", None, 1), Shift("C", 1, 2)])
    assert description(figure) == "C from 1 to 2."


@given(
    st.lists(st.tuples(st.integers(1, 200), st.integers(1, 200)), min_size=1, max_size=60),
    st.sampled_from([320, 720]),
)
def test_teams_stand_in_the_order_of_both_ranks(ranks: list[tuple[int, int]], width: int) -> None:
    shifts = [Shift(f"team {i}", *both) for i, both in enumerate(ranks)]
    figure = shake_up("k", "t", shifts, width=width)
    assert_inside(figure)
    drawn = slopes(figure)
    shown = sorted(ranks, key=lambda both: (both[1], both[0]))[:40]
    starts = [start for _, (start, *_) in sorted(zip(shown, drawn, strict=True))]
    ends = [end for _, end, _ in drawn]
    assert all(below - above > 21 for above, below in pairwise(ends))
    assert starts == sorted(starts)
    assert len(set(starts)) == len(starts)
