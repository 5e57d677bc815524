import itertools
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import ndtr

from leaderboard.intervals import SkillTask
from leaderboard.separation import (
    adjacent_p_values,
    brackets,
    inseparable,
    pair_p_values,
    paired_errors,
    separation,
    track_separation,
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
    found = paired_errors(board.sums, len(board.groups), above, below)
    assert found == pytest.approx(direct, rel=1e-6, abs=1e-15)


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


# Tracks ------------------------------------------------------------------------------------------


def skill_task(accuracies, entries, seed: int = 0, **options) -> SkillTask:
    base, ceiling = options.pop("base", 0.5), options.pop("ceiling", 1.0)
    rows = drawn(accuracies, 400, seed, **options)
    return SkillTask(rows, tuple(entries), base, ceiling, f"v{seed}")


def mean_skills(tasks, n_entries: int) -> np.ndarray:
    values = np.zeros(n_entries)
    for task in tasks:
        skills = (task.evidence.scores - task.base) / (task.ceiling - task.base)
        values[list(task.entries)] += skills / len(tasks)
    return values


def test_a_track_of_one_task_is_tested_as_that_task() -> None:
    task = skill_task([0.9, 0.8, 0.79], range(3), metric="macro_f1")
    found = track_separation([task], mean_skills([task], 3), [0, 1, 2])
    expected = separation(task.evidence)
    assert found.p_above == pytest.approx(expected.p_above, nan_ok=True)
    assert (found.from_above, found.brackets) == (expected.from_above, expected.brackets)


def test_the_error_of_a_track_is_that_of_the_mean_of_independent_differences() -> None:
    # On the second task lower is better, and the second entry did not enter it.
    first = skill_task([0.9, 0.85], [0, 1], seed=1)
    second = skill_task([0.4], [0], seed=2, base=0.6, ceiling=0.0)
    values = mean_skills([first, second], 2)
    influence = first.evidence.influence
    of_first = standard_error(influence[0] - influence[1], 400) / 0.5
    of_second = standard_error(second.evidence.influence[0], 400) / 0.6
    z = abs(values[0] - values[1]) / (np.hypot(of_first, of_second) / 2)
    (_, p) = track_separation([first, second], values, [0, 1]).p_above
    assert p == pytest.approx(2 * ndtr(-z))


def test_what_a_track_cannot_test_is_unknown_and_a_task_without_skill_does_not_count() -> None:
    silent = skill_task([0.9, 0.7], [0, 1], influence=np.full((2, 400), np.nan))
    unknown = track_separation([silent], mean_skills([silent], 2), [0, 1])
    assert (unknown.from_above, unknown.brackets) == ((None, None), ())
    alone = skill_task([0.9, 0.7], [0, 1], groups=np.zeros(400, dtype=int))
    assert track_separation([alone], mean_skills([alone], 2), [0, 1]).from_above == (None, None)
    task = skill_task([0.9, 0.7], [0, 1])
    flat = skill_task([0.9, 0.7], [0, 1], seed=3, ceiling=0.5)
    values = mean_skills([task], 2)
    assert track_separation([task, flat], values, [0, 1]).from_above == (None, True)
    with pytest.raises(ValueError, match="No task of the track can be counted"):
        track_separation([flat], values, [0, 1])


def test_teams_that_copy_each_other_on_every_task_share_a_bracket() -> None:
    tasks = []
    for seed in range(3):
        hit = drawn([0.9, 0.7], 400, seed).hit[[0, 0, 1]]
        tasks.append(SkillTask(evidence(hit), (0, 1, 2), 0.5, 1.0, f"v{seed}"))
    found = track_separation(tasks, mean_skills(tasks, 3), [0, 1, 2])
    assert found.p_above[1] == 1.0
    assert found.from_above == (None, False, True)
    assert found.brackets == ((0, 1),)


def test_a_true_tie_on_a_track_is_separated_on_about_five_of_a_hundred_boards() -> None:
    found = []
    for seed in range(400):
        tasks = [skill_task([0.8, 0.8], [0, 1], seed=2 * seed + n) for n in (0, 1)]
        found.append(track_separation(tasks, mean_skills(tasks, 2), [0, 1]).from_above[1])
    assert 0.02 < np.mean(found) < 0.08
