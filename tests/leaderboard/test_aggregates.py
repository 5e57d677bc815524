import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import LogisticRegression

from leaderboard.aggregates import (
    elo,
    elo_intervals,
    mean_ranks,
    rescaled_scores,
    significant,
    task_ranks,
    win_rates,
)

values = st.integers(0, 5).map(lambda n: n / 5)
tables = st.tuples(st.integers(1, 6), st.integers(2, 6)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=values)
)
with_absent = st.tuples(st.integers(1, 6), st.integers(2, 6)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=values | st.just(float("nan")))
)
NAN = float("nan")


def test_who_did_not_enter_shares_the_last_rank() -> None:
    scores = np.array([[0.9, NAN, 0.9, 0.1, NAN], [NAN] * 5])
    assert task_ranks(scores).tolist() == [[1.5, 4.5, 1.5, 3.0, 4.5], [3.0] * 5]


def test_scores_that_differ_by_rounding_are_tied() -> None:
    assert task_ranks(np.array([[0.3, 0.1 + 0.2]])).tolist() == [[1.5, 1.5]]


def test_each_task_has_its_own_direction() -> None:
    scores = np.array([[0.9, 0.1], [0.1, 0.9]])
    assert mean_ranks(scores, [True, False]).tolist() == [1.0, 2.0]
    assert win_rates(scores, [True, False]).tolist() == [1.0, 0.0]
    assert rescaled_scores(scores, [True, False]).tolist() == [1.0, 0.0]


def test_absent_entries_are_rescaled_to_zero_and_empty_tasks_left_out() -> None:
    scores = np.array([[0.2, NAN, 0.4], [NAN, NAN, NAN], [0.7, 0.7, NAN]])
    assert rescaled_scores(scores).tolist() == [0.5, 0.5, 0.5]
    assert np.isnan(rescaled_scores(np.array([[NAN, NAN]]))).all()


def test_an_entry_on_its_own_beats_nobody() -> None:
    assert np.isnan(win_rates(np.array([[0.4]]))).all()
    assert elo(np.array([[0.4]]), 0) == pytest.approx([1000])


@pytest.mark.parametrize(
    ("scores", "directions", "problem"),
    [
        (np.empty((0, 3)), True, "at least one task"),
        (np.empty((3, 0)), True, "at least one task"),
        (np.array([0.5, 0.4]), True, "at least one task"),
        (np.array([[0.5, 0.4]]), [True, True], "one direction"),
        (np.array([[np.inf, 0.4]]), True, "finite"),
    ],
)
def test_bad_tables_are_refused(scores, directions, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        task_ranks(scores, directions)


@pytest.mark.parametrize("anchor", [-1, 2])
def test_the_anchor_is_an_entry(anchor: int) -> None:
    with pytest.raises(ValueError, match="anchor"):
        elo(np.array([[0.5, 0.4]]), anchor)


def test_ratings_that_would_run_away_are_undefined_without_virtual_ties() -> None:
    # Each of the first two beats the other once; neither ever loses to the last two.
    scores = np.array([[0.9, 0.8, 0.2, 0.1], [0.8, 0.9, 0.1, 0.2]])
    assert elo(scores, 0, virtual_tie=False) is None
    assert np.isfinite(elo(scores, 0)).all()


def test_two_absent_entries_do_not_battle() -> None:
    # Two wins and a virtual tie of either over the last are odds of 5 to 1. A task that neither of
    # them entered says nothing, and would pull them together if it were a tie.
    scores = np.array([[0.6, NAN], [0.6, NAN], [NAN, NAN]])
    assert elo(scores, 0) == pytest.approx([1000, 1000 - 400 * np.log10(5)], abs=1e-2)


def test_elo_is_the_logistic_regression_of_all_battles() -> None:
    scores = np.random.default_rng(5).normal([0, 0.3, 0.6, 1.0], 1, size=(12, 4))
    features, wins = [], []
    for row in scores:
        for a in range(4):
            for b in range(a + 1, 4):
                battle = np.zeros(4)
                battle[a], battle[b] = np.log(10), -np.log(10)
                features.append(battle)
                wins.append(row[a] > row[b])
    model = LogisticRegression(fit_intercept=False, C=1e6, tol=1e-10, max_iter=1000)
    rated = 400 * model.fit(features, wins).coef_[0]
    assert elo(scores, 2, virtual_tie=False) == pytest.approx(rated - rated[2] + 1000, abs=1e-3)


@given(with_absent, st.randoms())
def test_the_order_of_entries_and_tasks_changes_nothing(scores, random) -> None:
    columns, rows = list(range(scores.shape[1])), list(range(len(scores)))
    random.shuffle(columns)
    random.shuffle(rows)
    moved = scores[rows][:, columns]
    assert mean_ranks(moved) == pytest.approx(mean_ranks(scores)[columns])
    assert win_rates(moved) == pytest.approx(win_rates(scores)[columns])
    assert rescaled_scores(moved) == pytest.approx(rescaled_scores(scores)[columns], nan_ok=True)
    assert elo(moved, columns.index(0)) == pytest.approx(elo(scores, 0)[columns], abs=1e-6)


@given(with_absent)
def test_ranks_of_a_task_always_have_the_same_sum(scores) -> None:
    k = scores.shape[1]
    assert task_ranks(scores).sum(axis=1) == pytest.approx(np.full(len(scores), k * (k + 1) / 2))


@given(tables, st.integers(0, 1))
def test_elo_is_anchored_and_finite_and_equal_for_equals(scores, anchor: int) -> None:
    scores[:, -1] = scores[:, 0]
    found = elo(scores, anchor)
    assert found[anchor] == 1000
    assert np.isfinite(found).all()
    assert found[-1] == pytest.approx(found[0])


@given(tables)
def test_turning_the_direction_turns_the_order(scores) -> None:
    k = scores.shape[1]
    assert mean_ranks(-scores, False) == pytest.approx(mean_ranks(scores))
    assert mean_ranks(scores, False) == pytest.approx(k + 1 - mean_ranks(scores))


def test_elo_intervals_hold_the_rating_and_never_change() -> None:
    scores = np.random.default_rng(1).normal([0, 0.5, 3.0], 1, size=(10, 3))
    found = elo_intervals(scores, 0, "v1", count=200)
    assert found.ratings == pytest.approx(elo(scores, 0))
    assert (found.low[0], found.high[0]) == (1000, 1000)
    assert (found.low[1:] < found.ratings[1:]).all()
    assert (found.ratings[1:] <= found.high[1:]).all()
    again = elo_intervals(scores, 0, "v1", count=200)
    assert (again.low.tolist(), again.high.tolist()) == (found.low.tolist(), found.high.tolist())
    many = np.random.default_rng(1).normal(size=(40, 3))
    lows = [elo_intervals(many, 0, version, count=31).low.tolist() for version in ("v1", "v2")]
    assert lows[0] != lows[1]


def test_results_of_draws_have_twelve_digits() -> None:
    assert significant(np.array([[1 / 3, 123456.7891234567]])).tolist() == [
        [0.333333333333, 123456.789123]
    ]
