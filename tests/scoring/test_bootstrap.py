"""Resamples and percentile intervals beyond their vectors."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from scoring.bootstrap import (
    Resamples,
    average_precision_statistic,
    bootstrap,
    generator,
    mean_statistic,
    metric_statistic,
    paired_bootstrap,
    percentile_interval,
)
from scoring.metrics import View
from scoring.metrics.decisions import accuracy
from scoring.metrics.ranking import average_precision

ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=30
)


def drawn(groups: Any, strata: Any = None, count: int = 20, purpose: str = "test") -> Any:
    strata = None if strata is None else np.array(strata)
    return np.array(list(Resamples(np.array(groups), "version", purpose, strata, count)))


def pairs(positive: Any, scores: Any) -> View:
    return View(2, np.array(positive, dtype=np.int32), scores=np.array(scores, dtype=np.float64))


def test_the_draws_come_from_version_and_purpose() -> None:
    seed = int.from_bytes(hashlib.sha256("v‖p".encode()).digest(), "big")
    expected = np.random.Generator(np.random.PCG64(seed)).integers(1000, size=5)
    np.testing.assert_array_equal(generator("v", "p").integers(1000, size=5), expected)


def test_all_who_resample_for_one_purpose_get_the_same_weights() -> None:
    resamples = Resamples(np.arange(30), "version", "test", count=20)
    np.testing.assert_array_equal(list(resamples), list(resamples))
    np.testing.assert_array_equal(list(resamples), drawn(range(30)))
    assert not np.array_equal(list(resamples), drawn(range(30), purpose="other"))
    assert not np.array_equal(
        list(resamples), list(Resamples(np.arange(30), "2", "test", count=20))
    )


def test_names_of_groups_do_not_change_the_draws() -> None:
    renamed = np.array([7, 7, -1, 5, -1, 900])
    np.testing.assert_array_equal(drawn([0, 0, 1, 2, 1, 3]), drawn(renamed))


def test_whole_groups_are_drawn_as_often_as_there_are_groups() -> None:
    groups = np.array([4, 4, 4, 1, 1, 9, 2])
    weights = drawn(groups, count=200)
    for group in np.unique(groups):
        assert (weights[:, groups == group] == weights[:, [np.argmax(groups == group)]]).all()
    first = np.unique(groups, return_index=True)[1]
    assert (weights[:, first].sum(axis=1) == 4).all()
    assert weights.mean() == pytest.approx(1, abs=0.15)


def test_strata_keep_their_number_of_rows() -> None:
    truth = np.array([1, 0, 0, 1, 0, 0, 0, 2])
    weights = drawn(range(8), truth)
    assert (weights[:, truth == 1].sum(axis=1) == 2).all()
    assert (weights[:, truth == 0].sum(axis=1) == 5).all()
    assert (weights[:, 7] == 1).all()
    assert len(np.unique(weights, axis=0)) > 1


def test_a_group_with_a_match_stays_among_groups_with_a_match() -> None:
    groups, truth = np.array([0, 0, 1, 1, 2, 3, 4, 4]), np.array([0, 1, 0, 0, 1, 0, 0, 0])
    weights = drawn(groups, truth)
    assert (weights[:, [0, 4]].sum(axis=1) == 2).all()
    assert (weights[:, [2, 5, 6]].sum(axis=1) == 3).all()


@pytest.mark.parametrize(
    ("groups", "strata", "message"), [([], None, "no rows"), ([1, 2], [0], "differ in length")]
)
def test_rows_that_cannot_be_resampled_are_refused(groups: Any, strata: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        drawn(groups, strata)


@given(ROWS)
def test_average_precision_of_weights_is_that_of_repeated_rows(
    rows: list[tuple[int, int, int]],
) -> None:
    truth, scores, weights = np.array(rows).T
    found = average_precision_statistic(pairs(truth, scores))(weights)
    if (truth * weights).sum() == 0:
        assert found is None
    else:
        repeated = average_precision_score(np.repeat(truth, weights), np.repeat(scores, weights))
        assert found == pytest.approx(repeated, rel=1e-12)


@given(ROWS)
def test_the_general_path_agrees_with_the_fast_ones(rows: list[tuple[int, int, int]]) -> None:
    truth, scores, weights = np.array(rows).T
    if weights.sum() == 0:
        return
    view = View(2, truth, decision=np.minimum(scores, 1), scores=scores.astype(np.float64))
    hit = (truth == view.decided).astype(np.float64)
    assert mean_statistic(hit)(weights) == metric_statistic(accuracy, view)(weights)
    fast, general = average_precision_statistic(view), metric_statistic(average_precision, view)
    assert [fast(weights)] == pytest.approx([general(weights)])


def test_the_spread_of_resampled_means_is_the_standard_error() -> None:
    values = np.random.default_rng(3).normal(size=400)
    resamples = Resamples(np.arange(400), "version", "spread", count=2000)
    found = np.array([mean_statistic(values)(weights) for weights in resamples], dtype=np.float64)
    assert found.std() == pytest.approx(values.std() / 20, rel=0.06)


def test_too_many_undefined_resamples_leave_no_interval() -> None:
    values: list[float | None] = [None] * 5 + [float(value) for value in range(95)]
    kept = percentile_interval(40.0, values)
    assert kept.undefined == 5
    assert (kept.low, kept.high) == pytest.approx((2.35, 91.65))
    dropped = percentile_interval(40.0, [None, *values])
    assert (dropped.value, dropped.low, dropped.high, dropped.undefined) == (40.0, None, None, 6)
    assert dropped.reason == "the metric is undefined in 6 of 101 resamples"


def test_without_any_value_there_is_no_interval() -> None:
    assert percentile_interval(None, [1.0, 2.0]).reason == "the metric is undefined"
    assert percentile_interval(1.0, [None], most_undefined=1.0).low is None


def test_a_metric_without_a_positive_has_a_reason_and_no_interval() -> None:
    statistic = average_precision_statistic(pairs([0, 0], [1, 2]))
    found = bootstrap(statistic, 2, Resamples(np.arange(2), "version", "test", count=10))
    assert (found.value, found.low, found.undefined) == (None, None, 10)


def paired(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> Any:
    resamples = Resamples(np.arange(len(a)), "version", "paired", count=99)
    return paired_bootstrap(mean_statistic(a), mean_statistic(b), len(a), resamples)


def test_one_who_is_always_better_has_the_smallest_p_value() -> None:
    a, b = np.ones(20), np.zeros(20)
    assert (paired(a, b).p_two_sided, paired(a, b).p_a_not_better) == (2 / 100, 1 / 100)
    assert (paired(b, a).p_two_sided, paired(b, a).p_a_not_better) == (2 / 100, 1.0)


def test_rounding_does_not_separate_equals() -> None:
    a = np.array([0.1, 0.2, 0.3, 0.4])
    assert paired(a, a + 1e-15).p_two_sided == 1.0


def test_no_p_value_is_made_from_mostly_undefined_resamples() -> None:
    a, b = (average_precision_statistic(pairs([1, 0, 0], s)) for s in ([3, 2, 1], [1, 2, 3]))
    found = paired_bootstrap(a, b, 3, Resamples(np.arange(3), "version", "test", count=50))
    assert found.difference.value == pytest.approx(2 / 3)
    assert (found.difference.low, found.p_two_sided, found.p_a_not_better) == (None, None, None)
    assert "undefined in" in found.difference.reason
