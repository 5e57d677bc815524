import itertools
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leaderboard.separation import (
    adjacent_p_values,
    brackets,
    inseparable,
    pair_p_values,
    paired_errors,
    separation,
)
from scoring.comparison import holm, mcnemar, paired_difference
from scoring.intervals import Units, standard_error
from tests.leaderboard.evidences import drawn, evidence

hits = st.tuples(st.integers(1, 8), st.integers(1, 20)).flatmap(
    lambda shape: arrays(np.int8, shape, elements=st.integers(0, 1))
)
group_counts = st.integers(1, 6)


@given(hits)
def test_accuracy_on_independent_rows_is_tested_by_mcnemar(hit) -> None:
    p_values = pair_p_values(evidence(hit))
    for a, b in itertools.permutations(range(len(hit)), 2):
        expected = mcnemar(hit[a] == 1, hit[b] == 1).p_exact
        assert p_values[a, b] == pytest.approx(expected)
    assert np.isnan(np.diagonal(p_values)).all()


@given(hits, group_counts, st.sampled_from(["accuracy", "macro_f1"]))
def test_all_else_is_tested_by_the_paired_influence_of_groups(hit, count, metric) -> None:
    groups = np.arange(hit.shape[1]) % count
    board = evidence(hit, groups, metric)
    if metric == "accuracy" and not board.units.grouped:
        return
    p_values = pair_p_values(board)
    for a, b in itertools.permutations(range(len(hit)), 2):
        scores, influence = board.scores[[a, b]].tolist(), board.influence[[a, b]]
        expected = paired_difference(tuple(scores), tuple(influence), groups).p
        assert p_values[a, b] == pytest.approx(
            np.nan if expected is None else expected, nan_ok=True, abs=1e-9
        )


@given(
    arrays(np.float64, (4, 12), elements=st.floats(-1, 1, width=16)),
    st.sampled_from([0.0, 1e-3, 1e-6, 1e-9]),
    group_counts.filter(lambda count: count > 1),
)
def test_the_errors_of_one_matrix_product_are_those_of_the_rows(
    influence, apart: float, count: int
) -> None:
    """Also where two entries are so alike that the product cancels."""
    influence[1] = influence[0] + apart * influence[1]
    groups = np.arange(12) % count
    board = evidence(np.zeros((4, 12)), groups, influence=influence)
    above, below = np.triu_indices(4, 1)
    direct = [
        standard_error(Units.of(groups).sums(influence[a] - influence[b]), 12)
        for a, b in zip(above, below, strict=True)
    ]
    assert paired_errors(board, above, below) == pytest.approx(direct, rel=1e-6, abs=1e-15)


def test_pairs_beyond_the_window_are_not_tested() -> None:
    p_values = pair_p_values(drawn(np.linspace(0.9, 0.5, 7), 50), window=3)
    distance = np.abs(np.subtract.outer(np.arange(7), np.arange(7)))
    assert (np.isnan(p_values) == ((distance == 0) | (distance >= 3))).all()


def test_adjacent_tests_are_corrected_by_holm() -> None:
    board = drawn(np.linspace(0.9, 0.5, 7), 200)
    p_values = pair_p_values(board)
    raw = [float(p_values[place - 1, place]) for place in range(1, 7)]
    assert adjacent_p_values(p_values) == [None, *holm(raw)]
    found = separation(board)
    assert found.from_above == (None, *[p <= 0.05 for p in found.p_above[1:]])


tied_pairs = st.integers(0, 12).flatmap(
    lambda k: arrays(np.bool_, (k, k)).map(lambda t: t | t.T | np.eye(len(t), dtype=bool))
)


@given(tied_pairs)
def test_brackets_are_the_longest_runs_over_all_pairs(tied) -> None:
    k = len(tied)
    runs = [
        (first, last)
        for first in range(k)
        for last in range(first + 1, k)
        if tied[first : last + 1, first : last + 1].all()
    ]
    longest = [
        run for run in runs if not any(o != run and o[0] <= run[0] and run[1] <= o[1] for o in runs)
    ]
    assert brackets(tied) == longest


