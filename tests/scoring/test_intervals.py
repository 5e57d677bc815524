"""Closed-form intervals agree with the bootstrap, their reference."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, t

from scoring import METRICS, metrics_of
from scoring.bootstrap import Resamples
from scoring.intervals import NONE, Units, interval, wilson
from scoring.metrics import Measured, View
from scoring.metrics.measured import Codes, undefined
from scoring.metrics.needs import CLUSTERS, GROUPS
from scoring.spec import KINDS, Kind
from tests.scoring.simulated import Choices, Pairs, choices, pairs

N = 1200
POPULATIONS: dict[Kind, Pairs | Choices] = {
    "matching": Pairs(0.3, 1.8, 1.5),
    "classification": Choices((0.35, 0.25, 0.15, 0.1, 0.1, 0.05), 1.2, 1.5),
}
IRREGULAR = {"mce", "recall_at_precision_90", "recall_at_precision_95", "top_5"}
"""Intervals that are longer than the bootstrap's on purpose, or at the end of the range."""
CASES = [
    (kind, name)
    for kind in KINDS
    for name, form in metrics_of(kind).items()
    if name not in IRREGULAR and form.needs not in (CLUSTERS, GROUPS)
]


@cache
def resampled(kind: Kind, grouped: bool) -> tuple[View, Codes, dict[str, list[float]]]:
    """Rows, their groups, and the values of every metric on resamples of whole groups."""
    view = POPULATIONS[kind].draw(np.random.default_rng(2), N, 2 if grouped else 1)
    groups = np.arange(N) // 2 if grouped else np.arange(N)
    values: dict[str, list[float]] = {}
    for weights in Resamples(groups, "1", "intervals"):
        sample = view.only(np.repeat(np.arange(N), weights))
        for name, form in metrics_of(kind).items():
            if (value := form.measure(sample).value) is not None:
                values.setdefault(name, []).append(value)
    return view, groups, values


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES])
@pytest.mark.parametrize("grouped", [False, True], ids=["rows", "groups"])
def test_the_interval_agrees_with_the_bootstrap(kind: Kind, name: str, grouped: bool) -> None:
    view, groups, resamples = resampled(kind, grouped)
    form, values = metrics_of(kind)[name], resamples[name]
    measured = form.measure(view)
    found = interval(measured, groups, form.range)
    assert found.low is not None
    assert found.high is not None
    if measured.value in form.range:  # where resamples do not differ
        assert found.low < found.high
        return
    low, high = np.quantile(values, (0.025, 0.975))
    assert found.standard_error == pytest.approx(np.std(values), rel=0.15)
    if name == "ece":  # whose interval is also about the bias, which resamples double
        return
    assert found.high - found.low == pytest.approx(high - low, rel=0.15)
    if name != "best_f1":  # whose resamples lie above the value
        assert found.low == pytest.approx(low, abs=0.5 * np.std(values))
        assert found.high == pytest.approx(high, abs=0.5 * np.std(values))


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


def test_groups_of_the_influence_replace_those_of_the_rows() -> None:
    influence = np.tile([1.0, -1.0], 20)
    twice = Measured(0.5, "", influence, groups=np.repeat(np.arange(20), 2))
    apart = Measured(0.5, "", influence, groups=np.arange(40))
    assert interval(twice, np.arange(7), (0, 1)).standard_error == 0
    expected = interval(Measured(0.5, "", influence), np.arange(40), (0, 1))
    assert interval(apart, np.arange(7), (0, 1)) == expected


def test_units_have_dense_codes_only_where_rows_belong_together() -> None:
    alone = Units.of(np.array([7, 3, 5]))
    assert (alone.n, alone.count, alone.codes, alone.grouped) == (3, 3, None, False)
    values = np.array([1.0, 2.0, 4.0, 8.0])
    for groups in ([9, 2, 9, 5], [10**15, 1, 10**15, 4], [7, -1, 7, 4]):
        units = Units.of(np.array(groups))
        assert units.count == 3
        assert sorted(units.sums(values)) == [2.0, 5.0, 8.0]
    assert Units.of(np.array([], dtype=np.int64)) == Units(0, 0)


