import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import friedmanchisquare, studentized_range

from leaderboard.friedman import friedman, nemenyi_p_values

tables = st.tuples(st.integers(2, 12), st.integers(3, 6)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(0, 6).map(float))
)


@given(tables)
def test_chi_square_and_its_p_value_are_those_of_scipy(scores) -> None:
    found = friedman(scores)
    if found.chi2 is None:
        assert all(len(set(row)) == 1 for row in scores)
        return
    expected = friedmanchisquare(*scores.T)
    assert found.chi2 == pytest.approx(expected.statistic, abs=1e-9)
    assert found.p_chi2 == pytest.approx(expected.pvalue, abs=1e-9)


@given(tables, st.sampled_from([0.0, 1.5, 9.0]))
def test_cliques_are_all_longest_runs_closer_than_the_critical_difference(scores, apart) -> None:
    found = friedman(scores + apart * np.arange(scores.shape[1]))
    order = np.argsort(found.mean_ranks, kind="stable").tolist()
    means, k = found.mean_ranks, len(order)
    runs = [
        tuple(order[i:j])
        for i in range(k)
        for j in range(i + 2, k + 1)
        if means[order[j - 1]] - means[order[i]] < found.critical_difference
    ]
    longest = [run for run in runs if not any(set(run) < set(other) for other in runs)]
    assert list(found.cliques) == longest


@given(tables, st.randoms())
def test_the_order_of_entries_changes_nothing(scores, random) -> None:
    columns = list(range(scores.shape[1]))
    random.shuffle(columns)
    found, moved = friedman(scores), friedman(scores[:, columns])
    assert moved.chi2 == pytest.approx(found.chi2)
    assert moved.mean_ranks == pytest.approx([found.mean_ranks[column] for column in columns])


def test_the_p_values_of_pairs_reach_alpha_at_the_critical_difference() -> None:
    found = friedman(np.random.default_rng(2).normal(size=(9, 4)))
    q = found.critical_difference / np.sqrt(4 * 5 / (6 * 9)) * np.sqrt(2)
    assert studentized_range.sf(q, 4, np.inf) == pytest.approx(0.05)
    p_values, means = nemenyi_p_values(found), np.array(found.mean_ranks)
    gaps = np.abs(means[:, None] - means)
    assert ((p_values < 0.05) == (gaps > found.critical_difference)).all()


def test_a_diagram_is_drawn_from_eight_tasks_that_tell_entries_apart() -> None:
    apart = np.array([[0.9, 0.5, 0.1]])
    assert "8 tasks" in friedman(np.repeat(apart, 7, axis=0)).no_diagram
    assert friedman(np.repeat(apart, 8, axis=0)).no_diagram == ""  # F is undefined, chi2 is not
    nearly = np.vstack([np.repeat(apart, 7, axis=0), [[0.5, 0.9, 0.1]]])
    assert friedman(nearly).no_diagram == ""
    turned = np.array([[0.9, 0.5, 0.1], [0.1, 0.9, 0.5], [0.5, 0.1, 0.9]] * 3)
    assert "do not separate" in friedman(turned).no_diagram
    assert "do not separate" in friedman(np.full((8, 3), 0.5)).no_diagram


def test_one_entry_is_nothing_to_compare() -> None:
    with pytest.raises(ValueError, match="at least two"):
        friedman(np.array([[0.5]]))
