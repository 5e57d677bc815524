"""The input and the result of a metric."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.metrics.bins import Bins
from scoring.metrics.cells import Cells
from scoring.metrics.clusters import (
    ClusterScores,
    cluster_scores,
    components,
    independent_units,
)
from scoring.metrics.confusion import Codes, Confusion, Counts, Floats
from scoring.metrics.consistency import Consistency, consistency
from scoring.metrics.curve import Curve, Mask, Ranking
from scoring.metrics.one_vs_rest import OneVsRest
from scoring.metrics.units import Interval, Units

__all__ = [
    "Bins",
    "Cells",
    "Codes",
    "Confusion",
    "Counts",
    "Curve",
    "Endpoints",
    "Floats",
    "Interval",
    "Mask",
    "Measured",
    "OneVsRest",
    "Ranking",
    "Records",
    "Units",
    "View",
    "mean_of",
    "undefined",
]


@dataclass(frozen=True)
class Measured:
    """The value of a metric on n rows, with what its interval is made from.

    `value` is None where the metric is undefined, with the `reason`. `effects` are the values of
    the empirical influence function, per row (n,), per cell, or made on demand; they sum to 0,
    and their root mean square over sqrt(n) is the standard error; None where there are none.
    `trials` is set for a mean of 0/1 over that many rows. `units` is the number of rows that
    carry the information (the positives of average precision): it bounds what a perfect or worst
    value can claim. `groups` are the codes of the independent unit of each influence value where
    these do not belong to the rows of the part. `ends` makes the interval of a metric for which
    neither Wilson's nor the normal one is right.
    """

    value: float | None
    reason: str = ""
    effects: Floats | Cells | Callable[[], Floats] | None = None
    trials: int | None = None
    units: int | None = None
    groups: Codes | None = None
    ends: Callable[[Units], Interval] | None = None

    @cached_property
    def influence(self) -> Floats | None:
        """The influence values row by row, made on demand."""
        if isinstance(self.effects, Cells):
            return self.effects.per_row()
        return self.effects() if callable(self.effects) else self.effects


def undefined(reason: str) -> Measured:
    """A metric without a value, and why."""
    return Measured(None, reason)


@dataclass(frozen=True)
class Records:
    """The two records of every pair: `left` and `right` are record codes (n,)."""

    left: Codes
    right: Codes


@dataclass(frozen=True)
class Endpoints:
    """The group of both records of every pair, for consistency across groups.

    `left` and `right` are codes into `names` (n,); where the pair as a whole has one group, both
    are that.
    """

    left: Codes
    right: Codes
    names: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """One part of the test rows: the truth and what the submission says about it.

    `truth` and `decision` are class codes (n,), n >= 1; `probabilities` (n, K); `scores` (n,);
    `unit_scores` says that all scores of the submission, in every part, are in [0,1]. What the
    submission does not contain is None; a metric is called only if what it needs is there.
    `records` and `endpoints` are there for pairs whose solution knows them. `ranking` is that of
    the scores if it was made before (see `Ranking.of_rows`); otherwise it is made on demand.
    """

    classes: int
    truth: Codes
    decision: Codes | None = None
    probabilities: Floats | None = None
    scores: Floats | None = None
    unit_scores: bool = False
    records: Records | None = None
    endpoints: Endpoints | None = None
    ranking: Ranking | None = None

    def only(self, rows: npt.NDArray[np.int64]) -> View:
        """The view of only these rows, given by their indices (m,), m >= 1."""

        def of(values: npt.NDArray[Any] | None) -> Any:
            return None if values is None else values[rows]

        records, endpoints = self.records, self.endpoints
        return View(
            self.classes,
            self.truth[rows],
            of(self.decision),
            of(self.probabilities),
            of(self.scores),
            self.unit_scores,
            records and Records(records.left[rows], records.right[rows]),
            endpoints and Endpoints(endpoints.left[rows], endpoints.right[rows], endpoints.names),
            self.ranking and self.ranking.of_rows(rows),
        )

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.truth)

    @property
    def decided(self) -> Codes:
        """The decision, for metrics that need it."""
        assert self.decision is not None  # noqa: S101 - the registry checks needs first
        return self.decision

    @property
    def chances(self) -> Floats:
        """The probabilities, for metrics that need them."""
        assert self.probabilities is not None  # noqa: S101
        return self.probabilities

    @property
    def scored(self) -> Floats:
        """The scores, for metrics that need them."""
        assert self.scores is not None  # noqa: S101
        return self.scores

    @cached_property
    def positive(self) -> Mask:
        """Matching: which rows are matches."""
        match: Mask = self.truth == 1
        return match

    @cached_property
    def curve(self) -> Curve:
        """Matching: counts at every distinct score, made once for all ranking metrics."""
        return Curve.ranked(self.positive, self.ranking or Ranking.of(self.scored))

    @cached_property
    def confusion(self) -> Confusion:
        """How often each class was decided for each, made once for all metrics of decisions."""
        return Confusion.of(self.truth, self.decided, self.classes)

    @cached_property
    def clusters(self) -> tuple[ClusterScores, Counts]:
        """How the records cluster by the decided matches, and the independent unit of each record.

        Made once for all metrics of clusters; for pairs with known records and a decision. The
        truth is the closure of the matches among these very pairs: entities known from elsewhere
        would join records through pairs of the other part and leak their labels.
        """
        assert self.records is not None  # noqa: S101
        left, right = self.records.left, self.records.right
        seen, items = np.unique(np.concatenate((left, right)), return_inverse=True)
        ends = items[: len(left)], items[len(left) :]
        truth, claimed = (
            components(len(seen), ends[0][joined], ends[1][joined])
            for joined in (self.positive, self.decided == 1)
        )
        return cluster_scores(truth, claimed), independent_units(truth, claimed)

    @cached_property
    def consistency(self) -> Consistency:
        """How one threshold serves the groups, made once; for scored pairs with known groups."""
        assert self.endpoints is not None  # noqa: S101
        ends = self.endpoints
        return consistency(self.positive, self.scored, ends.left, ends.right, ends.names)

    @cached_property
    def one_vs_rest(self) -> OneVsRest:
        """ROC AUC of each class against all others, made once for both means."""
        return OneVsRest.of(self.truth, self.chances)

    @cached_property
    def of_truth(self) -> Floats:
        """The probability given to the true class, (n,)."""
        given: Floats = np.take_along_axis(self.chances, self.truth[:, None], axis=1)[:, 0]
        return given

    @cached_property
    def place_of_truth(self) -> tuple[Counts, Counts]:
        """How many classes are more probable than the true one, and how many equally, itself too.

        Both (n,).
        """
        own = self.of_truth[:, None]
        above = np.count_nonzero(self.chances > own, axis=1)
        return above, np.count_nonzero(self.chances == own, axis=1)

    @cached_property
    def bins(self) -> Bins:
        """How often predictions came true, by stated probability, made once."""
        if self.probabilities is None:
            return Bins.of(self.positive, self.scored)
        return Bins.of(*self.top_label)

    @cached_property
    def top_label(self) -> tuple[Mask, Floats]:
        """Whether the most probable class (first of equals) is right, and its probability, (n,)."""
        top = self.chances.argmax(axis=1)
        chance: Floats = np.take_along_axis(self.chances, top[:, None], axis=1)[:, 0]
        return top == self.truth, chance


def mean_of(values: Floats, *, zero_one: bool = False) -> Measured:
    """The mean of per-row values (n,), as a mean of 0/1 if declared so."""
    mean = float(np.mean(values))
    return Measured(mean, "", values - mean, len(values) if zero_one else None)
