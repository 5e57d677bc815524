"""Metrics of the order of scores: no threshold is chosen by the submission."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scoring.metrics.confusion import Floats
from scoring.metrics.curve import Curve, Cut
from scoring.metrics.measured import Cells, Measured, View, undefined
from scoring.metrics.thresholds import Band

NO_POSITIVE = "no row is positive"
ONE_CLASS = "the rows have one class only"


def average_precision(view: View) -> Measured:
    """The area under the precision-recall curve as a step function.

    Formula: AP = sum_n (R_n - R_(n-1)) P_n over distinct thresholds, descending
    Source: scikit-learn, average_precision_score; influence by the delta method on T/N
    Edge cases: undefined without a positive, where scikit-learn gives 0; tied scores are one
        threshold, so a constant score has the share of positives
    Interval: delta method, on the logit scale

    The influence of a row (y, s), with P, N, T precision, accepted and hits as functions of s and
    d the positives at a threshold, is (y (P(s) - AP + A(s)) - B(s)) / prevalence, where A and B
    sum d/N and dT/N^2 over the thresholds at or below s.
    """
    curve = view.curve
    if not curve.positives:
        return undefined(NO_POSITIVE)
    precision = curve.precision
    value = float(np.sum(curve.gained * precision) / curve.positives)
    at_or_below = _sum_from_end(curve.gained / curve.accepted)
    weighted = _sum_from_end(curve.gained * precision / curve.accepted)
    table = np.concatenate((-weighted, precision - value + at_or_below - weighted))
    effects = Cells(curve, table * (view.n / curve.positives))
    return Measured(value, "", effects, units=curve.positives)


def _sum_from_end(values: Floats) -> Floats:
    total: Floats = np.cumsum(values[::-1])[::-1]
    return total


def roc_auc(view: View) -> Measured:
    """The chance that a random positive scores above a random negative; a tie counts one half.

    Formula: (#{s+ > s-} + #{s+ = s-} / 2) / (n+ n-)
    Source: scikit-learn, roc_auc_score; influence: placement values of DeLong et al. 1988
    Edge cases: undefined if one class is missing
    Interval: delta method, on the logit scale
    """
    curve = view.curve
    if not curve.positives or not curve.negatives:
        return undefined(ONE_CLASS)
    value, table = curve.auc()
    return Measured(value, "", Cells(curve, table), units=min(curve.positives, curve.negatives))


def roc_auc_ovr(view: View) -> Measured:
    """The mean over classes of the ROC AUC of one class against all others.

    Formula: mean of AUC(p_c; y = c) over classes c that have a row and lack one
    Source: scikit-learn, roc_auc_score(multi_class="ovr"), which gives nan if a class is missing
    Edge cases: undefined if the truth has one class only
    Interval: delta method (sum of DeLong's placement values), on the logit scale
    """
    each = view.one_vs_rest
    if not len(each.values):
        return undefined(ONE_CLASS)
    return Measured(float(each.values.mean()), "", each.plain, units=each.units)


def roc_auc_ovr_weighted(view: View) -> Measured:
    """The mean over classes of the ROC AUC of one class against all others, weighted by rows.

    Formula: sum of (n_c / n) AUC(p_c; y = c) over classes c that have a row and lack one
    Source: scikit-learn, roc_auc_score(multi_class="ovr", average="weighted")
    Edge cases: undefined if the truth has one class only
    Interval: delta method, also of the weights, on the logit scale
    """
    each = view.one_vs_rest
    if not len(each.values):
        return undefined(ONE_CLASS)
    value = float(np.average(each.values, weights=each.counts))
    return Measured(value, "", each.weighted, units=each.units)


def recall_at(precision: float) -> Callable[[View], Measured]:
    """The metric "recall at this precision"."""

    def recall(view: View) -> Measured:
        """The largest share of matches found at a threshold with the required precision.

        Formula: max over distinct thresholds t with P(t) >= p - 1e-12 of R(t)
        Source: scikit-learn, precision_recall_curve
        Edge cases: 0 if no threshold reaches the precision; undefined without a positive
        Interval: the thresholds whose precision does not differ from p by a score test, widened by
            the noise of the recall at a fixed threshold; longer than necessary if few rows are
            accepted
        """
        if not view.curve.positives:
            return undefined(NO_POSITIVE)
        band = Band.of(view.curve, precision)
        units = view.curve.positives
        return Measured(band.value, "", band.effects, units=units, ends=band.interval)

    return recall


def largest_f1(view: View) -> Measured:
    """The largest F1 over all thresholds: a diagnostic, as the truth chooses the threshold.

    Formula: max over distinct thresholds t of 2 TP(t) / (2 TP(t) + FP(t) + FN(t))
    Source: scikit-learn, precision_recall_curve
    Edge cases: undefined without a positive
    Interval: that of F1 at the best threshold, whose choice has no first-order effect as the slope
        of F1 vanishes there (envelope theorem)
    """
    curve = view.curve
    if not curve.positives:
        return undefined(NO_POSITIVE)
    cut = Cut(curve, _best(curve))
    weight, doubled = np.array([0, 1, 1, 2]), np.array([0, 0, 0, 2])
    total = int(cut.sizes @ weight)
    value = float(cut.sizes @ doubled / total)
    effects = Cells(cut, (doubled - value * weight) * (curve.n / total))
    return Measured(value, "", effects, units=curve.positives)


def recall_at_precision(curve: Curve, precision: float) -> tuple[float, float | None]:
    """The largest recall over distinct thresholds with this precision, and its threshold.

    (0, None) if none reaches it; the highest threshold among equals. Needs a positive.
    """
    band = Band.of(curve, precision)
    return band.value, None if band.best is None else float(curve.thresholds[band.best])


def best_f1(curve: Curve) -> tuple[float, float]:
    """The largest F1 over distinct thresholds and the highest threshold that reaches it."""
    best = _best(curve)
    value = 2 * curve.hits[best] / (curve.accepted[best] + curve.positives)
    return float(value), float(curve.thresholds[best])


def _best(curve: Curve) -> int:
    return int(np.argmax(curve.hits / (curve.accepted + curve.positives)))
