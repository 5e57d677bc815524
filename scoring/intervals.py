"""Closed-form 95 % intervals of a measured metric.

A mean of 0/1 over independent rows gets Wilson's interval. Most others get a normal interval from
their influence values, summed within groups, on the logit scale of the metric's range where
that is asked for, so that the interval stays inside the range. At an end of the range the
influence vanishes; there Wilson's interval for none (or all) of the informative units stands in,
close to the rule of three. A few metrics make their own. The bootstrap is the reference that tests
compare these against.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from scoring.metrics.cells import Cells
from scoring.metrics.confusion import Codes, Floats
from scoring.metrics.measured import Measured
from scoring.metrics.units import Interval, Units
from scoring.metrics.wilson import Z, wilson

__all__ = ["NONE", "Interval", "Units", "Z", "interval", "standard_error", "wilson"]

NONE = Interval()

_NEAR = 1e-12


def interval(
    measured: Measured, groups: Units | Codes, bounds: tuple[float, float], *, on_logit: bool
) -> Interval:
    """The interval of a metric measured on n rows.

    `groups` are the codes (n,) of the units that rows belong to, or `Units` made of them, which
    is worth it where many metrics are measured on the same rows.
    """
    value = measured.value
    if measured.groups is not None:
        groups = measured.groups
    units = groups if isinstance(groups, Units) else Units.of(groups)
    if value is None or (measured.effects is None and measured.ends is None):
        return NONE
    if measured.ends is not None:
        return measured.ends(units)
    if measured.trials is not None and not units.grouped:
        return _wilson_interval(value, measured.trials)
    low, high = bounds
    share = (value - low) / (high - low)
    if on_logit and not _NEAR < share < 1 - _NEAR:
        count = min(measured.trials or measured.units or units.n, units.count)
        ends = wilson(round(share), count)
        return Interval(low + ends[0] * (high - low), low + ends[1] * (high - low), 0.0)
    if units.count < 2:
        return NONE
    error = _standard_error(measured, units)
    if not on_logit:
        return Interval(max(low, value - Z * error), min(high, value + Z * error), error)
    half = Z * error / ((high - low) * share * (1 - share))
    ends = expit(logit(share) + np.array([-half, half]))
    return Interval(float(low + ends[0] * (high - low)), float(low + ends[1] * (high - low)), error)


def standard_error(sums: Floats, n: int) -> float:
    """Standard error of a mean of n rows from the influence sums (G,) of G >= 2 groups.

    sqrt(G / (G - 1) * sum of squares) / n, the usual small-sample form for clustered rows.
    """
    return _from_squares(float(np.dot(sums, sums)), len(sums), n)


def _standard_error(measured: Measured, units: Units) -> float:
    if isinstance(measured.effects, Cells) and not units.grouped:
        return _from_squares(measured.effects.dot(measured.effects), units.n, units.n)
    influence = measured.influence
    assert influence is not None  # noqa: S101 - asked for with effects only
    return standard_error(units.sums(influence), units.n)


def _from_squares(squares: float, count: int, n: int) -> float:
    return float(np.sqrt(count / (count - 1) * squares) / n)


def _wilson_interval(share: float, trials: int) -> Interval:
    low, high = wilson(share, trials)
    return Interval(low, high, float(np.sqrt(share * (1 - share) / trials)))
