"""Metrics of the order of scores: no threshold is chosen by the submission."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from scoring.metrics.measured import Curve, Floats, Measured, View, undefined

NO_POSITIVE = "no row is positive"
ONE_CLASS = "the rows have one class only"
PRECISION_SLACK = 1e-12


def average_precision(view: View) -> Measured:
    """AP = sum over distinct thresholds, descending, of (R_n - R_(n-1)) P_n.

    Equal to scikit-learn's average_precision_score, except undefined without a positive.
    Influence of a row (y, s), with P, N, T precision, accepted and hits as functions of s and
    d the positives at a threshold: (y (P(s) - AP + A(s)) - B(s)) / prevalence, where A and B sum
    d/N and dT/N^2 over the thresholds at or below s (delta method on T/N).
    """
    curve = view.curve
    if not curve.positives:
        return undefined(NO_POSITIVE)
    precision = curve.hits / curve.accepted
    gained = np.diff(curve.hits, prepend=0)
    value = float(np.sum(gained * precision) / curve.positives)
    at_or_below = _sum_from_end(gained / curve.accepted)
    weighted = _sum_from_end(gained * precision / curve.accepted)
    for_positive = (precision - value + at_or_below)[curve.place]
    influence = np.where(view.positive, for_positive, 0.0) - weighted[curve.place]
    return Measured(value, "", influence * (view.n / curve.positives), units=curve.positives)


def _sum_from_end(values: Floats) -> Floats:
    total: Floats = np.cumsum(values[::-1])[::-1]
    return total


def roc_auc(view: View) -> Measured:
    """The share of (positive, negative) pairs in the right order; a tie counts one half.

    Mann-Whitney U, equal to scikit-learn's roc_auc_score; undefined where one class is missing.
    Influence: the placement values of DeLong et al. 1988.
    """
    return auc(view.curve, view.positive)


def auc(curve: Curve, positive: npt.NDArray[np.bool_]) -> Measured:
    """ROC AUC of a curve whose positive rows are given (n,)."""
    positives, negatives = curve.positives, curve.negatives
    if not positives or not negatives:
        return undefined(ONE_CLASS)
    hits = np.diff(curve.hits, prepend=0)
    false = np.diff(curve.accepted, prepend=0) - hits
    # Twice the negatives below, ties once: whole numbers, so that the sum is exact.
    below = 2 * (negatives - np.cumsum(false)) + false
    above = 2 * np.cumsum(hits) - hits
    value = float(np.sum(hits * below) / (2 * positives * negatives))
    n = positives + negatives
    for_positive = (below / (2 * negatives) - value) * (n / positives)
    for_negative = (above / (2 * positives) - value) * (n / negatives)
    influence = np.where(positive, for_positive[curve.place], for_negative[curve.place])
    return Measured(value, "", influence, units=min(positives, negatives))


def roc_auc_ovr(view: View) -> Measured:
    """Mean of the one-against-rest ROC AUC over classes that have both outcomes in the truth.

    Undefined if there is no such class; scikit-learn gives nan as soon as one class is missing.
    """
    each = one_vs_rest(view)
    if not each:
        return undefined(ONE_CLASS)
    values = [measured.value for measured, _ in each if measured.value is not None]
    influence = sum((m.influence for m, _ in each if m.influence is not None), np.zeros(view.n))
    return Measured(float(np.mean(values)), "", influence / len(each))


def one_vs_rest(view: View) -> list[tuple[Measured, int]]:
    """ROC AUC and number of positives of each class that has both outcomes in the truth."""
    counts = np.bincount(view.truth, minlength=view.classes)
    usable = np.flatnonzero((counts > 0) & (counts < view.n))
    each = []
    for code in usable:
        positive = view.truth == code
        curve = Curve.of(positive, view.chances[:, code])
        each.append((auc(curve, positive), int(counts[code])))
    return each


def recall_at(precision: float) -> Callable[[View], Measured]:
    """The metric "recall at this precision"."""

    def recall(view: View) -> Measured:
        """The largest recall over distinct thresholds whose precision is at least the given one.

        0 if none reaches it. Agrees with scikit-learn's precision_recall_curve. No closed-form
        interval: the threshold is chosen on the same rows and the value jumps with the choice.
        """
        if not view.curve.positives:
            return undefined(NO_POSITIVE)
        return Measured(recall_at_precision(view.curve, precision)[0])

    return recall


def largest_f1(view: View) -> Measured:
    """The largest F1 over all thresholds: a diagnostic, as the truth chooses the threshold."""
    if not view.curve.positives:
        return undefined(NO_POSITIVE)
    return Measured(best_f1(view.curve)[0])


def recall_at_precision(curve: Curve, precision: float) -> tuple[float, float | None]:
    """The largest recall over distinct thresholds with this precision, and its threshold.

    (0, None) if none reaches it; the highest threshold among equals. Needs a positive.
    """
    enough = curve.hits / curve.accepted >= precision - PRECISION_SLACK
    if not enough.any():
        return 0.0, None
    best = int(np.argmax(np.where(enough, curve.hits, -1)))
    return float(curve.hits[best] / curve.positives), float(curve.thresholds[best])


def best_f1(curve: Curve) -> tuple[float, float]:
    """The largest F1 over distinct thresholds and the highest threshold that reaches it."""
    values = 2 * curve.hits / (curve.accepted + curve.positives)
    best = int(np.argmax(values))
    return float(values[best]), float(curve.thresholds[best])
