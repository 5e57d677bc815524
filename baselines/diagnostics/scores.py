"""Scores of held-out rows with intervals by resampling, fast enough to compute dozens."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from baselines.diagnostics.model import Estimate

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

RESAMPLES = 400
TAIL = 2.5  # per cent on each side of the interval
RULE_OF_THREE = 3.0


def score(metric: str, outputs: Floats, codes: Codes, weights: Floats | None = None) -> Floats:
    """The score of outputs (n, k) for class codes (n,): shape (b,), one per row of ``weights``.

    ``weights`` (b, n) say how often each row counts; None means once. ``metric`` is accuracy,
    f1_macro or average_precision, whose match is the last class; as in scikit-learn, except that a
    class that neither occurs nor is predicted in a resample does not count.
    """
    weights = np.ones((1, len(codes))) if weights is None else weights
    if metric == "average_precision":
        return _average_precision(outputs[:, -1], codes == outputs.shape[1] - 1, weights)
    decided = outputs.argmax(axis=1)
    if metric == "accuracy":
        return np.asarray(weights @ (decided == codes) / weights.sum(axis=1))
    return _f1_macro(decided, codes, outputs.shape[1], weights)


def _f1_macro(decided: Codes, codes: Codes, classes: int, weights: Floats) -> Floats:
    one = np.eye(classes)
    there, said = weights @ one[codes], weights @ one[decided]
    right = weights @ (one[codes] * one[decided])
    counts = (there + said) > 0
    f1 = np.divide(2 * right, there + said, out=np.zeros_like(right), where=counts)
    return np.asarray(f1.sum(axis=1) / counts.sum(axis=1))


def _average_precision(scores: Floats, is_match: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    """Precision where each match is found, over the matches; equal scores count as one step."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    counted = weights[:, order]
    called = np.cumsum(counted, axis=1)[:, ends]
    found = np.cumsum(counted * is_match[order], axis=1)[:, ends]
    precision = np.divide(found, called, out=np.zeros_like(found), where=called > 0)
    steps = np.diff(found, axis=1, prepend=0.0)
    matches = found[:, -1]
    total = (steps * precision).sum(axis=1)
    return np.asarray(np.divide(total, matches, out=np.zeros_like(total), where=matches > 0))


@dataclass(frozen=True)
class Scored:
    """A score, and its value in each of the resamples that all scores share."""

    value: float
    resampled: Floats


class Judge:
    """Scores outputs for the same held-out rows, each with the same resamples of their groups."""

    def __init__(self, metric: str, codes: Codes, groups: Codes, seed: int) -> None:
        """``codes`` (n,) and ``groups`` (n,), from 0; groups are drawn as a whole."""
        self.metric, self._codes = metric, codes
        self.groups = int(groups.max()) + 1
        drawn = np.random.default_rng(seed).multinomial(
            self.groups, np.full(self.groups, 1 / self.groups), size=RESAMPLES
        )
        self._weights = drawn[:, groups].astype(float)

    def scored(self, outputs: Floats) -> Scored:
        """The score of outputs (n, k)."""
        value = float(score(self.metric, outputs, self._codes)[0])
        return Scored(value, score(self.metric, outputs, self._codes, self._weights))

    def estimate(self, scored: Scored) -> Estimate:
        """The score with its percentile interval; at 0 and 1 by the rule of three."""
        low, high = _percentiles(scored.resampled)
        room = min(RULE_OF_THREE / self.groups, 1.0)
        if scored.value == 1.0:
            low = min(low, 1.0 - room)
        if scored.value == 0.0:
            high = max(high, room)
        return Estimate(scored.value, low, high)


def difference(first: Scored, second: Scored) -> Estimate:
    """How much the first score is above the second one, paired in every resample."""
    low, high = _percentiles(first.resampled - second.resampled)
    return Estimate(first.value - second.value, low, high)


def _percentiles(values: Floats) -> tuple[float, float]:
    low, high = np.percentile(values, [TAIL, 100 - TAIL])
    return float(low), float(high)
