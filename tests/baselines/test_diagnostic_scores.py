"""Scores, intervals and the penalty of the diagnostics, against others' definitions."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, average_precision_score, f1_score

from baselines.diagnostics.head import RIDGES, fit
from baselines.diagnostics.scores import Judge, Scored, difference, score
from baselines.formulas.lqf import weights_by_ridge

rows = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(1, 3)), min_size=2, max_size=25
)


@given(rows)
def test_average_precision_is_that_of_scikit_learn(given_rows: list[Any]) -> None:
    is_match = np.array([kind > 0 for kind, _, _ in given_rows])
    if not is_match.any():
        is_match[0] = True
    scores = np.array([value / 4 for _, value, _ in given_rows])
    weights = np.array([[times for _, _, times in given_rows]], float)
    outputs = np.column_stack([-scores, scores])
    found = score("average_precision", outputs, is_match.astype(np.intp), weights)
    expected = average_precision_score(is_match, scores, sample_weight=weights[0])
    assert found[0] == pytest.approx(expected)


@given(rows)
def test_accuracy_and_macro_f1_are_those_of_scikit_learn(given_rows: list[Any]) -> None:
    codes = np.array([kind for kind, _, _ in given_rows], dtype=np.intp)
    decided = np.array([value % 3 for _, value, _ in given_rows])
    weights = np.array([[times for _, _, times in given_rows]], float)
    outputs = np.eye(3)[decided]
    f1 = f1_score(codes, decided, average="macro", sample_weight=weights[0], zero_division=0)
    assert score("f1_macro", outputs, codes, weights)[0] == pytest.approx(f1)
    accuracy = accuracy_score(codes, decided, sample_weight=weights[0])
    assert score("accuracy", outputs, codes, weights)[0] == pytest.approx(accuracy)


def test_the_interval_of_a_share_is_about_the_textbook_one() -> None:
    rng = np.random.default_rng(0)
    codes = np.zeros(400, dtype=np.intp)
    decided = (rng.random(400) < 0.3).astype(int)
    judge = Judge("accuracy", codes, np.arange(400), seed=1)
    found = judge.estimate(judge.scored(np.eye(2)[decided]))
    error = (found.value * (1 - found.value) / 400) ** 0.5
    assert found.low == pytest.approx(found.value - 1.96 * error, abs=0.01)
    assert found.high == pytest.approx(found.value + 1.96 * error, abs=0.01)


def test_rows_of_a_group_are_drawn_together() -> None:
    codes = np.zeros(400, dtype=np.intp)
    decided = np.repeat(np.arange(40) % 2, 10)
    alone = Judge("accuracy", codes, np.arange(400), seed=1)
    together = Judge("accuracy", codes, np.repeat(np.arange(40), 10), seed=1)
    narrow = alone.estimate(alone.scored(np.eye(2)[decided]))
    wide = together.estimate(together.scored(np.eye(2)[decided]))
    assert wide.high - wide.low > 2.5 * (narrow.high - narrow.low)


@pytest.mark.parametrize(("decided", "ends"), [(0, (0.9, 1.0)), (1, (0.0, 0.1))])
def test_a_score_without_a_fault_or_a_hit_has_an_interval(
    decided: int, ends: tuple[float, float]
) -> None:
    judge = Judge("accuracy", np.zeros(30, dtype=np.intp), np.arange(30), seed=1)
    found = judge.estimate(judge.scored(np.eye(2)[[decided] * 30]))
    assert (found.low, found.high) == pytest.approx(ends)


def test_a_difference_is_paired() -> None:
    shared = np.array([0.1, 0.9, 0.5, 0.7])
    found = difference(Scored(0.6, shared + 0.1), Scored(0.5, shared))
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))


@pytest.mark.parametrize("shape", [(30, 8), (8, 30), (12, 12)])
def test_the_penalty_has_the_least_generalised_cross_validation_error(
    shape: tuple[int, int],
) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=shape)
    y = x[:, :2] @ rng.normal(size=(2, 3)) + rng.normal(size=(shape[0], 3))
    head = fit(x, y)
    count = shape[0]
    centred, wanted = x - x.mean(axis=0), y - y.mean(axis=0)
    errors = []
    for ridge in RIDGES:
        hat = centred @ np.linalg.solve(
            centred.T @ centred + count * ridge * np.eye(shape[1]), centred.T
        )
        residual = wanted - hat @ wanted
        errors.append((residual**2).sum() / (count - 1 - np.trace(hat)) ** 2)
    assert head.ridge == RIDGES[int(np.argmin(errors))]
    (weights,) = weights_by_ridge(centred, wanted, [head.ridge])
    assert head.weights == pytest.approx(weights)
    unseen = rng.normal(size=(4, shape[1]))
    expected = (unseen - x.mean(axis=0)) @ weights + y.mean(axis=0)
    assert head.outputs(unseen) == pytest.approx(expected)


def test_constant_columns_and_more_columns_than_rows_do_no_harm() -> None:
    x = np.column_stack([np.arange(6.0), np.zeros(6), np.ones(6)])
    head = fit(x, 2 * x[:, :1])
    assert head.outputs(x)[:, 0] == pytest.approx(2 * np.arange(6.0), abs=0.01)
