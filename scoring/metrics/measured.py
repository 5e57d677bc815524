"""What a metric gets and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Measured:
    """The value of a metric on n rows, with what its interval is made from.

    `value` is None where the metric is undefined, with the `reason`. `influence` (n,) are the
    values of the empirical influence function, which sum to 0 and whose root mean square over
    sqrt(n) is the standard error; None where none is given. `trials` is set for a mean of 0/1
    over that many rows. `units` is the number of rows that carry the information (the positives
    of average precision); it bounds what a perfect or worst value can claim.
    """

    value: float | None
    reason: str = ""
    influence: Floats | None = None
    trials: int | None = None
    units: int | None = None


def undefined(reason: str) -> Measured:
    """A metric without a value, and why."""
    return Measured(None, reason)


@dataclass(frozen=True)
class Curve:
    """Counts at the distinct thresholds of a score, highest first; tied scores are one threshold.

    With m thresholds: `thresholds` (m,), `accepted` (m,) rows with score >= threshold, `hits` (m,)
    positives among them; `place` (n,) is the threshold index of each row.
    """

    thresholds: Floats
    accepted: npt.NDArray[np.int64]
    hits: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]

    @property
    def positives(self) -> int:
        """Number of positive rows."""
        return int(self.hits[-1])

    @property
    def negatives(self) -> int:
        """Number of negative rows."""
        return int(self.accepted[-1] - self.hits[-1])

    @classmethod
    def of(cls, positive: npt.NDArray[np.bool_], scores: Floats) -> Curve:
        """The curve of n >= 1 finite scores (n,) against the positive rows (n,)."""
        order = np.argsort(-scores)
        ordered = scores[order]
        changes = ordered[1:] != ordered[:-1]
        ends = np.append(np.flatnonzero(changes), len(ordered) - 1)
        place = np.empty(len(ordered), dtype=np.int64)
        place[order] = np.concatenate(([0], np.cumsum(changes)))
        hits = np.cumsum(positive[order], dtype=np.int64)[ends]
        return cls(ordered[ends], ends.astype(np.int64) + 1, hits, place)


@dataclass(frozen=True)
class Records:
    """The two records of every pair, and the entity of every record.

    `left` and `right` are record codes (n,); `entity` has the entity code of each record (R,).
    """

    left: Codes
    right: Codes
    entity: Codes


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
    `unit_scores` tells that all scores of the submission, in every part, lie in [0,1]. What the
    submission does not give is None; a metric is called only with what it needs. `records` and
    `endpoints` are there for pairs whose solution knows them.
    """

    classes: int
    truth: Codes
    decision: Codes | None = None
    probabilities: Floats | None = None
    scores: Floats | None = None
    unit_scores: bool = False
    records: Records | None = None
    endpoints: Endpoints | None = None

    def only(self, rows: npt.NDArray[np.int64]) -> View:
        """The same about these rows alone, given by their indices (m,), m >= 1."""

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
            records and Records(records.left[rows], records.right[rows], records.entity),
            endpoints and Endpoints(endpoints.left[rows], endpoints.right[rows], endpoints.names),
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
    def positive(self) -> npt.NDArray[np.bool_]:
        """Matching: which rows are matches."""
        match: npt.NDArray[np.bool_] = self.truth == 1
        return match

    @cached_property
    def curve(self) -> Curve:
        """Matching: counts at every distinct score, made once for all ranking metrics."""
        return Curve.of(self.positive, self.scored)


def mean_of(values: Floats, *, zero_one: bool = False) -> Measured:
    """The mean of per-row values (n,), as a mean of 0/1 if so declared."""
    mean = float(np.mean(values))
    return Measured(mean, "", values - mean, len(values) if zero_one else None)
