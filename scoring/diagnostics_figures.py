"""The data behind the figures of one submission, small enough to store for every submission.

Counts of rows in confusion, points of the precision-recall curve, and the bins of the calibration
error, of one part each. They are made from private labels, so they leave through the same gate as
scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring.metrics import View
from scoring.metrics.bins import Bins
from scoring.metrics.confusion import Confusion
from scoring.metrics.curve import Curve
from scoring.result import Part

MOST_CLASSES = 50
"""Of more classes no confusion is kept: its cells would outnumber all else of an evaluation."""
POINTS = 100
"""Number of equal steps of recall; a precision-recall curve has a point for each."""


@dataclass(frozen=True)
class ConfusionCounts:
    """How often each of K `classes` was decided for each: `rows` (K, K), by truth, then decision.

    Source: scikit-learn, confusion_matrix.
    """

    classes: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class PrecisionRecall:
    """M points of the curve, recall rising: `accepted` (M,) rows and the `hits` (M,) among them.

    For each of `POINTS` equal steps of recall the highest threshold that reaches it; steps that
    share a threshold, as with tied scores or few positives, have one point. A threshold accepts
    all rows with its score or a higher one, as in average precision; nothing is interpolated.
    Source: scikit-learn, precision_recall_curve; these points are a subset.
    """

    positives: int
    accepted: tuple[int, ...]
    hits: tuple[int, ...]


@dataclass(frozen=True)
class Reliability:
    """Stated and observed frequencies in M equal-width bins (lo, hi] of the probability.

    `rows` (M,) and the `hits` (M,) among them; `confidence` (M,) is the mean stated probability, 0
    where a bin has no rows. The bins, p and hit are those of the metric `ece`.
    Source: Guo et al. 2017, On calibration of modern neural networks; DeGroot and Fienberg 1983.
    """

    rows: tuple[int, ...]
    hits: tuple[int, ...]
    confidence: tuple[float, ...]


@dataclass(frozen=True)
class FigureData:
    """The figures of a part of `n` rows; None if the task or the file has no such figure."""

    part: Part
    n: int
    confusion: ConfusionCounts | None
    precision_recall: PrecisionRecall | None
    reliability: Reliability | None

    @classmethod
    def of(cls, part: Part, view: View, classes: tuple[str, ...]) -> FigureData:
        """The figures of a part; `classes` is empty for pairs."""
        counted = 0 < len(classes) <= MOST_CLASSES and view.decision is not None and view.n
        curve = view.curve if view.scores is not None and view.n else None
        stated = (view.probabilities is not None or view.unit_scores) and view.n
        return cls(
            part,
            view.n,
            _counts(view.confusion, classes) if counted else None,
            _points(curve) if curve is not None and curve.positives else None,
            _bins(view.bins) if stated else None,
        )

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> FigureData:
        """What `asdict` made of it, after a round trip through JSON."""
        confusion, curve, bins = (
            kept[name] for name in ("confusion", "precision_recall", "reliability")
        )
        return cls(
            kept["part"],
            kept["n"],
            confusion
            and ConfusionCounts(tuple(confusion["classes"]), tuple(map(tuple, confusion["rows"]))),
            curve
            and PrecisionRecall(curve["positives"], tuple(curve["accepted"]), tuple(curve["hits"])),
            bins
            and Reliability(tuple(bins["rows"]), tuple(bins["hits"]), tuple(bins["confidence"])),
        )


def _counts(found: Confusion, classes: tuple[str, ...]) -> ConfusionCounts:
    rows = np.zeros((len(classes), len(classes)), dtype=np.int64)
    rows[found.truth, found.decided] = found.sizes
    return ConfusionCounts(classes, tuple(map(tuple, rows.tolist())))


def _points(curve: Curve) -> PrecisionRecall:
    # In whole numbers: 0.07 * 100 is above 7.
    needed = -(-np.arange(1, POINTS + 1) * curve.positives // POINTS)
    at = np.unique(np.searchsorted(curve.hits, needed))
    return PrecisionRecall(
        curve.positives, tuple(curve.accepted[at].tolist()), tuple(curve.hits[at].tolist())
    )


def _bins(found: Bins) -> Reliability:
    confidence = found.chances / found.counts.clip(min=1)
    return Reliability(
        tuple(found.counts.tolist()),
        tuple(found.hits.astype(np.int64).tolist()),
        tuple(confidence.round(6).tolist()),
    )
