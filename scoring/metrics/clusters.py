"""Clusters of records: match ids by transitive closure, pairwise and B-cubed scores.

Everything is counted from the sizes of clusters and of their overlaps, never over pairs of items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from scoring.metrics.confusion import Codes, Counts, Floats


class UnknownItem(ValueError):
    """A named item is not among the known ones."""


def components(n: int, left: Codes, right: Codes) -> Counts:
    """The connected component of each of n items, (n,), from m edges between item codes (m,)."""
    edges = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(n, n))
    codes: Counts = connected_components(edges, directed=False)[1].astype(np.int64)
    return codes


def match_ids(items: Sequence[str], left: Codes, right: Codes) -> list[str]:
    """The match id of each item: the smallest id of its connected component, by code point.

    `left` and `right` (m,) index the items of the m pairs that were accepted as matches; the
    transitive closure joins items that are linked through others.
    """
    codes = components(len(items), left, right)
    smallest: dict[int, str] = {}
    for item, code in zip(items, codes.tolist(), strict=True):
        smallest[code] = min(item, smallest.get(code, item))
    return [smallest[code] for code in codes.tolist()]


def item_codes(items: Sequence[str], named: Sequence[str]) -> Counts:
    """The index of each named item among the items, (len(named),); UnknownItem for others."""
    places = {item: place for place, item in enumerate(items)}
    unknown = [name for name in named if name not in places]
    if unknown:
        raise UnknownItem(f"{len(unknown)} unknown items, the first is {unknown[0]!r}")
    return np.array([places[name] for name in named], dtype=np.int64)


def cluster_codes(items: Sequence[str], clusters: Mapping[str, str | None]) -> Counts:
    """The code of each item's cluster, (n,), from cluster names by item.

    An item that is absent or has None is a cluster of its own; the text `None` is a name like any
    other. Raises UnknownItem for a named item that is not in `items`.
    """
    item_codes(items, list(clusters))
    codes: dict[str, int] = {}
    alone = len(items)
    found = np.empty(len(items), dtype=np.int64)
    for place, item in enumerate(items):
        name = clusters.get(item)
        found[place] = alone + place if name is None else codes.setdefault(name, len(codes))
    return found


@dataclass(frozen=True)
class ClusterScores:
    """Agreement of predicted clusters with the true ones over N items.

    `tp`, `fp` and `fn` count unordered pairs of items: together in both, in the prediction only,
    in the truth only. The two influences (N,) belong to `pairwise_f1` and `bcubed_f1`; sum them by
    `independent_units`, as the items of a cluster do not vary on their own.
    """

    tp: int
    fp: int
    fn: int
    bcubed_precision: float
    bcubed_recall: float
    bcubed_f1: float
    pairwise_influence: Floats
    bcubed_influence: Floats

    @cached_property
    def pairwise_precision(self) -> float:
        """TP / (TP + FP), 0 if nothing is claimed; 1 if no pair exists or is claimed."""
        return self._ratio(self.tp, self.tp + self.fp)

    @cached_property
    def pairwise_recall(self) -> float:
        """TP / (TP + FN), 0 where no pair exists; 1 where no pair exists or is claimed."""
        return self._ratio(self.tp, self.tp + self.fn)

    @cached_property
    def pairwise_f1(self) -> float:
        """2TP / (2TP + FP + FN); 1 where no pair exists or is claimed."""
        return self._ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    def _ratio(self, part: int, whole: int) -> float:
        if self.tp + self.fp + self.fn == 0:
            return 1.0
        return part / whole if whole else 0.0


def cluster_scores(truth: Codes, predicted: Codes) -> ClusterScores:
    """Pairwise and B-cubed precision, recall and F1 of cluster codes (N,), N >= 1.

    Pairwise: scikit-learn's pair_confusion_matrix, halved. B-cubed (Bagga and Baldwin 1998, Amigó
    et al. 2009): with C(i) the predicted and L(i) the true cluster of item i, P = mean of
    |C(i) & L(i)| / |C(i)|, R = mean of |C(i) & L(i)| / |L(i)|, F1 = 2PR / (P + R).

    Influence by the delta method. With o, c, l the sizes of C(i) & L(i), C(i) and L(i), pairwise F1
    is sum(2(o - 1)) / sum(c + l - 2), a ratio of sums over items; B-cubed F1 moves by
    2(R^2 dP + P^2 dR) / (P + R)^2.
    """
    if len(truth) == 0 or len(truth) != len(predicted):
        raise ValueError("truth and prediction must have the same items, at least one")
    both, true, claimed = _sizes(truth, predicted)
    precision, recall = both / claimed, both / true
    p, r = float(precision.mean()), float(recall.mean())
    moved = 2 * (r**2 * (precision - p) + p**2 * (recall - r)) / (p + r) ** 2
    # Each pair is counted from both of its items.
    tp = int(np.sum(both - 1)) // 2
    fp, fn = int(np.sum(claimed - 1)) // 2 - tp, int(np.sum(true - 1)) // 2 - tp
    doubled = 2.0 * (both - 1)
    weight = (claimed + true - 2).astype(np.float64)
    total = float(weight.sum())
    influence = np.zeros(len(truth))
    if total:
        influence = (doubled - doubled.sum() / total * weight) * (len(truth) / total)
    return ClusterScores(tp, fp, fn, p, r, 2 * p * r / (p + r), influence, moved)


def _sizes(truth: Codes, predicted: Codes) -> tuple[Counts, Counts, Counts]:
    """For each item (N,) the size of its overlap, of its true and of its predicted cluster."""
    _, true, true_sizes = np.unique(truth, return_inverse=True, return_counts=True)
    _, claimed, claimed_sizes = np.unique(predicted, return_inverse=True, return_counts=True)
    cells = true * len(claimed_sizes) + claimed
    _, cell, cell_sizes = np.unique(cells, return_inverse=True, return_counts=True)
    return cell_sizes[cell], true_sizes[true], claimed_sizes[claimed]


def independent_units(truth: Codes, predicted: Codes) -> Counts:
    """The unit of independence of each item (N,): true and predicted clusters joined.

    Items are linked that share a true or a predicted cluster; no cluster reaches beyond its unit,
    so that the sums of influence over units are independent of one another.
    """
    _, true, sizes = np.unique(truth, return_inverse=True, return_counts=True)
    _, claimed = np.unique(predicted, return_inverse=True)
    nodes = len(sizes) + int(claimed.max(initial=-1)) + 1
    return components(nodes, true, len(sizes) + claimed)[true]
