"""The small marks in the rows of a board."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.safestring import SafeString, mark_safe
from hypothesis import given
from hypothesis import strategies as st

from podium.web.base.markup import as_html, filled
from podium.web.board import marks as board_marks
from podium.web.board.history import Past

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=64)


@pytest.mark.parametrize(
    ("brackets", "lanes"),
    [
        ([], []),
        ([(0, 2), (1, 3)], [0, 1]),
        ([(0, 2), (2, 4)], [0, 1]),  # both have a piece next to row 2
        ([(0, 2), (3, 4)], [0, 0]),
        ([(0, 5), (1, 2), (3, 4), (5, 6)], [0, 1, 1, 1]),
    ],
)
def test_brackets_that_touch_stand_in_lanes_of_their_own(
    brackets: list[tuple[int, int]], lanes: list[int]
) -> None:
    assert board_marks.lanes(brackets) == lanes


pairs = st.tuples(st.integers(0, 30), st.integers(1, 10)).map(lambda b: (b[0], b[0] + b[1]))


@given(st.lists(pairs, max_size=20).map(sorted))
def test_no_two_brackets_of_a_lane_share_a_row(brackets: list[tuple[int, int]]) -> None:
    taken: set[tuple[int, int]] = set()
    for (first, last), lane in zip(brackets, board_marks.lanes(brackets), strict=True):
        cells = {(lane, row) for row in range(first, last + 1)}
        assert not cells & taken
        taken |= cells


def test_a_bracket_has_two_ends_and_is_cut_where_the_page_ends() -> None:
    pieces = board_marks.ties([(1, 4)], range(6))
    assert set(pieces) == {1, 2, 3, 4}
    assert "M9 4H5V10" in pieces[1]
    assert 'd="M5 0V10"' in pieces[2]
    assert "M5 0V6H9" in pieces[4]
    assert set(board_marks.ties([(1, 4)], range(3))) == {1, 2}
    assert set(board_marks.ties([(1, 4)], range(3, 9))) == {3, 4}
    assert 'aria-hidden="true"' in pieces[1]


def test_many_lanes_are_no_wider_than_the_margin() -> None:
    pieces = board_marks.ties([(row, row + 10) for row in range(10)], range(20))
    assert 'width="24" viewBox="0 0 100 10"' in pieces[10]


def spark(*scores: tuple[float, float], count: int = 0) -> str:
    """The sparkline of scores at days since the start."""
    past = Past([(START + timedelta(days=day), score) for day, score in scores], count)
    return board_marks.spark(past, START, END, 2)


def test_a_sparkline_has_steps_in_time_and_tells_its_ends() -> None:
    drawn = spark((0, 0.5), (32, 0.6), (48, 0.7), count=3)
    assert 'd="M0.0 17.0H32.0V10.0H48.0V3.0H64"' in drawn
    assert "<title>From 0.50 on 1 March 2026 to 0.70 on 18 April 2026, 3 scores</title>" in drawn


def test_a_score_that_came_back_after_a_withdrawal_is_a_level_line() -> None:
    assert 'd="M0.0 10.0H64.0V10.0H64"' in spark((0, 0.5), (64, 0.5))


def test_scores_before_the_start_and_after_the_end_stay_within_the_sparkline() -> None:
    assert 'd="M0.0 17.0H64.0V3.0H64"' in spark((-9, 0.5), (73, 0.6))


@pytest.mark.parametrize("scores", [[], [(0, 0.5)]])
def test_one_score_is_no_line(scores: list[tuple[float, float]]) -> None:
    assert spark(*scores) == ""


@pytest.mark.parametrize(
    ("before", "now", "text"),
    [(5, 3, "↑ 2"), (3, 5, "↓ 2"), (3, 3, ""), (None, 3, ""), (3, None, "")],
)
def test_movement_is_an_arrow_with_words(before: int | None, now: int | None, text: str) -> None:
    told = board_marks.moved(before, now, "since <then>")
    assert text in told
    assert bool(told) == bool(text)
    assert "<then>" not in told


def test_a_time_is_told_in_utc() -> None:
    told = board_marks.since_when(datetime(2026, 11, 20, 12, 5, tzinfo=UTC))
    assert 'datetime="2026-11-20T12:05:00+00:00" title="20 November 2026, 12:05 UTC"' in told


def test_texts_are_escaped_and_html_is_not() -> None:
    assert as_html("<b title='\"'>&") == "&lt;b title=&#x27;&quot;&#x27;&gt;&amp;"
    assert as_html(mark_safe("<b>")) == "<b>"
    found = filled('<i title="{}">{}{}</i>', 'a"b', mark_safe("<b>"), 3)
    assert found == '<i title="a&quot;b"><b>3</i>'
    assert isinstance(found, SafeString)


@pytest.mark.parametrize(
    ("places", "kept", "left_out"),
    [
        ((10, 50, 90), ["<circle", 'x1="10.00%" x2="90.00%"'], ["‹", "›"]),
        ((-20, 50, 120), ["<circle", 'x1="0.00%" x2="100.00%"', "‹", "›"], []),
        ((-20, -5, 30), ['x1="0.00%" x2="30.00%"', "‹"], ["<circle", "›"]),
        ((-20, -15, -5), ["‹"], ["<circle", 'class="span"', "›"]),
        ((105, 110, 120), ["›"], ["<circle", 'class="span"', "‹"]),
    ],
)
def test_an_interval_is_cut_at_the_ends_of_its_scale_with_an_arrow(
    places: tuple[float, ...], kept: list[str], left_out: list[str]
) -> None:
    drawn = board_marks.whisker(places, None, "told")
    assert [text for text in kept if text not in drawn] == []
    assert [text for text in left_out if text in drawn] == []
