"""The metrics against scikit-learn where both agree, and our own rules where they do not."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics as sk

from scoring import METRICS, metrics_of
from scoring.metrics import View, calibration, decisions, ranking
from scoring.metrics.documentation import Words
from tests.scoring.simulated import CLASSES, choices, pairs

Array = npt.NDArray[Any]


def same(found: float | None, expected: float) -> bool:
    return found is not None and math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)


@given(pairs())
def test_ranking_metrics_equal_scikit_learn(view: View) -> None:
    truth, scores = view.truth, view.scored
    ap = sk.average_precision_score(truth, scores)
    assert same(ranking.average_precision(view).value, ap)
    assert same(ranking.roc_auc(view).value, sk.roc_auc_score(truth, scores))
    precision, recall, _ = sk.precision_recall_curve(truth, scores)
    for wanted in (0.5, 0.9, 1.0):
        expected = recall[:-1][precision[:-1] >= wanted - 1e-12].max(initial=0)
        assert same(ranking.recall_at_precision(view.curve, wanted)[0], expected)


@given(pairs())
def test_matching_decisions_and_probabilities_equal_scikit_learn(view: View) -> None:
    truth, claimed = view.truth, view.decided
    assert same(decisions.f1(view).value, sk.f1_score(truth, claimed))
    assert same(decisions.recall(view).value, sk.recall_score(truth, claimed))
    if claimed.any():
        assert same(decisions.precision(view).value, sk.precision_score(truth, claimed))
    assert same(calibration.brier_binary(view).value, sk.brier_score_loss(truth, view.scored))
    assert same(calibration.log_loss_binary(view).value, sk.log_loss(truth, view.scored))
    clipped = sk.log_loss(truth, np.clip(view.scored, 1e-3, 1 - 1e-3))
    assert same(calibration.log_loss_clipped_binary(view).value, clipped)


@given(choices())
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.filterwarnings("ignore:A single label was found")
def test_classification_metrics_equal_scikit_learn(view: View) -> None:
    truth, decided, chances = view.truth, view.decided, view.chances
    labels = np.arange(CLASSES)
    assert same(decisions.accuracy(view).value, sk.accuracy_score(truth, decided))
    assert same(decisions.balanced_accuracy(view).value, sk.balanced_accuracy_score(truth, decided))
    present = np.unique(truth)
    macro = sk.f1_score(truth, decided, labels=present, average="macro", zero_division=0)
    assert same(decisions.macro_f1(view).value, macro)
    weighted = sk.f1_score(truth, decided, average="weighted", zero_division=0)
    assert same(decisions.weighted_f1(view).value, weighted)
    if len(np.union1d(truth, decided)) > 1:
        assert same(decisions.cohen_kappa(view).value, sk.cohen_kappa_score(truth, decided))
    else:
        assert decisions.cohen_kappa(view).value is None
    if len(present) > 1 and len(np.unique(decided)) > 1:
        assert same(decisions.mcc(view).value, sk.matthews_corrcoef(truth, decided))
    else:
        assert decisions.mcc(view).value is None
    assert same(calibration.log_loss(view).value, sk.log_loss(truth, chances, labels=labels))
    brier = sk.brier_score_loss(truth, chances, labels=labels, scale_by_half=False)
    assert same(calibration.brier(view).value, brier)
    given = np.clip(chances[np.arange(view.n), truth], 1e-3, 1 - 1e-3)
    assert same(calibration.log_loss_clipped(view).value, -np.log(given).mean())


@given(choices())
def test_one_against_rest_equals_scikit_learn_where_all_classes_are_there(view: View) -> None:
    assume(len(np.unique(view.truth)) == CLASSES)
    for average, metric in (
        ("macro", ranking.roc_auc_ovr),
        ("weighted", ranking.roc_auc_ovr_weighted),
    ):
        expected = sk.roc_auc_score(
            view.truth, view.chances, multi_class="ovr", average=average, labels=range(CLASSES)
        )
        assert same(metric(view).value, expected)


def test_one_against_rest_leaves_out_classes_that_are_missing() -> None:
    chances = np.array([[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.7, 0.2, 0.1]])
    view = View(3, np.array([0, 1, 0], np.int32), None, chances)
    assert view.one_vs_rest.counts.tolist() == [2, 1]
    assert ranking.roc_auc_ovr(view).value == 1
    alone = View(3, np.zeros(3, np.int32), None, chances)
    for metric in (ranking.roc_auc_ovr, ranking.roc_auc_ovr_weighted):
        assert metric(alone).value is None


@given(st.integers(0, 2**32 - 1), st.integers(1, CLASSES - 1))
def test_top_k_equals_scikit_learn_without_ties(seed: int, k: int) -> None:
    random = np.random.default_rng(seed)
    chances = random.dirichlet(np.ones(CLASSES), 30)
    truth = random.integers(0, CLASSES, 30).astype(np.int32)
    expected = sk.top_k_accuracy_score(truth, chances, k=k, labels=range(CLASSES))
    assert same(decisions.top_k(k)(View(CLASSES, truth, None, chances)).value, expected)


@given(st.integers(0, 2**32 - 1))
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.filterwarnings("ignore:The number of unique classes is greater than 50")
def test_ten_thousand_classes_are_counted_where_rows_are(seed: int) -> None:
    random = np.random.default_rng(seed)
    classes, n = 10_000, 300
    truth = random.choice([3, 7, 9_999, 123, 5_000], n).astype(np.int32)
    decided = np.where(random.random(n) < 0.5, truth, random.integers(0, classes, n))
    view = View(classes, truth, decided.astype(np.int32))
    assert len(view.confusion.sizes) <= n
    assert same(decisions.accuracy(view).value, sk.accuracy_score(truth, decided))
    assert same(decisions.balanced_accuracy(view).value, sk.balanced_accuracy_score(truth, decided))
    present = np.unique(truth)
    macro = sk.f1_score(truth, decided, labels=present, average="macro", zero_division=0)
    assert same(decisions.macro_f1(view).value, macro)
    assert same(decisions.mcc(view).value, sk.matthews_corrcoef(truth, decided))
    assert same(decisions.cohen_kappa(view).value, sk.cohen_kappa_score(truth, decided))
    hit = decisions.accuracy(view)
    assert hit.influence == pytest.approx((truth == decided) - hit.value)


@given(choices(), st.integers(1, CLASSES))
def test_top_k_is_the_expectation_over_random_ties(view: View, k: int) -> None:
    noise = np.random.default_rng(0).random((400, *view.chances.shape)) * 1e-9
    ranked = np.argsort(-(view.chances + noise), axis=2)[:, :, :k]
    expected = (ranked == view.truth[None, :, None]).any(axis=2).mean()
    found = decisions.top_k(k)(view).value
    assert found is not None
    assert abs(found - expected) < 0.2


@given(pairs(outcomes=1), st.randoms(use_true_random=False))
def test_row_order_changes_nothing(view: View, random: Any) -> None:
    order = list(range(view.n))
    random.shuffle(order)
    for form in metrics_of("matching").values():
        first, second = form.measure(view), form.measure(view.only(np.array(order)))
        if first.value is None:
            assert second.value is None
            continue
        assert same(second.value, first.value)
        assert first.influence is not None
        assert second.influence == pytest.approx(first.influence[order], abs=1e-9)


@given(st.one_of(pairs(outcomes=1), choices()))
def test_values_lie_in_the_declared_range_and_influence_sums_to_zero(view: View) -> None:
    for form in metrics_of("matching" if view.scores is not None else "classification").values():
        measured = form.measure(view)
        if measured.value is None:
            assert measured.reason
            continue
        assert form.range[0] - 1e-12 <= measured.value <= form.range[1] + 1e-12
        assert measured.influence is not None
        assert measured.influence.shape == (view.n,)
        assert abs(measured.influence.sum()) < 1e-6 * max(1, np.abs(measured.influence).max())


def no_positive() -> View:
    return View(2, np.zeros(3, np.int32), np.zeros(3, np.int32), None, np.full(3, 0.1), True)


@pytest.mark.parametrize(
    "name", ["average_precision", "roc_auc", "recall_at_precision_90", "best_f1", "f1", "recall"]
)
def test_what_needs_a_positive_is_undefined_without_one(name: str) -> None:
    measured = METRICS[name].forms["matching"].measure(no_positive())
    assert measured.value is None
    assert measured.reason


def test_f1_is_zero_if_only_wrong_matches_are_claimed() -> None:
    view = View(2, np.zeros(2, np.int32), np.ones(2, np.int32))
    assert decisions.f1(view).value == 0


def test_equal_scores_have_the_prevalence_as_average_precision() -> None:
    view = View(2, np.array([1, 0, 0, 0], np.int32), scores=np.full(4, 0.3))
    assert ranking.average_precision(view).value == 0.25
    assert ranking.roc_auc(view).value == 0.5


def test_labels_alone_give_what_labels_allow_and_null_with_a_reason_for_the_rest() -> None:
    view = View(3, np.array([0, 1, 2], np.int32), np.array([0, 1, 1], np.int32))
    values = {name: form.measure(view) for name, form in metrics_of("classification").items()}
    defined = {name for name, measured in values.items() if measured.value is not None}
    assert defined == {
        "accuracy",
        "macro_f1",
        "weighted_f1",
        "balanced_accuracy",
        "mcc",
        "cohen_kappa",
    }
    assert all("labels only" in values[name].reason for name in values.keys() - defined)


def test_scores_outside_the_unit_interval_have_no_calibration_and_no_decision() -> None:
    view = View(2, np.array([0, 1], np.int32), scores=np.array([-3.0, 5.0]))
    values = {name: form.measure(view) for name, form in metrics_of("matching").items()}
    undefined = {name for name, measured in values.items() if measured.value is None}
    unavailable = {"precision", "recall", "f1", "log_loss", "log_loss_clipped", "brier", "ece"}
    assert undefined >= unavailable | {"mce"}
    assert not undefined & {"average_precision", "roc_auc", "best_f1", "recall_at_precision_90"}
    assert values["f1"].reason == "not available: add a prediction column"


def test_an_empty_part_has_no_scores() -> None:
    view = View(2, np.array([], np.int32), scores=np.array([]))
    for form in metrics_of("matching").values():
        assert form.measure(view).reason == "the part has no rows"


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_described(name: str) -> None:
    metric = METRICS[name]
    assert metric.name == name
    assert metric.title
    assert metric.kinds
    for form in metric.forms.values():
        for words in asdict(form.words).values():
            assert words
            assert not set("\n`") & set(words)
        assert form.words.summary.endswith(".")
        assert form.words.summary.count(". ") == 0
        assert form.range[0] < form.range[1]


def test_a_metric_without_a_source_is_refused() -> None:
    def lacking() -> None:
        """Something.

        Formula: 1
        Edge cases: none
        Interval: none
        """

    with pytest.raises(ValueError, match="lacking has no line 'Source'"):
        Words.of(lacking)


def test_long_words_go_on_in_indented_lines() -> None:
    def described() -> None:
        """Something that
        goes on.

        Formula: 1
            + 1: two
        Source: here
        Edge cases: none
        Interval: none

        For programmers: nothing.
        """

    words = Words.of(described)
    assert words == Words("Something that goes on.", "1 + 1: two", "here", "none", "none")
