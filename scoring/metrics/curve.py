"""The order of scores: ranked once for a submission, counted once for all ranking metrics."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scoring.metrics.confusion import Codes, Counts, Floats

Mask = npt.NDArray[np.bool_]

_FEW = 8
"""With fewer rows per level than this, sorting again costs less than counting all levels."""


@dataclass(frozen=True)
class Ranking:
    """Scores as places in their order: `levels` (R,) ascending and distinct, `places` (n,) int32.

    The score of a row is levels[places[row]], so equal scores have one place. Made once for a
    submission and cut into parts by `of_rows`, because sorting costs more than all else.
    """

    levels: Floats
    places: npt.NDArray[np.int32]

    @classmethod
    def of(cls, scores: Floats) -> Ranking:
        """The ranking of n >= 1 finite scores."""
        order = np.argsort(scores)
        ordered = scores[order]
        changes = np.empty(len(ordered), dtype=np.bool_)
        changes[0] = True
        np.not_equal(ordered[1:], ordered[:-1], out=changes[1:])
        places = np.empty(len(ordered), dtype=np.int32)
        places[order] = np.cumsum(changes, dtype=np.int32) - 1
        return cls(ordered[changes], places)

    def of_rows(self, rows: npt.NDArray[np.int64]) -> Ranking:
        """The ranking of only these rows; levels without a row may remain."""
        places = self.places[rows]
        if len(rows) * _FEW > len(self.levels):
            return Ranking(self.levels, places)
        used, index = np.unique(places, return_inverse=True)
        return Ranking(self.levels[used], index.astype(np.int32))


@dataclass(frozen=True)
class Curve:
    """Counts at the thresholds of a score that matter, highest first; tied scores are one.

    A threshold is each score of a positive, and one below every run of scores in between, which
    have no positive: within such a run recall is constant and precision only falls, so no metric
    has its best there, and all its rows have the same influence. With rare positives that is a
    small part of the distinct scores.

    With m thresholds: `thresholds` (m,), `accepted` (m,) rows with score >= threshold, `hits` (m,)
    positives among them; `levels` (m,) is the place of each in the `ranking` of the rows;
    `positive` (n,) marks the positive rows.
    """

    thresholds: Floats
    accepted: Counts
    hits: Counts
    positive: Mask
    ranking: Ranking
    levels: Counts

    @classmethod
    def of(cls, positive: Mask, scores: Floats) -> Curve:
        """The curve of n >= 1 finite scores (n,) against the positive rows (n,)."""
        return cls.ranked(positive, Ranking.of(scores))

    @classmethod
    def ranked(cls, positive: Mask, ranking: Ranking) -> Curve:
        """The curve of n >= 1 ranked rows against the positive ones (n,)."""
        count = len(ranking.levels)
        rows = np.bincount(ranking.places, minlength=count)[::-1]
        hits = np.bincount(ranking.places[positive], minlength=count)[::-1]
        hit = hits > 0
        # A run begins with each level of a positive, and after it.
        first = hit.copy()
        first[1:] |= hit[:-1]
        first[0] = True
        starts = np.flatnonzero(first)
        sizes, found = np.add.reduceat(rows, starts), np.add.reduceat(hits, starts)
        # A run whose levels belong only to rows of another part does not count.
        filled = sizes > 0
        levels = count - np.append(starts[1:], count)[filled]
        accepted, found = np.cumsum(sizes[filled]), np.cumsum(found[filled])
        return cls(ranking.levels[levels], accepted, found, positive, ranking, levels)

    @property
    def positives(self) -> int:
        """Number of positive rows."""
        return int(self.hits[-1])

    @property
    def negatives(self) -> int:
        """Number of negative rows."""
        return int(self.accepted[-1] - self.hits[-1])

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.positive)

    @cached_property
    def precision(self) -> Floats:
        """The share of positives among the accepted rows, (m,)."""
        share: Floats = self.hits / self.accepted
        return share

    @cached_property
    def root(self) -> Floats:
        """The square root of the accepted rows, which scales the noise of a precision."""
        root: Floats = np.sqrt(self.accepted)
        return root

    @cached_property
    def gained(self) -> Counts:
        """The positive rows at each threshold, (m,)."""
        return np.diff(self.hits, prepend=0)

    @cached_property
    def false(self) -> Counts:
        """The negative rows at each threshold, (m,)."""
        return np.diff(self.accepted, prepend=0) - self.gained

    @cached_property
    def place(self) -> Codes:
        """The threshold index of each row, (n,)."""
        ends = np.zeros(len(self.ranking.levels), dtype=np.int32)
        ends[self.levels] = 1
        # The thresholds at or below a level are those that accept it; the first of them counts it.
        accepting = np.cumsum(ends, dtype=np.int32)
        return (np.int32(len(self.levels)) - accepting)[self.ranking.places]

    @cached_property
    def sizes(self) -> Counts:
        """Rows in the 2m cells: first the negatives of each threshold, then the positives."""
        return np.concatenate((self.false, self.gained))

    @cached_property
    def cells(self) -> Codes:
        """The cell of each row, (n,)."""
        return self.place + np.int32(len(self.thresholds)) * self.positive

    def auc(self) -> tuple[float, Floats]:
        """ROC AUC and its influence by cell (2m,); needs a positive and a negative."""
        positives, negatives = self.positives, self.negatives
        # Twice the negatives below, ties once: whole numbers, so that the sum is exact.
        below = 2 * (negatives - np.cumsum(self.false)) + self.false
        above = 2 * self.hits - self.gained
        value = float(np.sum(self.gained * below) / (2 * positives * negatives))
        for_positive = (below / (2 * negatives) - value) * (self.n / positives)
        for_negative = (above / (2 * positives) - value) * (self.n / negatives)
        return value, np.concatenate((for_negative, for_positive))


@dataclass(frozen=True)
class Cut:
    """The rows of a curve in four cells: TN, FP, FN and TP with the threshold of index `at`."""

    curve: Curve
    at: int

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.curve.n

    @property
    def sizes(self) -> Counts:
        """Rows in each cell, (4,)."""
        hits, accepted = int(self.curve.hits[self.at]), int(self.curve.accepted[self.at])
        missed, false = self.curve.positives - hits, accepted - hits
        return np.array([self.n - accepted - missed, false, missed, hits])

    @cached_property
    def cells(self) -> Codes:
        """The cell of each row, (n,)."""
        return (self.curve.place <= self.at) + 2 * self.curve.positive.astype(np.int64)
