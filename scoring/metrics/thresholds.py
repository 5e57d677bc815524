"""The interval of the recall at a wanted precision, where the rows choose the threshold.

With h(t) = T(t) - p N(t) (T hits among N accepted rows) the recall is taken where h falls through
0. Two things move it: the noise of h moves that place, and at a fixed place the recall has the
noise of a share. The first needs the slope of the recall along h, which would be a local density;
instead the places are taken that a score test of "precision = p" does not reject, |h| <= z sd(h)
(test inversion, as Fieller's theorem does for a ratio). This copes with a precision that falls
slowly and with thresholds that never reach p. Both distances are joined as for correlated normal
errors (MOVER, Zou and Donner 2008): half^2 = a^2 + b^2 + 2 r a b, where the second is Wilson's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring.metrics.cells import Cells
from scoring.metrics.confusion import Floats
from scoring.metrics.curve import Curve
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
        enough = curve.hits / curve.accepted >= precision - SLACK
        best = int(np.argmax(np.where(enough, curve.hits, -1))) if enough.any() else None
        return cls(curve, precision, best)

    @property
    def value(self) -> float:
        """The recall, 0 if no threshold reaches the precision."""
        if self.best is None:
            return 0.0
        return float(self.curve.hits[self.best] / self.curve.positives)

    @property
    def tables(self) -> tuple[Floats, Floats]:
        """By cell, what a row adds to h and to the recall (times positives) at the threshold."""
        curve, p = self.curve, self.precision
        accepted = np.arange(len(curve.thresholds)) <= (self.best or 0)
        h = np.concatenate((-p * accepted, (1 - p) * accepted))
        share = float(curve.hits[self.best or 0] / curve.positives)
        return h, np.concatenate((np.zeros(len(accepted)), accepted - share))

    @property
    def effects(self) -> Cells:
        """Influence values, with the slope of the recall along h taken over the band."""
        h, found = self.tables
        below, above = self._shift(1.0)
        noise = Z * np.sqrt(Cells(self.curve, h).square_sum())
        slope = (below + above) / (2 * noise)
        centred = h - float(self.curve.sizes @ h) / self.curve.n
        table = self.curve.n * (found / self.curve.positives + slope * centred)
        return Cells(self.curve, table)

    def _shift(self, inflation: float) -> tuple[float, float]:
        """How far the recall falls and rises within the band of places, both at least 0."""
        curve, p = self.curve, self.precision
        excess = curve.hits - p * curve.accepted
        noise = Z * np.sqrt(p * (1 - p) * curve.accepted * inflation)
        sure, possible = curve.hits[excess >= noise], curve.hits[excess >= -noise]
        low, high = sure.max(initial=0), possible.max(initial=0)
        return self.value - float(low / curve.positives), float(high / curve.positives) - self.value

    def interval(self, units: Units) -> Interval:
        """The interval for rows of these units."""
        h, found = (Cells(self.curve, table) for table in self.tables)
        h2: Any = h.square_sum()
        found2: Any = found.square_sum()
        product: Any = self.curve.sizes @ (h.table * found.table)
        h_inflation = found_inflation = 1.0
        if units.grouped:
            h_sums, found_sums = units.sums(h.per_row()), units.sums(found.per_row())
            h_inflation = _ratio(h_sums @ h_sums, h2)
            found_inflation = _ratio(found_sums @ found_sums, found2)
            h2, found2 = h_sums @ h_sums, found_sums @ found_sums
            product = h_sums @ found_sums
        correlation = min(1.0, max(0.0, _ratio(product, np.sqrt(h2 * found2), 0.0)))
        down, up = self._shift(h_inflation)
        low, high = wilson(self.value, self.curve.positives / found_inflation)
        below = _joined(down, self.value - low, correlation)
        above = _joined(up, high - self.value, correlation)
        ends = max(0.0, self.value - below), min(1.0, self.value + above)
        return Interval(*ends, (below + above) / (2 * Z))


def _joined(a: float, b: float, correlation: float) -> float:
    return float(np.sqrt(a * a + b * b + 2 * correlation * a * b))


def _ratio(part: Any, whole: Any, otherwise: float = 1.0) -> float:
    return float(part / whole) if whole > 0 else otherwise
