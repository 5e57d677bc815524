"""Closed-form intervals agree with the bootstrap, their reference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binomtest

from scoring import metrics_of
from scoring.intervals import NONE, interval, wilson
from scoring.metrics import Form, Measured, View
from scoring.metrics.measured import undefined

N, RESAMPLES = 600, 1000


def matching(seed: int) -> View:
    random = np.random.default_rng(seed)
    truth = (random.random(N) < 0.2).astype(np.int32)
    scores = np.round(np.clip(random.normal(0.35 + 0.3 * truth, 0.18), 0, 1), 2)
    return View(2, truth, (scores >= 0.5).astype(np.int32), None, scores, True)


def classification(seed: int) -> View:
    random = np.random.default_rng(seed)
    truth = random.choice(4, N, p=[0.5, 0.3, 0.15, 0.05]).astype(np.int32)
    chances = random.dirichlet(np.ones(4), N) + 0.5 * np.eye(4)[truth] * random.random((N, 1))
    chances /= chances.sum(axis=1, keepdims=True)
    return View(4, truth, chances.argmax(axis=1).astype(np.int32), chances)


def part(view: View, rows: np.typing.NDArray[np.int64]) -> View:
    return View(
        view.classes,
        view.truth[rows],
        view.decided[rows],
        None if view.probabilities is None else view.probabilities[rows],
        None if view.scores is None else view.scores[rows],
        view.unit_scores,
    )


CASES = [
    *(("matching", matching, name) for name in ("average_precision", "roc_auc", "f1")),
    *(("matching", matching, name) for name in ("precision", "recall", "brier", "log_loss")),
    ("classification", classification, "roc_auc_ovr"),
    *(
        ("classification", classification, name)
        for name in (
            "accuracy",
            "macro_f1",
            "balanced_accuracy",
            "mcc",
            "top_3",
            "log_loss",
            "brier",
        )
    ),
]


@pytest.mark.parametrize(("kind", "make", "name"), CASES, ids=[f"{c[0]}-{c[2]}" for c in CASES])
@pytest.mark.parametrize("grouped", [False, True], ids=["rows", "groups"])
def test_the_standard_error_agrees_with_the_bootstrap(
    kind: str, make: Callable[[int], View], name: str, grouped: bool
) -> None:
    form: Form = metrics_of("matching" if kind == "matching" else "classification")[name]
    view = make(1)
    # Groups of equal labels in pairs of rows; the bootstrap then draws whole groups.
    groups = np.argsort(np.argsort(view.truth, kind="stable")) // 2 if grouped else np.arange(N)
    members = [np.flatnonzero(groups == code) for code in range(groups.max() + 1)]
    random = np.random.default_rng(2)
    values = []
    for _ in range(RESAMPLES):
        drawn = random.integers(len(members), size=len(members))
        rows = np.concatenate([members[code] for code in drawn])
        value = form.measure(part(view, rows)).value
        assert value is not None
        values.append(value)
    found = interval(form.measure(view), groups, form.range)
    assert found.standard_error == pytest.approx(np.std(values), rel=0.15)
    assert found.low == pytest.approx(np.quantile(values, 0.025), abs=0.5 * np.std(values))
    assert found.high == pytest.approx(np.quantile(values, 0.975), abs=0.5 * np.std(values))


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (3, 10), (10, 10), (500, 1000), (1, 1)])
def test_wilson_equals_scipy(hits: int, n: int) -> None:
    expected = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits / n, n) == pytest.approx((expected.low, expected.high))


def test_at_the_end_of_the_range_the_interval_is_no_point() -> None:
    measured = Measured(1.0, "", np.zeros(100), units=20)
    found = interval(measured, np.arange(100), (0, 1))
    assert found.high == 1
    assert found.low == pytest.approx(wilson(1, 20)[0])
    worst = interval(Measured(2.0, "", np.zeros(50)), np.arange(50), (0, 2))
    assert worst.high == 2
    assert worst.low == pytest.approx(2 * wilson(1, 50)[0])


def test_a_perfect_value_over_few_groups_claims_no_more_than_the_groups_allow() -> None:
    measured = Measured(1.0, "", np.zeros(100), trials=100)
    found = interval(measured, np.arange(100) // 25, (0, 1))
    assert found.low == pytest.approx(wilson(1, 4)[0])


def test_an_interval_stays_inside_the_range() -> None:
    influence = np.array([-0.9, 0.9] * 2)
    found = interval(Measured(0.95, "", influence), np.arange(4), (0, 1))
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low < 0.95 < found.high <= 1
    loss = interval(Measured(0.1, "", influence), np.arange(4), (0, 36.04))
    assert loss.low is not None
    assert 0 < loss.low < 0.1


@pytest.mark.parametrize(
    "measured", [undefined("none"), Measured(0.5), Measured(0.5, "", np.zeros(1))]
)
def test_without_value_influence_or_a_second_row_there_is_no_interval(measured: Measured) -> None:
    assert interval(measured, np.arange(1), (0, 1)) == NONE
