"""Closed-form 95 % intervals of a measured metric.

A mean of 0/1 over independent rows gets Wilson's interval. All others get a normal interval from
their influence values, summed within groups, on the logit scale of the metric's range where
that is asked for, so that the interval stays inside the range. At an end of the range the
influence vanishes; there Wilson's interval for none (or all) of the informative units stands in,
close to the rule of three. The bootstrap is the reference that tests compare these against.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from scoring.metrics.measured import Floats, Measured

Z = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""

_NEAR = 1e-12


@dataclass(frozen=True)
class Interval:
    """Ends and standard error of a 95 % interval; None where no closed form exists."""

    low: float | None = None
    high: float | None = None
    standard_error: float | None = None


NONE = Interval()


def interval(
    measured: Measured,
    groups: npt.NDArray[np.int64],
    bounds: tuple[float, float],
    *,
    on_logit: bool,
) -> Interval:
    """The interval of a metric measured on n rows whose group codes (n,) are given."""
    value, influence = measured.value, measured.influence
    if value is None or influence is None:
        return NONE
    sums, grouped = group_sums(influence, groups)
    if measured.trials is not None and not grouped:
        return _wilson_interval(value, measured.trials)
    low, high = bounds
    share = (value - low) / (high - low)
    if on_logit and not _NEAR < share < 1 - _NEAR:
        units = min(measured.trials or measured.units or len(groups), len(sums))
        ends = wilson(round(share), units)
        return Interval(low + ends[0] * (high - low), low + ends[1] * (high - low), 0.0)
    if len(sums) < 2:
        return NONE
    error = standard_error(sums, len(groups))
    if not on_logit:
        return Interval(max(low, value - Z * error), min(high, value + Z * error), error)
    half = Z * error / ((high - low) * share * (1 - share))
    ends = expit(logit(share) + np.array([-half, half]))
    return Interval(float(low + ends[0] * (high - low)), float(low + ends[1] * (high - low)), error)


def group_sums(influence: Floats, groups: npt.NDArray[np.int64]) -> tuple[Floats, bool]:
    """Influence summed within each group, and whether any group has more than one row."""
    _, codes = np.unique(groups, return_inverse=True)
    count = int(codes.max()) + 1
    if count == len(groups):
        return influence, False
    return np.bincount(codes, weights=influence, minlength=count).astype(np.float64), True


def standard_error(sums: Floats, n: int) -> float:
    """Standard error of a mean of n rows from the influence sums (G,) of G >= 2 groups.

    sqrt(G / (G - 1) * sum of squares) / n, the usual small-sample form for clustered rows.
    """
    count = len(sums)
    return float(np.sqrt(count / (count - 1) * np.dot(sums, sums)) / n)


def _wilson_interval(share: float, trials: int) -> Interval:
    low, high = wilson(share, trials)
    return Interval(low, high, float(np.sqrt(share * (1 - share) / trials)))


def wilson(share: float, trials: int) -> tuple[float, float]:
    """Wilson's score interval (1927) of a share of 0/1 trials, inside [0,1]."""
    z2 = Z * Z
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = share * (1 - share) / trials + z2 / (4 * trials * trials)
    half = Z * float(np.sqrt(spread)) / (1 + z2 / trials)
    # The ends at 0 and 1 are exact; the formula would leave rounding noise there.
    low = 0.0 if share == 0 else max(0.0, centre - half)
    high = 1.0 if share == 1 else min(1.0, centre + half)
    return low, high
