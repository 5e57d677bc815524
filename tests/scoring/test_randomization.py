"""Approximate randomization beyond its vectors."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test
from sklearn.metrics import average_precision_score

from scoring.randomization import (
    Swaps,
    approximate_randomization,
    mean_difference,
    metric_difference,
)

Floats = npt.NDArray[np.float64]
VALUES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=7)


def all_masks(n: int) -> npt.NDArray[np.bool_]:
    return np.array(list(product([False, True], repeat=n)))


@given(VALUES)
def test_over_all_swaps_it_is_scipys_exact_permutation_test(rows: list[tuple[int, int]]) -> None:
    a, b = np.array(rows, dtype=np.float64).T
    found = approximate_randomization(mean_difference(a, b), len(a), all_masks(len(a)))
    exact = permutation_test(
        (a, b), lambda x, y: abs(np.mean(x) - np.mean(y)), permutation_type="samples",
        alternative="greater", n_resamples=10_000,
    )  # fmt: skip
    assert found is not None
    assert found.as_extreme / 2 ** len(a) == pytest.approx(exact.pvalue)
    assert found.p == (found.as_extreme + 1) / (2 ** len(a) + 1)


@given(VALUES, st.data())
def test_the_fast_path_agrees_with_the_general_one(
    rows: list[tuple[int, int]], data: st.DataObject
) -> None:
    a, b = np.array(rows, dtype=np.float64).T
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(a), max_size=len(a))))
    general = metric_difference(lambda values: float(np.mean(values)), a, b)(mask)
    assert mean_difference(a, b)(mask) == pytest.approx(general, abs=1e-12)


def test_scores_are_swapped_for_average_precision() -> None:
    random = np.random.default_rng(1)
    truth, a, b = random.integers(0, 2, 30), random.random(30), random.random(30)
    mask = random.random(30) < 0.5

    def metric(scores: Floats) -> float:
        return float(average_precision_score(truth, scores))

    swapped = a.copy(), b.copy()
    swapped[0][mask], swapped[1][mask] = b[mask], a[mask]
    expected = metric(swapped[0]) - metric(swapped[1])
    assert metric_difference(metric, a, b)(mask) == pytest.approx(expected)


def test_probabilities_are_swapped_row_by_row() -> None:
    a, b = np.zeros((3, 2)), np.ones((3, 2))
    found = metric_difference(lambda values: float(values.sum()), a, b)
    assert found(np.array([True, False, False])) == 2 - 4


def test_groups_are_swapped_as_a_whole_and_always_alike() -> None:
    groups = np.array([5, 5, 1, 1, 1, 8])
    masks = np.array(list(Swaps(groups, "version", "test", count=400)))
    np.testing.assert_array_equal(masks, list(Swaps(groups, "version", "test", count=400)))
    assert (masks[:, 0] == masks[:, 1]).all()
    assert (masks[:, 2:4] == masks[:, [4]]).all()
    assert np.abs(masks.mean(axis=0) - 0.5).max() < 0.1
    assert not np.array_equal(masks, list(Swaps(groups, "version", "other", count=400)))


def test_equals_are_never_separated() -> None:
    a = np.array([0.1, 0.7, 0.2])
    found = approximate_randomization(
        mean_difference(a, a), 3, Swaps(np.arange(3), "version", "test", count=99)
    )
    assert found is not None
    assert found.p == 1.0


def test_a_clear_difference_has_a_small_p_value() -> None:
    a, b = np.ones(60), np.concatenate((np.zeros(30), np.ones(30)))
    found = approximate_randomization(
        mean_difference(a, b), 60, Swaps(np.arange(60), "version", "test", count=999)
    )
    assert found is not None
    assert (found.observed, found.p) == (0.5, 1 / 1000)


def test_an_undefined_difference_has_no_p_value() -> None:
    found = approximate_randomization(lambda _: None, 2, all_masks(2))
    assert found is None


def test_a_swap_that_is_undefined_counts_against_a_difference() -> None:
    found = approximate_randomization(lambda mask: None if mask.any() else 0.5, 2, all_masks(2)[1:])
    assert found is not None
    assert (found.as_extreme, found.p) == (3, 1.0)
