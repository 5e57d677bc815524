"""Metrics of the decision: one label for each row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from scoring.metrics.measured import Codes, Floats, Measured, View, mean_of, undefined

Mask = npt.NDArray[np.bool_]


def hit(view: View) -> Floats:
    """1 where the decision is right, else 0, shape (n,)."""
    right: Floats = (view.decided == view.truth).astype(np.float64)
    return right


def accuracy(view: View) -> Measured:
    """The share of rows whose decision equals the truth."""
    return mean_of(hit(view), zero_one=True)


def macro_f1(view: View) -> Measured:
    """Mean F1 over the classes present in the truth; a class that is never right counts 0.

    scikit-learn averages over truth and predictions together; a class that is only predicted
    has already cost its victims their recall, so it is not averaged in.
    """
    truth, decided = view.truth, view.decided
    f1, weight = f1_by_class(truth, decided, view.classes)
    present = np.bincount(truth, minlength=view.classes) > 0
    classes = int(present.sum())
    # With F = sum(a) / sum(b), a row moves F by (a - F b) / mean(b); only the classes of its
    # truth and of its decision have a nonzero a or b.
    share = np.where(present, view.n / (classes * weight.clip(min=1)), 0.0)
    right = hit(view)
    own = share[truth] * (2 * right - f1[truth] * (1 + right))
    influence = own - (1 - right) * share[decided] * f1[decided]
    return Measured(float(f1[present].mean()), "", influence)


def f1_by_class(truth: Codes, decided: Codes, classes: int) -> tuple[Floats, Floats]:
    """F1 of each class, 0 if never right, and its denominator 2TP + FP + FN, both (K,)."""
    right = np.bincount(truth[truth == decided], minlength=classes)
    weight = np.bincount(truth, minlength=classes) + np.bincount(decided, minlength=classes)
    return 2 * right / weight.clip(min=1), weight.astype(np.float64)


def balanced_accuracy(view: View) -> Measured:
    """Mean recall over the classes present in the truth."""
    counts = np.bincount(view.truth, minlength=view.classes)
    right = np.bincount(view.truth[view.truth == view.decided], minlength=view.classes)
    present = counts > 0
    recall = right / counts.clip(min=1)
    share = view.n / (present.sum() * counts.clip(min=1))
    influence = share[view.truth] * (hit(view) - recall[view.truth])
    return Measured(float(recall[present].mean()), "", influence)


def mcc(view: View) -> Measured:
    """Matthews' correlation for K classes (Gorodkin 2004), as in scikit-learn; 0/0 undefined."""
    truth = np.bincount(view.truth, minlength=view.classes) / view.n
    claimed = np.bincount(view.decided, minlength=view.classes) / view.n
    right = hit(view)
    agreement = float(right.mean())
    chance = float(truth @ claimed)
    spread_truth, spread_claimed = 1 - float(truth @ truth), 1 - float(claimed @ claimed)
    scale = float(np.sqrt(spread_truth * spread_claimed))
    if min(np.count_nonzero(truth), np.count_nonzero(claimed)) < 2:
        return undefined("the truth or the decisions have one class only")
    value = (agreement - chance) / scale
    d_top = right - agreement - (truth[view.decided] + claimed[view.truth] - 2 * chance)
    d_truth = -2 * (truth[view.truth] - truth @ truth)
    d_claimed = -2 * (claimed[view.decided] - claimed @ claimed)
    slope = d_truth / spread_truth + d_claimed / spread_claimed
    return Measured(value, "", d_top / scale - value / 2 * slope)


def top_k(k: int) -> Callable[[View], Measured]:
    """The metric "the true class is among the k most probable"."""

    def top(view: View) -> Measured:
        """The share of rows whose true class is among the k most probable, in expectation.

        Credit of a row with g classes above and e classes at p_y: 0 if g >= k, 1 if g + e <= k,
        else (k - g) / e, the chance under random ties. scikit-learn gives ties to the class with
        the larger index.
        """
        of_truth = np.take_along_axis(view.chances, view.truth[:, None], axis=1)
        above = (view.chances > of_truth).sum(axis=1)
        level = (view.chances == of_truth).sum(axis=1)
        credit = np.clip((k - above) / level, 0.0, 1.0)
        return mean_of(credit, zero_one=bool(np.isin(credit, (0.0, 1.0)).all()))

    return top


def precision(view: View) -> Measured:
    """Matching: TP / (TP + FP) at the submission's decision; undefined if no match is claimed."""
    claimed = view.decided == 1
    return _ratio(claimed & view.positive, claimed, "no match is claimed")


def recall(view: View) -> Measured:
    """Matching: TP / (TP + FN) at the submission's decision; undefined without a positive."""
    return _ratio((view.decided == 1) & view.positive, view.positive, "no row is positive")


def _ratio(part: Mask, whole: Mask, reason: str) -> Measured:
    """The share of `part` in `whole`, of which it is a subset."""
    trials = int(whole.sum())
    if not trials:
        return undefined(reason)
    value = float(part.sum() / trials)
    influence = (part - value * whole) * (len(whole) / trials)
    return Measured(value, "", influence, trials)


def f1(view: View) -> Measured:
    """Matching: 2TP / (2TP + FP + FN) at the submission's decision; 0/0 undefined."""
    claimed = view.decided == 1
    doubled = 2.0 * (claimed & view.positive)
    weight = claimed.astype(np.float64) + view.positive
    total = float(weight.sum())
    if not total:
        return undefined("no row is positive and no match is claimed")
    value = float(doubled.sum() / total)
    influence = (doubled - value * weight) * (view.n / total)
    return Measured(value, "", influence, units=int((weight > 0).sum()))
