from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard import (
    Entry,
    TrackEntry,
    TrackTask,
    competition_ranks,
    task_board,
    track_board,
)

entries = st.lists(
    st.tuples(
        st.none() | st.integers(0, 10).map(lambda n: n / 10), st.integers(0, 5), st.booleans()
    ),
    max_size=15,
).map(
    lambda rows: [
        Entry(key, score, first_reached=float(moment), is_baseline=is_baseline)
        for key, (score, moment, is_baseline) in enumerate(rows)
    ]
)


def shown(rows) -> list[tuple[int | None, int | str]]:
    return [(row.rank, row.entry.key) for row in rows]


def test_a_shared_rank_is_ordered_by_the_time_the_score_was_first_reached() -> None:
    late = Entry("a late one", 0.8, first_reached=datetime(2026, 3, 2, tzinfo=UTC))
    early = Entry("early", 0.8, first_reached=datetime(2026, 3, 1, tzinfo=UTC))
    undated = Entry("undated", 0.8)
    best = Entry("best", 0.9, first_reached=datetime(2026, 3, 3, tzinfo=UTC))
    rows = task_board([undated, late, best, early])
    assert shown(rows) == [(1, "best"), (2, "early"), (2, "a late one"), (2, "undated")]


def test_the_tie_break_comes_before_the_time_on_both_kinds_of_board() -> None:
    facts = {"early": (1.0, 0.2), "none": (0.5, None), "late": (2.0, 0.7), "a copy": (3.0, 0.7)}
    expected = [(1, "late"), (1, "a copy"), (1, "early"), (1, "none")]
    of_task = [
        Entry(key, 0.8, first_reached=reached, tie_break=tie_break)
        for key, (reached, tie_break) in facts.items()
    ]
    assert shown(task_board(of_task)) == expected
    of_track = [
        TrackEntry(key, {"pets": 0.8}, first_reached=reached, tie_break=tie_break)
        for key, (reached, tie_break) in facts.items()
    ]
    assert shown(track_board([TrackTask("pets", 0.5, 1.0)], of_track)) == expected


def test_a_baseline_stands_between_the_ranks_and_takes_none() -> None:
    board = [
        Entry("a", 0.9),
        Entry("b", 0.7),
        Entry("between", 0.8, is_baseline=True),
        Entry("tied", 0.9, is_baseline=True),
        Entry("last", 0.1, is_baseline=True),
        Entry("first", 0.95, is_baseline=True),
    ]
    assert shown(task_board(board)) == [
        (None, "first"),
        (1, "a"),
        (None, "tied"),
        (None, "between"),
        (2, "b"),
        (None, "last"),
    ]


def test_an_entry_without_a_score_stands_at_the_end_without_a_rank() -> None:
    board = [Entry("none", None), Entry("a", 2.0), Entry("b", 1.0)]
    assert shown(task_board(board, higher_is_better=False)) == [
        (1, "b"),
        (2, "a"),
        (None, "none"),
    ]


def test_a_key_that_occurs_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        task_board([Entry("a", 0.5), Entry("a", 0.6)])


@given(entries, st.booleans(), st.randoms())
def test_the_task_board_does_not_depend_on_the_order_of_the_entries(
    board: list[Entry], higher_is_better: bool, rng
) -> None:
    rows = task_board(board, higher_is_better)
    rng.shuffle(board)
    assert task_board(board, higher_is_better) == rows


@given(entries, st.booleans())
def test_scores_never_improve_and_ranks_never_fall_down_the_board(
    board: list[Entry], higher_is_better: bool
) -> None:
    rows = task_board(board, higher_is_better)
    ranks = [row.rank for row in rows if row.rank is not None]
    scores = [row.entry.score for row in rows if row.entry.score is not None]
    assert ranks == sorted(ranks)
    assert scores == sorted(scores, reverse=higher_is_better)
    assert [row.entry.score for row in rows[len(scores) :]] == [None] * (len(rows) - len(scores))


@given(entries)
def test_a_baseline_moves_no_team(board: list[Entry]) -> None:
    teams = [entry for entry in board if not entry.is_baseline]
    rows = [row for row in task_board(board) if not row.entry.is_baseline]
    assert rows == task_board(teams)


TASKS = [TrackTask("x", base=0.5, ceiling=1.0), TrackTask("y", base=0.2, ceiling=1.0)]


def test_a_task_not_entered_counts_zero() -> None:
    both = TrackEntry("both", {"x": 0.75, "y": 0.6})
    half = TrackEntry("half", {"x": 0.9, "y": None})
    rows = track_board(TASKS, [half, both])
    assert [(row.rank, row.entry.key, row.value) for row in rows] == [
        (1, "both", 0.5),
        (2, "half", 0.4),
    ]
    assert rows[1].skills == pytest.approx((0.8, 0.0))


def test_a_skill_below_zero_counts_as_such() -> None:
    (row,) = track_board(TASKS, [TrackEntry("a", {"x": 0.25, "y": 0.2})])
    assert row.value == -0.25


def test_a_task_whose_base_equals_its_ceiling_is_left_out_for_everyone() -> None:
    tasks = [*TASKS, TrackTask("solved", base=1.0, ceiling=1.0)]
    (row,) = track_board(tasks, [TrackEntry("a", {"x": 0.75, "y": 0.6, "solved": 1.0})])
    assert row.value == 0.5
    assert row.skills[2] is None
    (row,) = track_board(tasks[2:], [TrackEntry("a", {"solved": 1.0})])
    assert (row.rank, row.value) == (None, None)


def test_teams_without_any_task_of_the_track_do_not_appear() -> None:
    assert track_board(TASKS, [TrackEntry("a", {}), TrackEntry("b", {"x": None, "z": 0.9})]) == []


def test_the_mean_score_takes_scores_as_they_are() -> None:
    rows = track_board(TASKS, [TrackEntry("a", {"x": 0.75, "y": 0.6})], aggregate="mean_score")
    assert rows[0].value == 0.675


def test_the_mean_score_is_refused_for_a_lower_is_better_task() -> None:
    tasks = [TrackTask("loss", base=0.7, ceiling=0.0, higher_is_better=False)]
    with pytest.raises(ValueError, match="higher-is-better"):
        track_board(tasks, [], aggregate="mean_score")


def test_teams_whose_displayed_skill_is_equal_share_a_rank() -> None:
    close = [TrackEntry("a", {"x": 0.75001, "y": 0.6}), TrackEntry("b", {"x": 0.75, "y": 0.6})]
    assert [row.rank for row in track_board(TASKS, close)] == [1, 1]
    assert [row.rank for row in track_board(TASKS, close, step=None)] == [1, 2]


def test_a_baseline_has_no_rank_on_a_track() -> None:
    board = [
        TrackEntry("auto", {"x": 0.9, "y": 0.9}, is_baseline=True),
        TrackEntry("team", {"x": 0.6, "y": 0.6}),
    ]
    assert shown(track_board(TASKS, board)) == [(None, "auto"), (1, "team")]


@given(
    st.lists(st.tuples(st.none() | st.floats(0, 1), st.none() | st.floats(0, 1)), max_size=12),
    st.randoms(),
)
def test_the_track_board_is_ordered_by_its_values_whatever_the_input_order(scores, rng) -> None:
    board = [TrackEntry(key, {"x": x, "y": y}) for key, (x, y) in enumerate(scores)]
    rows = track_board(TASKS, board)
    values = [row.value for row in rows]
    assert values == sorted(values, reverse=True)
    assert [row.rank for row in rows] == competition_ranks(values, True)
    rng.shuffle(board)
    assert track_board(TASKS, board) == rows