def test_few_rows_that_carry_a_metric_make_its_interval_longer() -> None:
    many = np.tile([1.0, -1.0], 500)
    few = np.zeros(1000)
    few[:40] = np.tile([5.0, -5.0], 20)
    ends = [
        interval(Measured(0.5, "", influence), np.arange(1000), (0, 1)) for influence in (many, few)
    ]
    highs = [found.high - 0.5 for found in ends if found.high is not None]
    assert ends[0].standard_error == pytest.approx(ends[1].standard_error)
    assert 1.01 * highs[0] < highs[1] < 1.2 * highs[0]


def test_few_groups_make_the_interval_as_long_as_their_number_asks() -> None:
    found = interval(Measured(0.5, "", np.array([1.0, -1.0, 1.0, -1.0])), np.arange(4), (0, 1))
    assert found.high is not None
    assert found.standard_error is not None
    assert np.log(found.high / (1 - found.high)) == pytest.approx(
        t.ppf(0.975, 3) * found.standard_error / 0.25
    )


@pytest.mark.parametrize("name", ["ece", "mce", "recall_at_precision_90", "best_f1"])
@pytest.mark.parametrize("groups", [np.arange(200), np.arange(200) // 4], ids=["rows", "groups"])
@pytest.mark.parametrize("apart", [0.0, 1.5, 8.0], ids=["useless", "usual", "perfect"])
def test_every_interval_holds_its_value_and_stays_in_the_range(
    name: str, groups: Codes, apart: float
) -> None:
    view = Pairs(0.3, apart, 1.5).draw(np.random.default_rng(8), 200, 4)
    form = METRICS[name].forms["matching"]
    measured = form.measure(view)
    found = interval(measured, groups, form.range)
    assert measured.value is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= measured.value <= found.high <= 1
    assert found.low < found.high


@given(st.one_of(pairs(outcomes=1), choices()), st.integers(1, 3))
def test_every_interval_of_few_rows_holds_its_value(view: View, size: int) -> None:
    groups = np.arange(view.n) // size
    for form in metrics_of("matching" if view.scores is not None else "classification").values():
        measured = form.measure(view)
        found = interval(measured, groups, form.range)
        if measured.value is None or found.low is None or found.high is None:
            assert measured.value is None or groups.max() == 0
            continue
        assert form.range[0] - 1e-12 <= found.low <= measured.value + 1e-12
        assert measured.value - 1e-12 <= found.high <= form.range[1] + 1e-12


def test_a_precision_that_no_threshold_reaches_has_an_interval_from_nought() -> None:
    truth = np.array([0, 0, 0, 1, 0, 1, 0, 0], np.int32)
    view = View(2, truth, None, None, np.linspace(1, 0.3, 8), True)
    form = METRICS["recall_at_precision_95"].forms["matching"]
    measured = form.measure(view)
    found = interval(measured, np.arange(8), form.range)
    assert measured.value == found.low == 0
    assert found.high is not None
    assert 0 < found.high < 1


def test_a_calibrated_forecast_is_not_held_to_be_uncalibrated() -> None:
    view = Pairs(0.3, 1.5).draw(np.random.default_rng(9), 500)
    form = METRICS["ece"].forms["matching"]
    measured = form.measure(view)
    assert measured.value is not None
    assert measured.value > 0.02
    assert interval(measured, np.arange(500), form.range).low == 0


@pytest.mark.parametrize("name", ["ece", "mce", "recall_at_precision_80", "average_precision"])
def test_copies_of_rows_in_one_group_tell_no_more_than_the_rows(name: str) -> None:
    view = Pairs(0.4, 1.5, 1.5).draw(np.random.default_rng(9), 400)
    form, rows = METRICS[name].forms["matching"], np.arange(400)
    once = interval(form.measure(view), rows, form.range)
    copies = interval(form.measure(view.only(np.tile(rows, 3))), np.tile(rows, 3), form.range)
    assert copies.low == pytest.approx(once.low, rel=0.01)
    assert copies.high == pytest.approx(once.high, rel=0.01)


@pytest.mark.parametrize("name", ["ece", "mce", "recall_at_precision_80", "f1"])
def test_one_group_tells_nothing_of_how_far_off_a_value_is(name: str) -> None:
    view = Pairs(0.3, 1.5).draw(np.random.default_rng(9), 50)
    form = METRICS[name].forms["matching"]
    assert interval(form.measure(view), np.zeros(50, dtype=int), form.range) == NONE
