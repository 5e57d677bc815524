"""The bootstrap: percentile intervals, and two submissions on the same resamples.

A resample is given as weights (n,): how often each row was drawn. A statistic is a function of
the weights; it is None where the metric is undefined. This is the reference for the closed forms of
`scoring.intervals`; background jobs use it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.metrics import Measured, View
from scoring.metrics.confusion import Codes, Floats

Weights = npt.NDArray[np.int64]
Statistic = Callable[[Weights], float | None]

RESAMPLES = 1000
MOST_UNDEFINED = 0.05
"""Share of resamples without a value above which there is no interval."""

SLACK = 1e-12
"""Two values closer than this are equal: they differ by rounding only."""


def generator(version: str, purpose: str) -> np.random.Generator:
    """The random draws of a solution version for a purpose: the same for all entries.

    PCG64 seeded with the SHA-256 of the UTF-8 text `<version>‖<purpose>`, read big endian.
    """
    seed = hashlib.sha256(f"{version}‖{purpose}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))


@dataclass(frozen=True)
class Resamples:
    """Weights (n,) of `count` resamples of n rows, the same at every iteration.

    Whole groups (codes (n,)) are drawn with replacement, as many as there are. With `strata`
    (codes (n,), for average precision the truth) the groups of each stratum are drawn among
    themselves; a group belongs to the largest stratum of its rows, so that for matching the
    groups with a match are one stratum. ValueError for no rows or lengths that differ.
    """

    groups: Codes
    version: str
    purpose: str
    strata: Codes | None = None
    count: int = RESAMPLES

    def __post_init__(self) -> None:
        if len(self.groups) == 0:
            raise ValueError("there are no rows to resample")
        if self.strata is not None and len(self.strata) != len(self.groups):
            raise ValueError("strata and groups differ in length")

    def __iter__(self) -> Iterator[Weights]:
        group_of_row, ends = self._grouped()
        draws = generator(self.version, self.purpose)
        starts = [0, *ends[:-1]]
        for _ in range(self.count):
            times = np.concatenate(
                [
                    np.bincount(
                        draws.integers(end - start, size=end - start), minlength=end - start
                    )
                    for start, end in zip(starts, ends, strict=True)
                ]
            )
            yield times[group_of_row]

    def _grouped(self) -> tuple[Weights, list[int]]:
        """The group of each row, numbered stratum by stratum, and where each stratum ends."""
        _, first, codes = np.unique(self.groups, return_index=True, return_inverse=True)
        # In the order of the rows, so that the draws do not depend on how groups are named.
        place = np.empty(len(first), dtype=np.int64)
        place[np.argsort(first)] = np.arange(len(first))
        codes = place[codes]
        if self.strata is None:
            return codes, [len(first)]
        largest = np.full(len(first), np.iinfo(np.int64).min)
        np.maximum.at(largest, codes, self.strata.astype(np.int64))
        place[np.argsort(largest, kind="stable")] = np.arange(len(first))
        _, sizes = np.unique(largest, return_counts=True)
        return place[codes], np.cumsum(sizes).tolist()


def mean_statistic(values: Floats) -> Statistic:
    """The mean of per-row values (n,) over a resample: accuracy, Brier score, log loss."""
    return lambda weights: float(weights @ values / weights.sum())


def average_precision_statistic(view: View) -> Statistic:
    """Average precision of a resample; the scores are sorted once for all of them."""
    distinct, place = np.unique(-view.scored, return_inverse=True)
    positive = np.flatnonzero(view.positive)
    place_of_positives = place[positive]

    def statistic(weights: Weights) -> float | None:
        gained = np.bincount(place_of_positives, weights[positive], len(distinct))
        accepted = np.cumsum(np.bincount(place, weights, len(distinct)))
        hits = np.cumsum(gained)
        # Before the first row drawn nothing is accepted, and nothing is gained either.
        return float(gained @ (hits / accepted.clip(min=1)) / hits[-1]) if hits[-1] else None

    return statistic


def metric_statistic(metric: Callable[[View], Measured], view: View) -> Statistic:
    """Any metric of a resample: it is measured on the rows as often as they were drawn."""
    rows = np.arange(view.n)
    return lambda weights: metric(view.only(np.repeat(rows, weights))).value


@dataclass(frozen=True)
class Percentiles:
    """The value on all rows and the percentile interval of its resamples.

    `undefined` resamples had no value and were dropped. The ends are None, with the `reason`,
    where the value is undefined or too many resamples were.
    """

    value: float | None
    low: float | None
    high: float | None
    undefined: int
    reason: str = ""


def percentile_interval(
    value: float | None,
    resampled: Iterable[float | None],
    *,
    level: float = 0.95,
    most_undefined: float = MOST_UNDEFINED,
) -> Percentiles:
    """The interval between the (1 - level)/2 and (1 + level)/2 quantiles of resampled values.

    Efron's percentile interval with linear quantiles as numpy makes them. No interval if more
    than the share `most_undefined` of the resamples is undefined.
    """
    values = list(resampled)
    defined = [each for each in values if each is not None]
    undefined = len(values) - len(defined)
    if value is None:
        return Percentiles(None, None, None, undefined, "the metric is undefined")
    if not defined or undefined > most_undefined * len(values):
        reason = f"the metric is undefined in {undefined} of {len(values)} resamples"
        return Percentiles(value, None, None, undefined, reason)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Percentiles(value, float(low), float(high), undefined)


def bootstrap(
    statistic: Statistic,
    n: int,
    resamples: Iterable[Weights],
    *,
    level: float = 0.95,
    most_undefined: float = MOST_UNDEFINED,
) -> Percentiles:
    """A statistic of n rows with its percentile interval over the resamples."""
    value = statistic(np.ones(n, dtype=np.int64))
    resampled = map(statistic, resamples)
    return percentile_interval(value, resampled, level=level, most_undefined=most_undefined)


@dataclass(frozen=True)
class PairedBootstrap:
    """The difference A - B with its percentile interval, and the p-values of no difference.

    `p_two_sided` tests that A and B are equal, `p_a_not_better` that A is not larger than B. They
    are None where the interval is, which has the reason.
    """

    difference: Percentiles
    p_two_sided: float | None
    p_a_not_better: float | None


def paired_bootstrap(
    a: Statistic,
    b: Statistic,
    n: int,
    resamples: Iterable[Weights],
    *,
    level: float = 0.95,
    most_undefined: float = MOST_UNDEFINED,
) -> PairedBootstrap:
    """Two statistics of the same n rows compared on the same B resamples.

    With d = A - B in each of the B resamples that define both: two-sided p =
    min(1, 2 min((1 + #{d <= 0})/(B + 1), (1 + #{d >= 0})/(B + 1))), one-sided (1 + #{d <= 0})/(B +
    1). Koehn 2004; the + 1, so that no p-value is 0, is a rule of this project.
    """

    def gap(weights: Weights) -> float | None:
        of_a, of_b = a(weights), b(weights)
        return None if of_a is None or of_b is None else of_a - of_b

    gaps = [gap(weights) for weights in resamples]
    value = gap(np.ones(n, dtype=np.int64))
    difference = percentile_interval(value, gaps, level=level, most_undefined=most_undefined)
    if difference.low is None:
        return PairedBootstrap(difference, None, None)
    found = np.array([each for each in gaps if each is not None])
    not_above = (1 + int(np.sum(found <= SLACK))) / (len(found) + 1)
    not_below = (1 + int(np.sum(found >= -SLACK))) / (len(found) + 1)
    return PairedBootstrap(difference, min(1.0, 2 * min(not_above, not_below)), not_above)
