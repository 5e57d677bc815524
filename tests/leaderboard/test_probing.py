"""Teams that change single rows stand out from those that change models."""

import numpy as np
import pytest

from leaderboard.probing import USUAL, changed, few_rows, moved, probers


@pytest.mark.parametrize(("rows", "few"), [(40, 1), (150, 1), (250, 2), (300, 3), (100_000, 3)])
def test_few_rows_are_fewer_in_small_sets(rows: int, few: int) -> None:
    assert few_rows(rows) == few


def test_decisions_differ_row_by_row() -> None:
    one = np.array([0, 1, 2, 1], dtype=np.int32)
    assert changed(one, one) == 0
    assert changed(one, np.array([0, 2, 2, 0], dtype=np.int32)) == 2


def ranks(scores: list[float]) -> np.ndarray:
    return np.unique(scores, return_inverse=True)[1].astype(np.int32)


@pytest.mark.parametrize(
    ("before", "after", "rows"),
    [
        ([1, 2, 3, 4], [1, 2, 3, 4], 0),
        ([1, 2, 3, 4], [10, 20, 30, 40], 0),  # the same order
        ([1, 2, 3, 4], [5, 2, 3, 4], 1),  # the first becomes the best: all ranks shift
        ([1, 2, 3, 4], [2, 2, 3, 4], 1),  # a new tie
        ([0, 0, 0, 0], [0, 0, 1, 0], 1),  # one of a tie leaves it
        ([0, 0, 1, 0], [0, 0, 0, 0], 1),
        ([1, 2, 3, 4], [4, 3, 2, 1], 3),
    ],
)
def test_a_ranking_differs_by_the_rows_that_moved(
    before: list[float], after: list[float], rows: int
) -> None:
    assert moved(ranks(before), ranks(after)) == rows


def test_a_prober_is_found_with_how_often_and_how_probable() -> None:
    honest = {f"team {n}": [40, 55, 90, 30] for n in range(6)}
    (found,) = probers({**honest, "prober": [1, 1, 2, 300, 1, 1]}, rows=1000)
    assert (found.team, found.few, found.pairs, found.usual) == ("prober", 5, 6, USUAL)
    assert found.p < 1e-6


def test_four_small_steps_or_the_same_file_again_are_no_series() -> None:
    assert probers({"a": [1, 1, 1, 1], "b": [0] * 20}, rows=1000) == []


def test_where_everybody_changes_few_rows_nobody_probes() -> None:
    """On an easy set all models agree but for a row or two."""
    usual = {f"team {n}": [1, 2, 1, 3, 2, 1, 4] for n in range(5)}
    assert probers(usual, rows=1000) == []


def test_accomplices_hide_each_other_only_if_they_are_most_teams() -> None:
    honest = {f"team {n}": [40, 55, 90, 30] for n in range(5)}
    cheats = {f"cheat {n}": [1] * 8 for n in range(3)}
    assert {each.team for each in probers({**honest, **cheats}, rows=1000)} == set(cheats)


def test_five_small_steps_among_many_large_ones_are_no_series() -> None:
    assert probers({"careful": [1] * 5 + [50] * 60}, rows=1000) == []
