"""The interval of the recall at a required precision, where the rows choose the threshold.

With h(t) = T(t) - p N(t) (T hits among N accepted rows) the recall is read where h falls through 0.
It has two sources of noise: that of h moves this place, and at a fixed place the recall is a noisy
share. The first needs the slope of the recall along h, which would be a local density; instead the
places are taken that a score test of "precision = p" does not reject, |h| <= z sd(h) (test
inversion, as Fieller's theorem does for a ratio). This copes with a precision that falls slowly and
with thresholds that never reach p. Both distances are joined as for correlated normal errors
(MOVER, Zou and Donner 2008): half^2 = a^2 + b^2 + 2 r a b, where the second is Wilson's.

If few rows are accepted, no threshold may be certain to reach p, and the lower end is 0. There the
interval is longer than the bootstrap's, whose resamples treat the measured precision as the true
one, and covers 97 to 99 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.metrics.cells import Cells
from scoring.metrics.curve import Curve, Cut, Mask
from scoring.metrics.units import Interval, Units
from scoring.metrics.wilson import Z, wilson

SLACK = 1e-12


@dataclass(frozen=True)
class Band:
    """The threshold index `best` of a curve with the largest recall at a precision, if any."""

    curve: Curve
    precision: float
    best: int | None

    @classmethod
    def of(cls, curve: Curve, precision: float) -> Band:
        """The band of a curve with a positive; among equal recalls the highest threshold."""
        last = _last(curve.precision >= precision - SLACK)
        best = None if last is None else int(np.searchsorted(curve.hits, curve.hits[last]))
        return cls(curve, precision, best)

    @property
    def value(self) -> float:
        """The recall, 0 if no threshold reaches the precision."""
        return self._recall(self.best)

    @property
    def effects(self) -> Cells:
        """Influence values, with the slope of the recall along h taken over the band."""
        h, found = self._moved()
        below, above = self._shift(1.0)
        slope = (below + above) / (2 * Z * np.sqrt(h.dot(h)))
        table = found.table / self.curve.positives + slope * (h.table - h.mean())
        return Cells(h.partition, self.curve.n * table)

    def interval(self, units: Units) -> Interval:
        """The interval for rows of these units."""
        h, found = self._moved()
        own = np.array([[h.dot(h), h.dot(found)], [found.dot(h), found.dot(found)]])
        squares = own
        if units.grouped:
            sums = np.array([units.sums(h.per_row()), units.sums(found.per_row())])
            squares = sums @ sums.T
        # Groups never count for more than their rows.
        inflation = np.maximum(1.0, np.diag(squares) / np.diag(own).clip(SLACK))
        scale = np.sqrt(squares[0, 0] * squares[1, 1])
        correlation = min(1.0, max(0.0, float(squares[0, 1] / scale))) if scale > 0 else 0.0
        down, up = self._shift(float(inflation[0]))
        low, high = wilson(self.value, self.curve.positives / float(inflation[1]))
        below = _joined(down, self.value - low, correlation)
        above = _joined(up, high - self.value, correlation)
        ends = max(0.0, self.value - below), min(1.0, self.value + above)
        return Interval(*ends, (below + above) / (2 * Z))

    def _moved(self) -> tuple[Cells, Cells]:
        """What a row adds to h and to the recall (times positives) at the threshold."""
        p, share = self.precision, self.value
        cut = Cut(self.curve, self.best or 0)
        # If no threshold reaches the precision, the highest one is used and finds nothing.
        found = np.array([0, 0, -share, 1 - share if self.best is not None else 0])
        return Cells(cut, np.array([0, -p, 0, 1 - p])), Cells(cut, found)

    def _shift(self, inflation: float) -> tuple[float, float]:
        """How far the recall falls and rises within the band of places, both at least 0."""
        curve, p = self.curve, self.precision
        excess = (curve.precision - p) * curve.root
        noise = Z * np.sqrt(p * (1 - p) * inflation)
        low, high = (self._recall(_last(excess >= end)) for end in (noise, -noise))
        return max(0.0, self.value - low), max(0.0, high - self.value)

    def _recall(self, at: int | None) -> float:
        return 0.0 if at is None else float(self.curve.hits[at] / self.curve.positives)


def _last(mask: Mask) -> int | None:
    """The index of the last True, if any."""
    back = int(np.argmax(mask[::-1]))
    return len(mask) - 1 - back if mask[-1 - back] else None


def _joined(a: float, b: float, correlation: float) -> float:
    return float(np.sqrt(a * a + b * b + 2 * correlation * a * b))
