"""Two entries head to head on the rows of one part: which is better, how certain that is, and on
which rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leaderboard.ranks import SLACK
from scoring.bootstrap import (
    Resamples,
    Statistic,
    average_precision_statistic,
    mean_statistic,
    paired_bootstrap,
)
from scoring.comparison import Comparison, Flips, compare, flips
from scoring.intervals import Z
from scoring.metrics import View
from scoring.randomization import Swaps, approximate_randomization, mean_difference

Arrays = Mapping[str, npt.NDArray[Any]]
Entry = tuple[float | None, Arrays]
Codes = npt.NDArray[Any]

DRAWS = 9999
"""At least 20 m / α for m comparisons on one page: enough for 24 tasks at 5 %."""
MCNEMAR, Z_TEST = "exact McNemar", "z of paired influence values"
RANDOMIZATION, BOOTSTRAP = "approximate randomization", "paired bootstrap"
NO_FLIPS = "not available: they need a decision of both on every row, so add a prediction column"
TOO_OFTEN = "the metric is undefined in too many resamples"
_PURPOSE = "duels"


@dataclass(frozen=True)
class Counts:
    """How many rows both have right, only A, only B, and neither."""

    both: int
    only_a: int
    only_b: int
    neither: int


@dataclass(frozen=True)
class Duel:
    """Entry A against entry B on n rows.

    ``difference`` is A - B of the headline metric with the ends of its 95 % interval; ``leads`` is
    "a" or "b", the one with the better score, or empty. ``p`` is the p-value of no difference by
    the ``test`` that boards use too, ``resampled_p`` that of an independent ``resampling`` test
    with ``draws`` draws. What cannot be computed is None, with the ``reason`` (difference and p),
    ``no_resampling`` or ``no_flips`` (counts and flips). ``flips_of_b`` are those of B against A:
    ``nfr`` is the share of rows that A has right and B wrong; ``flips_of_a`` are the reverse.
    ``grouped`` says that rows depend on each other.
    """

    metric: str
    n: int
    grouped: bool
    score_a: float | None
    score_b: float | None
    leads: str
    difference: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    p: float | None
    test: str
    reason: str
    resampled_p: float | None
    resampling: str
    draws: int
    no_resampling: str
    counts: Counts | None
    flips_of_b: Flips | None
    flips_of_a: Flips | None
    no_flips: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Duel:
        """The duel of a document that `dataclasses.asdict` made, as it comes back from JSON."""
        kinds = {"counts": Counts, "flips_of_a": Flips, "flips_of_b": Flips}
        parts = {name: kind(**document[name]) for name, kind in kinds.items() if document[name]}
        return cls(**{**document, **parts})

    def swapped(self) -> Duel:
        """The duel from the other side: B against A."""
        counts = self.counts
        return replace(
            self,
            score_a=self.score_b,
            score_b=self.score_a,
            leads={"a": "b", "b": "a"}.get(self.leads, ""),
            difference=_negative(self.difference),
            low=_negative(self.high),
            high=_negative(self.low),
            counts=counts and replace(counts, only_a=counts.only_b, only_b=counts.only_a),
            flips_of_b=self.flips_of_a,
            flips_of_a=self.flips_of_b,
        )


def duel(
    metric: str,
    higher_is_better: bool,
    version: str,
    groups: Codes,
    rows: Codes,
    a: Entry,
    b: Entry,
    truth: Codes | None = None,
) -> Duel:
    """The duel of A and B, each a headline score with the arrays of its rows.npz, on a part.

    ``groups`` (N,) are the solution's group codes, ``rows`` (n,) the row numbers of the part;
    ``version`` names the solution version, whose draws are the same for all pairs. With the
    ``truth`` (N,), the codes of the labels, average precision itself is resampled. ValueError for
    a part without rows and for arrays of another length.
    """
    compared = compare(a[1], b[1], (a[0], b[0]), groups, rows)
    found = compared.difference
    delta = _negative(found.delta)
    half = None if found.standard_error is None else Z * found.standard_error
    p = compared.p_value(metric)
    resampled = _Resampling(metric, version, groups[rows], rows, a, b, truth).run(compared)
    counts, back = _counts(compared, a[1]["hit"][rows] == 1, b[1]["hit"][rows] == 1)
    return Duel(
        metric=metric,
        n=compared.n,
        grouped=compared.grouped,
        score_a=a[0],
        score_b=b[0],
        leads=_leads(delta, higher_is_better),
        difference=delta,
        low=None if delta is None or half is None else delta - half,
        high=None if delta is None or half is None else delta + half,
        standard_error=found.standard_error,
        p=p,
        test="" if p is None else _test(metric, compared),
        reason=found.reason,
        resampled_p=resampled.p,
        resampling=resampled.name,
        draws=DRAWS if resampled.name else 0,
        no_resampling=resampled.reason,
        counts=counts,
        flips_of_b=compared.flips,
        flips_of_a=back,
        no_flips=NO_FLIPS if compared.no_flips else "",
    )


@dataclass(frozen=True)
class _Resampled:
    """The p-value of a resampling test, its name, or the reason there is none."""

    p: float | None = None
    name: str = ""
    reason: str = ""


@dataclass(frozen=True, eq=False)
class _Resampling:
    """The input of the resampling tests of two entries; ``part`` are the groups of ``rows``."""

    metric: str
    version: str
    part: Codes
    rows: Codes
    a: Entry
    b: Entry
    truth: Codes | None

    def run(self, compared: Comparison) -> _Resampled:
        """The test that fits the metric."""
        if self.a[0] is None or self.b[0] is None:
            return _Resampled(reason="the metric is undefined")
        if len(np.unique(self.part)) < 2:
            return _Resampled(reason="all rows belong to one group")
        if self.metric == "accuracy" and compared.flips is not None:
            return self._randomization()
        if self.metric == "average_precision" and self.truth is not None:
            return self._average_precision(self.truth[self.rows])
        return self._influence((self.a[0], self.b[0]))

    def _randomization(self) -> _Resampled:
        a, b = ((entry[1]["hit"][self.rows] == 1).astype(float) for entry in (self.a, self.b))
        swaps = Swaps(self.part, self.version, _PURPOSE, DRAWS)
        found = approximate_randomization(mean_difference(a, b), len(self.rows), swaps)
        return _Resampled(None if found is None else found.p, RANDOMIZATION)

    def _average_precision(self, truth: Codes) -> _Resampled:
        # Dense ranks preserve the order and the ties of the scores, which is all that matters.
        ranks = [entry[1]["prediction"][self.rows].astype(float) for entry in (self.a, self.b)]
        a, b = (average_precision_statistic(View(2, truth, scores=rank)) for rank in ranks)
        return self._bootstrap(a, b, strata=truth)

    def _influence(self, scores: tuple[float, float]) -> _Resampled:
        """A score in a resample is score + mean(weight · influence): exact for means."""
        influences = [entry[1]["influence"][self.rows] for entry in (self.a, self.b)]
        if np.isnan(influences).any():
            return _Resampled(reason="the metric has no influence values")
        a, b = (mean_statistic(s + moved) for s, moved in zip(scores, influences, strict=True))
        return self._bootstrap(a, b, strata=None)

    def _bootstrap(self, a: Statistic, b: Statistic, strata: Codes | None) -> _Resampled:
        resamples = Resamples(self.part, self.version, _PURPOSE, strata, DRAWS)
        found = paired_bootstrap(a, b, len(self.rows), resamples)
        # The count is not in the reason: it would reveal how rare the matches are.
        return _Resampled(found.p_two_sided, BOOTSTRAP, found.difference.reason and TOO_OFTEN)


def _test(metric: str, compared: Comparison) -> str:
    exact = metric == "accuracy" and compared.mcnemar is not None and not compared.grouped
    return MCNEMAR if exact else Z_TEST


def _counts(
    compared: Comparison, right_a: npt.NDArray[np.bool_], right_b: npt.NDArray[np.bool_]
) -> tuple[Counts | None, Flips | None]:
    """The counts of both being right or wrong, and the flips of A against B."""
    if compared.mcnemar is None:
        return None, None
    both = int(np.sum(right_a & right_b))
    only_a, only_b = compared.mcnemar.b, compared.mcnemar.c
    neither = compared.n - both - only_a - only_b
    return Counts(both, only_a, only_b, neither), flips(right_b, right_a)


def _leads(delta: float | None, higher_is_better: bool) -> str:
    if delta is None or abs(delta) <= SLACK:
        return ""
    return "a" if (delta > 0) == higher_is_better else "b"


def _negative(value: float | None) -> float | None:
    return None if value is None else 0.0 - value
