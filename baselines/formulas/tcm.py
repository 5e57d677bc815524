"""The threshold-consistent margin loss: one threshold should suit all classes.

Source: Zhang, Xu, Swaminathan and others, "Threshold-Consistent Margin Loss for Open-World Deep
Metric Learning", ICLR 2024; values as in pytorch-metric-learning's implementation.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

THRESHOLDS = 101


@dataclass(frozen=True)
class Margins:
    """The cosine similarity from which a pair is easy: above for positives, below for negatives."""

    positive: float = 0.9
    negative: float = 0.5
    positive_weight: float = 1.0
    negative_weight: float = 1.0


@dataclass(frozen=True)
class Loss:
    """The loss with its two parts and the number of hard pairs behind each."""

    positive: float
    negative: float
    hard_positives: int
    hard_negatives: int

    @property
    def total(self) -> float:
        """Both parts together."""
        return self.positive + self.negative


def threshold_consistent_margin(
    similarities: Floats, is_positive: npt.NDArray[np.bool_], margins: Margins | None = None
) -> Loss:
    """The loss of pairs by their cosine similarities; both arrays (pairs,).

    A part without hard pairs is 0.
    """
    of = margins or Margins()
    hard = is_positive & (similarities <= of.positive)
    hard_negative = ~is_positive & (similarities >= of.negative)
    return Loss(
        of.positive_weight * _mean(of.positive - similarities[hard]),
        of.negative_weight * _mean(similarities[hard_negative] - of.negative),
        int(hard.sum()),
        int(hard_negative.sum()),
    )


def margin_gradient(
    similarities: Floats, is_positive: npt.NDArray[np.bool_], margins: Margins | None = None
) -> Floats:
    """How the loss of pairs grows with each of their similarities; all arrays of one shape."""
    of = margins or Margins()
    hard = is_positive & (similarities <= of.positive)
    hard_negative = ~is_positive & (similarities >= of.negative)
    up = of.negative_weight * hard_negative / max(int(hard_negative.sum()), 1)
    return up - of.positive_weight * hard / max(int(hard.sum()), 1)


def operating_point_inconsistency(
    similarities: Floats,
    is_positive: npt.NDArray[np.bool_],
    left: npt.NDArray[np.intp],
    right: npt.NDArray[np.intp],
) -> tuple[float | None, int]:
    """OPIS of pairs, and over how many groups: how differently thresholds serve groups.

    ``left`` and ``right`` are the groups, from 0, of a pair's two records; it belongs to both; all
    arrays (n,). Over 101 thresholds between the false accept rates 10 % and 1 % of all negatives,
    the mean squared distance of U = 2 specificity sensitivity / (specificity + sensitivity) of a
    group from the mean over groups. In [0, 0.25]. None with fewer than two groups that have
    positives and negatives.
    """
    if is_positive.all():
        return None, 0
    low, high = np.quantile(similarities[~is_positive], [0.9, 0.99])
    thresholds = low + (high - low) * np.arange(THRESHOLDS) / (THRESHOLDS - 1)
    crossing = np.flatnonzero(left != right)
    pair = np.concatenate([np.arange(len(left)), crossing])
    group = np.concatenate([left, right[crossing]])
    passed = np.searchsorted(thresholds, similarities, side="right")[pair]
    shape = (int(group.max()) + 1, 2, THRESHOLDS + 1)
    cell = np.ravel_multi_index((group, is_positive[pair].astype(int), passed), shape)
    counts = np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape)
    accepted = counts[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]  # by at least this many thresholds
    accepted = accepted[(accepted[:, :, 0] > 0).all(axis=1)]
    if len(accepted) < 2:
        return None, len(accepted)
    shares = accepted[:, :, 1:] / accepted[:, :, :1]
    specificity, sensitivity = 1 - shares[:, 0], shares[:, 1]
    total = np.maximum(specificity + sensitivity, np.finfo(float).tiny)
    utility = 2 * specificity * sensitivity / total
    return float(np.mean((utility - utility.mean(axis=0)) ** 2)), len(accepted)


def all_pairs(
    embeddings: Floats, labels: npt.NDArray[np.generic]
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The cosine similarities of all unordered pairs of rows, and whether their labels agree.

    ``embeddings`` (n, dimensions), ``labels`` (n,); both returned arrays have n(n-1)/2 entries.
    """
    norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
    unit = embeddings / np.where(norms > 0, norms, 1.0)
    first, second = np.triu_indices(len(embeddings), k=1)
    return np.sum(unit[first] * unit[second], axis=1), labels[first] == labels[second]


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0
