"""The threshold-consistent margin loss: one threshold is to serve all classes alike.

Source: Zhang, Xu, Swaminathan and others, "Threshold-Consistent Margin Loss for Open-World Deep
Metric Learning", ICLR 2024; values as in pytorch-metric-learning's implementation.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Margins:
    """From which cosine similarity on a pair is easy: above for positives, below for negatives."""

    positive: float = 0.9
    negative: float = 0.5
    positive_weight: float = 1.0
    negative_weight: float = 1.0


@dataclass(frozen=True)
class Loss:
    """The loss with its two parts and how many hard pairs each is the mean over."""

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
