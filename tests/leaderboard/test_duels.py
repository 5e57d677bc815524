import json
import time
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard import duels
from leaderboard.duels import (
    BOOTSTRAP,
    MCNEMAR,
    NO_FLIPS,
    RANDOMIZATION,
    TOO_OFTEN,
    Z_TEST,
    Counts,
    Duel,
    duel,
)
from scoring.bootstrap import Resamples, metric_statistic, paired_bootstrap
from scoring.comparison import compare
from scoring.metrics import METRICS, View
from scoring.randomization import Swaps, approximate_randomization, mean_difference


@pytest.fixture(autouse=True)
def few_draws(monkeypatch) -> None:
    monkeypatch.setattr(duels, "DRAWS", 199)


def entry(hit, score: float | None = None, influence=None):
    """An entry that is right in these rows; its score and influence are those of accuracy."""
    hit = np.array(hit, dtype=np.int8)
    mean = float(hit.mean())
    influence = hit - mean if influence is None else np.array(influence)
    arrays = {"hit": hit, "influence": influence, "prediction": hit, "decision": hit}
    return (mean if score is None else score, arrays)


def accuracy(a, b, groups=None, rows=None, metric: str = "accuracy", up: bool = True, **others):
    n = len(a[1]["hit"])
    groups = np.arange(n) if groups is None else np.array(groups)
    rows = np.arange(n) if rows is None else np.array(rows)
    return duel(metric, up, "v1", groups, rows, a, b, **others)


A, B = entry([1, 1, 1, 1, 1, 0, 0, 1]), entry([1, 1, 0, 0, 0, 0, 0, 1])


def test_three_rows_that_one_alone_has_right() -> None:
    found = accuracy(A, B)
    assert (found.n, found.grouped, found.leads) == (8, False, "a")
    assert found.difference == 0.375
    # Half of the 2^3 ways in which the three rows could have fallen are as extreme: 2 of 8.
    assert (found.p, found.test) == (0.25, MCNEMAR)
    assert found.counts == Counts(both=3, only_a=3, only_b=0, neither=2)
    assert (found.flips_of_b.nfr, found.flips_of_b.pfr) == (0.375, 0.0)
    # 3 / 8 of (1 - 2/8) (5/8) as independent errors would have it
    assert found.flips_of_b.rel_nfr == pytest.approx(0.375 / (0.75 * 0.625))
    assert (found.flips_of_a.nfr, found.flips_of_a.pfr) == (0.0, 0.375)
    assert (found.reason, found.no_flips, found.no_resampling) == ("", "", "")


def test_the_difference_has_the_interval_of_paired_influence_values() -> None:
    found = accuracy(A, B)
    gaps = A[1]["influence"] - B[1]["influence"]
    error = np.sqrt(8 / 7 * np.sum(gaps**2)) / 8
    assert found.standard_error == pytest.approx(error)
    assert (found.low, found.high) == pytest.approx(
        (0.375 - 1.96 * error, 0.375 + 1.96 * error), 1e-3
    )


def test_accuracy_is_tested_again_by_swapping_hits() -> None:
    found = accuracy(A, B)
    gaps = mean_difference(A[1]["hit"].astype(float), B[1]["hit"].astype(float))
    swaps = Swaps(np.arange(8), "v1", "duels", 199)
    assert found.resampling == RANDOMIZATION
    assert found.draws == 199
    assert found.resampled_p == approximate_randomization(gaps, 8, swaps).p
    assert found.resampled_p == pytest.approx(0.25, abs=0.1)


def test_rows_in_groups_are_tested_by_z_and_swapped_as_groups() -> None:
    groups = [0, 0, 1, 1, 2, 2, 3, 3]
    found = accuracy(A, B, groups)
    expected = compare(B[1], A[1], (B[0], A[0]), np.array(groups), np.arange(8)).difference
    assert found.grouped
    assert (found.p, found.test) == (expected.p, Z_TEST)
    assert found.counts.only_a == 3
    gaps = mean_difference(A[1]["hit"].astype(float), B[1]["hit"].astype(float))
    swaps = Swaps(np.array(groups), "v1", "duels", 199)
    assert found.resampled_p == approximate_randomization(gaps, 8, swaps).p


def test_only_the_rows_of_the_part_count() -> None:
    found = accuracy(A, B, rows=[2, 3, 4])
    assert found.counts == Counts(0, 3, 0, 0)
    assert found.n == 3


