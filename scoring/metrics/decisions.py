"""Metrics of the decision: one label for each row, counted in a confusion of truth and decision."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scoring.metrics.confusion import Confusion, Counts, Floats
from scoring.metrics.measured import Cells, Measured, View, mean_of, undefined


def accuracy(view: View) -> Measured:
    """The share of rows whose decision is right.

    Formula: (1/n) sum_i 1[decision_i = y_i]
    Source: scikit-learn, accuracy_score
    Edge cases: always defined
    Interval: Wilson; for grouped rows from the influence values summed by group
    """
    confusion = view.confusion
    value = float(confusion.hits.sum() / view.n)
    return Measured(value, "", Cells(confusion, confusion.right - np.float64(value)), view.n)


def macro_f1(view: View) -> Measured:
    """The mean of the F1 of every class that is present in the truth.

    Formula: mean over classes c with a row of 2 TP_c / (2 TP_c + FP_c + FN_c)
    Source: scikit-learn, f1_score(average="macro") with labels = classes of the truth
    Edge cases: a class that is never right counts 0; a class that is only predicted has already
        cost its victims their recall and is not averaged in, where scikit-learn would
    Interval: delta method on the counts; with classes of ten rows or groups it covers about 93 %,
        as the value then tends to be too low
    """
    confusion = view.confusion
    f1, weight = f1_by_class(confusion)
    present = confusion.support > 0
    share = np.where(present, view.n / (present.sum() * weight.clip(min=1)), 0.0)
    share *= _small_sample(weight, 2)
    value = float(f1[present].mean())
    return Measured(value, "", Cells(confusion, _f1_effects(confusion, f1, share)))


def weighted_f1(view: View) -> Measured:
    """The mean of the F1 of every class, weighted by its rows.

    Formula: sum_c (n_c / n) 2 TP_c / (2 TP_c + FP_c + FN_c), n_c rows of class c in the truth
    Source: scikit-learn, f1_score(average="weighted")
    Edge cases: always defined; a class that is never right counts 0
    Interval: delta method on the counts, also those of the weights
    """
    confusion = view.confusion
    f1, weight = f1_by_class(confusion)
    value = float(f1 @ confusion.support / view.n)
    effects = _f1_effects(confusion, f1, confusion.support / weight.clip(min=1))
    return Measured(value, "", Cells(confusion, effects + f1[confusion.truth] - value))


def f1_by_class(confusion: Confusion) -> tuple[Floats, Floats]:
    """F1 of each class, 0 if never right, and its denominator 2TP + FP + FN, both (K,)."""
    weight = (confusion.support + confusion.claims).astype(np.float64)
    return 2 * confusion.hits / weight.clip(min=1), weight


def _f1_effects(confusion: Confusion, f1: Floats, share: Floats) -> Floats:
    """By cell, how a row moves the sum over classes of share * denominator/n * F1.

    With F = sum(a) / sum(b), a row moves F by (a - F b) / mean(b); only the classes of its truth
    and of its decision have a nonzero a or b.
    """
    truth, decided, right = confusion.truth, confusion.decided, confusion.right
    own: Floats = share[truth] * (2 * right - f1[truth] * (1 + right))
    return own - ~right * share[decided] * f1[decided]


def balanced_accuracy(view: View) -> Measured:
    """The mean recall of the classes that are present in the truth.

    Formula: mean over classes c with a row of TP_c / n_c
    Source: scikit-learn, balanced_accuracy_score
    Edge cases: always defined
    Interval: delta method on the counts
    """
    confusion = view.confusion
    support, truth = confusion.support, confusion.truth
    present = support > 0
    recall = confusion.hits / support.clip(min=1)
    share = view.n / (present.sum() * support.clip(min=1)) * _small_sample(support, 1)
    effects = share[truth] * (confusion.right - recall[truth])
    return Measured(float(recall[present].mean()), "", Cells(confusion, effects))


def _small_sample(counts: Floats | Counts, lost: int) -> Floats:
    """The factor by which the influence of a class with these counts (K,) is too small.

    The root of c / (c - lost), as a variance is divided by n - 1 rather than n.
    """
    safe = np.maximum(counts, 2 * lost)
    factors: Floats = np.sqrt(safe / (safe - lost))
    return factors


def mcc(view: View) -> Measured:
    """The correlation of truth and decisions, for any number of classes.

    Formula: (n c - sum_k t_k p_k) / sqrt((n^2 - sum_k p_k^2) (n^2 - sum_k t_k^2)), with c right
        rows, t_k rows of class k in the truth and p_k among the decisions
    Source: Matthews 1975; Gorodkin 2004; scikit-learn, matthews_corrcoef
    Edge cases: undefined if the truth or the decisions have one class only; scikit-learn gives 0
    Interval: delta method on the counts, on the logit scale of [-1, 1]
    """
    confusion = view.confusion
    if min(np.count_nonzero(confusion.support), np.count_nonzero(confusion.claims)) < 2:
        return undefined("the truth or the decisions have one class only")
    truth, claimed = confusion.support / view.n, confusion.claims / view.n
    agreement = float(confusion.hits.sum() / view.n)
    chance = float(truth @ claimed)
    spread_truth, spread_claimed = 1 - float(truth @ truth), 1 - float(claimed @ claimed)
    scale = float(np.sqrt(spread_truth * spread_claimed))
    value = (agreement - chance) / scale
    d_top = confusion.right - agreement - _chance_effects(confusion, truth, claimed)
    d_truth = -2 * (truth[confusion.truth] - truth @ truth)
    d_claimed = -2 * (claimed[confusion.decided] - claimed @ claimed)
    slope = d_truth / spread_truth + d_claimed / spread_claimed
    return Measured(value, "", Cells(confusion, d_top / scale - value / 2 * slope))


def cohen_kappa(view: View) -> Measured:
    """The agreement of truth and decisions beyond chance agreement given their class shares.

    Formula: (p_o - p_e) / (1 - p_e), p_o = (1/n) sum_k TP_k, p_e = sum_k (t_k / n) (p_k / n), with
        t_k rows of class k in the truth and p_k among the decisions
    Source: Cohen 1960; scikit-learn, cohen_kappa_score; variance Fleiss, Cohen and Everitt 1969
    Edge cases: undefined if all rows have one class and all decisions are that class
    Interval: delta method on the counts, on the logit scale of [-1, 1]
    """
    confusion = view.confusion
    if confusion.support.max() == view.n == confusion.hits.sum():
        return undefined("the truth and the decisions have one and the same class only")
    truth, claimed = confusion.support / view.n, confusion.claims / view.n
    agreement, chance = float(confusion.hits.sum() / view.n), float(truth @ claimed)
    value = (agreement - chance) / (1 - chance)
    d_chance = _chance_effects(confusion, truth, claimed)
    effects = (confusion.right - agreement - (1 - value) * d_chance) / (1 - chance)
    return Measured(value, "", Cells(confusion, effects))


def _chance_effects(confusion: Confusion, truth: Floats, claimed: Floats) -> Floats:
    """By cell, how a row moves the agreement by chance of these class shares (K,)."""
    effects: Floats = truth[confusion.decided] + claimed[confusion.truth] - 2 * (truth @ claimed)
    return effects


def top_k(k: int) -> Callable[[View], Measured]:
    """The metric "the true class is among the k most probable"."""

    def top(view: View) -> Measured:
        """The share of rows whose true class is among the k most probable, in expectation.

        Formula: mean of 0 if g >= k, 1 if g + e <= k, else (k - g) / e, where a row has g classes
            more probable than the true one and e as probable, itself included
        Source: scikit-learn, top_k_accuracy_score, where no probabilities are tied
        Edge cases: ties count with their chance under random order; scikit-learn gives them to
            the class with the larger index, so that a constant submission scores the last k classes
        Interval: Wilson; with ties or grouped rows from the influence values
        """
        above, level = view.place_of_truth
        credit = np.clip((k - above) / level, 0.0, 1.0)
        return mean_of(credit, zero_one=bool(np.isin(credit, (0.0, 1.0)).all()))

    return top


def precision(view: View) -> Measured:
    """The share of claimed matches that are matches, at the submission's own decision.

    Formula: TP / (TP + FP)
    Source: scikit-learn, precision_score
    Edge cases: undefined if no match is claimed; scikit-learn gives 0
    Interval: Wilson over the claimed matches; for grouped rows from the influence values
    """
    return _ratio(view.confusion, (0, 0, 0, 1), (0, 1, 0, 1), "no match is claimed")


def recall(view: View) -> Measured:
    """The share of matches that are claimed, at the submission's own decision.

    Formula: TP / (TP + FN)
    Source: scikit-learn, recall_score
    Edge cases: undefined if no row is positive; scikit-learn gives 0
    Interval: Wilson over the matches; for grouped rows from the influence values
    """
    return _ratio(view.confusion, (0, 0, 0, 1), (0, 0, 1, 1), "no row is positive")


def f1(view: View) -> Measured:
    """The harmonic mean of precision and recall, at the submission's own decision.

    Formula: 2 TP / (2 TP + FP + FN)
    Source: scikit-learn, f1_score
    Edge cases: undefined if no row is positive and no match is claimed; 0 if only wrong matches are
    Interval: delta method on the counts
    """
    reason = "no row is positive and no match is claimed"
    measured = _ratio(view.confusion, (0, 0, 0, 2), (0, 1, 1, 2), reason)
    informative = view.n - int(view.confusion.sizes[0])
    return Measured(measured.value, measured.reason, measured.effects, units=informative)


def _ratio(
    confusion: Confusion, part: tuple[int, ...], whole: tuple[int, ...], reason: str
) -> Measured:
    """The sum of `part` over that of `whole`, given for TN, FP, FN and TP."""
    trials = int(confusion.sizes @ np.array(whole))
    if not trials:
        return undefined(reason)
    value = float(confusion.sizes @ np.array(part) / trials)
    effects = (np.array(part) - value * np.array(whole)) * (confusion.n / trials)
    return Measured(value, "", Cells(confusion, effects), trials)
