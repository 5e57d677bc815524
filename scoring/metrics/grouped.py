"""Metrics of pairs taken together: clusters of records, and consistency across their groups."""

from __future__ import annotations

from scoring.metrics.confusion import Codes, Floats
from scoring.metrics.measured import Measured, View, undefined


def pairwise_f1(view: View) -> Measured:
    """F1 over all pairs of records, after transitive matches are added.

    Formula: 2TP / (2TP + FP + FN) over unordered pairs of records: together in both clusterings,
        in the claimed one only, in the true one only
    Source: scikit-learn, pair_confusion_matrix, halved
    Edge cases: 1 where no two records belong together and none are claimed to; one false pair
        merges two whole clusters, which F1 before closure does not show
    Interval: delta method over records, summed over true and claimed clusters joined
    """
    scores, units = view.clusters
    return _of_records(scores.pairwise_f1, scores.pairwise_influence, units)


def bcubed_f1(view: View) -> Measured:
    """How pure and how complete clusters are, averaged over records.

    Formula: 2PR / (P + R), P = mean of |C(i) & L(i)| / |C(i)|, R = mean of |C(i) & L(i)| / |L(i)|
        with C(i) the claimed and L(i) the true cluster of record i
    Source: Bagga and Baldwin 1998; Amigo et al. 2009
    Edge cases: always defined
    Interval: delta method over records, summed over true and claimed clusters joined
    """
    scores, units = view.clusters
    return _of_records(scores.bcubed_f1, scores.bcubed_influence, units)


def _of_records(value: float, influence: Floats, units: Codes) -> Measured:
    return Measured(value, "", influence, groups=units)


def opis(view: View) -> Measured:
    """How far apart the best thresholds of the groups are: one threshold does not suit all of them.

    Formula: mean over groups and thresholds of (U_i - mean over groups)^2, with
        U = 2 specificity sensitivity / (specificity + sensitivity) of a group at a threshold, over
        the thresholds where 10 % to 1 % of all negatives are accepted
    Source: Zhang et al. 2024 (ICLR), operating-point-inconsistency score; the grid of 101
        thresholds is a rule of this project
    Edge cases: undefined with fewer than two groups that have positives and negatives; a useless
        model has 0, so read it next to average precision, never instead of it
    Interval: delta method with the range of thresholds treated as fixed
    """
    found = view.consistency
    if found.opis is None:
        return undefined(found.reason)
    return Measured(found.opis, "", found.influence)


def eps_opis(view: View) -> Measured:
    """How far apart the best and the worst tenth of the groups are, over thresholds.

    Formula: mean over thresholds of (U of the best groups - U of the worst)^2, each set of
        max(1, floor(T / 10)) of T groups, by mean U, with summed counts
    Source: Zhang et al. 2024 (ICLR), eps-OPIS with eps = 0.1; that it compares best and worst
        groups in this way is reconstructed and a convention of this project
    Edge cases: as OPIS
    Interval: delta method with the sets of groups and the range of thresholds treated as fixed
    """
    found = view.consistency
    if found.eps_opis is None:
        return undefined(found.reason)
    return Measured(found.eps_opis, "", found.eps_influence)