p_value_tables = st.integers(1, 9).flatmap(
    lambda k: arrays(
        np.float64, (k, k), elements=st.sampled_from([0.0, 0.001, 0.01, 0.03, 0.2, 1.0, np.nan])
    )
)


@given(p_value_tables, st.integers(2, 5))
def test_a_pair_is_separable_where_every_window_that_holds_it_says_so(table, window: int) -> None:
    k = len(table)
    p_values = np.triu(table, 1) + np.triu(table, 1).T
    distance = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
    p_values[(distance == 0) | (distance >= window)] = np.nan
    tied = inseparable(p_values, window=window)
    for a, b in itertools.combinations(range(k), 2):
        verdicts = []
        for start in range(max(1, k - window + 1)):
            rows = range(start, min(k, start + window))
            if a in rows and b in rows:
                pairs = list(itertools.combinations(rows, 2))
                raw = [None if np.isnan(p_values[pair]) else p_values[pair] for pair in pairs]
                adjusted = holm(raw)[pairs.index((a, b))]
                verdicts.append(adjusted is not None and adjusted <= 0.05)
        tested = not np.isnan(p_values[a, b])
        assert tied[a, b] == tied[b, a] == (tested and not all(verdicts))


def test_not_being_separable_is_not_transitive_so_brackets_overlap() -> None:
    # Ten rows for and three against the upper one of neighbours, twenty and six for the ends.
    a, b, c = ([1] * 10 + [0] * 3, [0] * 10 + [1] * 3, [1] * 13)
    found = separation(evidence([a + a, b + c[:10] + [0] * 3, b + b]))
    assert found.from_above == (None, False, False)
    assert found.brackets == ((0, 1), (1, 2))


def test_copies_of_one_submission_are_one_bracket() -> None:
    hit = np.random.default_rng(1).random(300) < 0.7
    found = separation(evidence([hit] * 4, np.arange(300) // 2))
    assert found.from_above == (None, False, False, False)
    assert found.p_above[1:] == (1.0, 1.0, 1.0)
    assert found.brackets == ((0, 3),)


def test_what_cannot_be_tested_is_in_no_bracket() -> None:
    hit = np.random.default_rng(1).random((2, 30)) < 0.7
    unknown = evidence(hit, metric="mcc", influence=np.full((2, 30), np.nan))
    one_group = evidence(hit, np.zeros(30, dtype=int))
    all_or_nothing = evidence([[1] * 30, [0] * 30], np.arange(30) // 2)
    for board in (unknown, one_group, all_or_nothing):
        found = separation(board)
        assert (found.from_above, found.p_above) == ((None, None), (None, None))
        assert found.brackets == ()


@pytest.mark.parametrize("k", [0, 1])
def test_a_board_of_one_row_has_nothing_to_separate(k: int) -> None:
    found = separation(evidence(np.ones((k, 5))))
    assert (found.from_above, found.p_above, found.brackets) == ((None,) * k, (None,) * k, ())


@pytest.mark.parametrize("groups", [None, np.arange(500) // 2])
def test_on_a_board_of_200_entries_0_9_is_separated_from_0_5(groups) -> None:
    found = separation(drawn([0.9] * 100 + [0.5] * 100, 500, groups=groups))
    assert found.from_above[100] is True
    assert not any(first < 100 <= last for first, last in found.brackets)


def test_200_entries_on_10_000_rows_take_a_moment() -> None:
    board = drawn(np.linspace(0.9, 0.5, 200), 10_000)
    started = time.process_time()
    found = separation(board)
    assert time.process_time() - started < 5  # 0.2 s on one idle core
    assert len(found.brackets) > 50


@given(hits, st.randoms())
def test_the_order_of_rows_changes_nothing(hit, random) -> None:
    columns = list(range(hit.shape[1]))
    random.shuffle(columns)
    assert separation(evidence(hit[:, columns])) == separation(evidence(hit))