def test_average_precision_itself_is_resampled_where_the_truth_is_known() -> None:
    draw = np.random.default_rng(0)
    truth = (draw.random(80) < 0.3).astype(np.int32)
    scores = [truth + draw.normal(size=80), truth + 3 * draw.normal(size=80)]
    entries, views = [], []
    for each in scores:
        ranks = np.unique(each, return_inverse=True)[1]
        view = View(2, truth, scores=ranks.astype(float))
        measured = METRICS["average_precision"].forms["matching"].measure(view)
        made = entry(np.full(80, -1), measured.value, measured.influence)
        made[1]["prediction"] = ranks
        entries.append(made)
        views.append(view)
    found = accuracy(*entries, metric="average_precision", truth=truth)
    measure = METRICS["average_precision"].forms["matching"].measure
    resamples = Resamples(np.arange(80), "v1", "duels", truth, 199)
    statistics = [metric_statistic(measure, view) for view in views]
    expected = paired_bootstrap(*statistics, 80, resamples)
    assert found.resampling == BOOTSTRAP
    assert found.resampled_p == expected.p_two_sided
    assert (found.test, found.counts, found.flips_of_b) == (Z_TEST, None, None)
    assert found.no_flips == NO_FLIPS
    without = accuracy(*entries, metric="average_precision")
    assert without.resampled_p == pytest.approx(found.resampled_p, abs=0.1)


def test_a_metric_that_few_resamples_define_has_no_resampled_p_value() -> None:
    groups, truth = [0, 0, 0, 0, 1, 1, 1, 1], np.zeros(8, dtype=np.int32)
    found = accuracy(A, B, groups, metric="average_precision", truth=truth)
    assert (found.resampled_p, found.no_resampling) == (None, TOO_OFTEN)


def test_other_metrics_are_resampled_by_their_influence_values() -> None:
    found = accuracy(A, B, metric="macro_f1")
    assert (found.test, found.resampling) == (Z_TEST, BOOTSTRAP)
    assert 0 < found.resampled_p < 0.3


@pytest.mark.parametrize(("up", "leads"), [(True, "a"), (False, "b")])
def test_who_leads_depends_on_the_metric(up: bool, leads: str) -> None:
    assert accuracy(A, B, up=up).leads == leads
    assert accuracy(B, A, up=up).leads == {"a": "b", "b": "a"}[leads]


def test_two_equal_entries_do_not_differ() -> None:
    found = accuracy(A, A)
    assert (found.leads, found.difference, found.p, found.resampled_p) == ("", 0.0, 1.0, 1.0)
    assert (found.low, found.high) == (0.0, 0.0)


def test_a_metric_without_influence_values_has_no_test_but_flips() -> None:
    nothing = np.full(8, np.nan)
    a, b = entry(A[1]["hit"], influence=nothing), entry(B[1]["hit"], influence=nothing)
    found = accuracy(a, b, metric="pairwise_f1")
    assert (found.difference, found.low, found.high, found.p) == (0.375, None, None, None)
    assert (found.test, found.resampling, found.draws, found.resampled_p) == ("", "", 0, None)
    assert found.reason == "the metric has no closed-form standard error"
    assert found.no_resampling == "the metric has no influence values"
    assert found.counts.only_a == 3


def test_rows_that_all_belong_to_one_group_tell_no_error() -> None:
    found = accuracy(A, B, [4] * 8)
    assert (found.difference, found.low, found.p, found.resampled_p) == (0.375, None, None, None)
    assert found.reason == found.no_resampling == "all rows belong to one group"


def test_an_undefined_score_has_no_difference() -> None:
    found = accuracy((None, A[1]), B, metric="macro_f1")
    assert (found.difference, found.p, found.leads, found.resampled_p) == (None, None, "", None)
    assert found.reason == found.no_resampling == "the metric is undefined"


def test_who_makes_no_decision_has_no_flips() -> None:
    silent = entry([-1] * 8, 0.5, np.linspace(-1, 1, 8))
    found = accuracy(A, silent, metric="average_precision")
    assert (found.counts, found.flips_of_a, found.flips_of_b) == (None, None, None)
    assert found.no_flips == NO_FLIPS
    assert found.p is not None


@pytest.mark.parametrize(
    ("rows", "b", "problem"),
    [([], B, "no rows"), ([0], entry([1, 0]), "differ in their number of rows")],
)
def test_what_does_not_fit_is_refused(rows, b, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        accuracy(A, b, rows=np.array(rows, dtype=np.int64))


@given(st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 1), st.integers(0, 3)), min_size=1))
def test_from_the_other_side_it_is_the_same_duel(rows) -> None:
    hit_a, hit_b, groups = (list(column) for column in zip(*rows, strict=True))
    a, b = entry(hit_a), entry(hit_b)
    assert accuracy(a, b, groups).swapped() == accuracy(b, a, groups)


@pytest.mark.parametrize("b", [B, entry([-1] * 8)])
def test_a_duel_comes_back_from_a_stored_document(b) -> None:
    found = accuracy(A, b)
    assert Duel.of(json.loads(json.dumps(asdict(found)))) == found


def test_a_duel_on_many_rows_takes_seconds(monkeypatch) -> None:
    monkeypatch.undo()
    random = np.random.default_rng(0)
    a, b = (entry(random.random(10_000) < p) for p in (0.8, 0.79))
    started = time.process_time()
    found = accuracy(a, b)
    assert found.draws == 9999
    assert time.process_time() - started < 6
