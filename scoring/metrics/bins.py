"""Calibration errors and their intervals.

Each of 15 equal-width bins has a gap, its mean hit less its mean probability. The expected
calibration error is a sum of absolute values, so the noise of every gap pushes it up: a perfectly
calibrated method has an error of about 0.8 times the sum of the gaps' standard errors. Its
interval takes that into account. With w_m = n_m/n times the gap of bin m, normal with the
covariance that the rows (or groups) show, the error has the mean and variance of a sum of folded
normals (Leone, Nelson and Nottingham 1961), which depend on the true w. The interval holds the true
errors under which the measured one is within 1.96 standard deviations of its mean. How a true error
is shared among the bins must be guessed: bins that seem to have no gap add most bias, so the lower
end uses the noise-corrected sqrt(max(0, w^2 - sd^2)) and the upper end the measured |w|, whose bias
is smaller. The interval is then widened to hold the measured error itself, so near 0 it covers more
often than 95 %.

The largest calibration error gets joint intervals of all bins (Sidak; Wilson for the hits, joined
with the noise of the probabilities), which hold the true largest gap of the bins that have rows at
least as often as they say, mostly much more often.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri

from scoring.metrics.confusion import Codes, Counts, Floats
from scoring.metrics.curve import Mask
from scoring.metrics.units import Interval, Units
from scoring.metrics.wilson import Z, wilson

BINS = 15
_STEPS = 400
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Bins:
    """n rows by the probability that was stated: `place` (n,) is the bin of a row.

    `over` (n,) is hit less probability; for all M bins `counts`, `hits`, `chances`, `over2` and
    `expected2` are the rows and the sums of hits, probabilities p, squared `over`, and p (1 - p),
    which is what the last is on average if the probabilities are right.
    """

    place: Codes
    over: Floats
    counts: Counts
    hits: Floats
    chances: Floats
    over2: Floats
    expected2: Floats

    @classmethod
    def of(cls, hit: Mask, chance: Floats, bins: int = BINS) -> Bins:
        """Bins (lo, hi] of equal width; p = 0 falls in the first.

        The bin is found by comparing p with the edges m/bins; ceil(p * bins) - 1 would misplace
        7/25 and 14/50 by rounding.
        """
        edges = np.append(-np.inf, np.arange(1, bins + 1) / bins)
        # The product is almost right, so one comparison with either edge corrects it. A sum within
        # 1e-9 of 1 can leave a probability just above 1.
        place = np.clip(chance * bins, 0, bins - 1).astype(np.intp)
        place += (chance > edges[place + 1]) & (place < bins - 1)
        place -= chance <= edges[place]
        over = hit - chance

        def total(values: Floats | Mask) -> Floats:
            return np.bincount(place, weights=values, minlength=bins).astype(np.float64, copy=False)

        counts = np.bincount(place, minlength=bins)
        sums = (total(values) for values in (hit, chance, over * over, chance * (1 - chance)))
        return cls(place, over, counts, *sums)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.place)

    @cached_property
    def gaps(self) -> Floats:
        """Mean hit less mean probability of each bin, 0 where it has no rows, (M,)."""
        gaps: Floats = (self.hits - self.chances) / self.counts.clip(min=1)
        return gaps

    @property
    def ece(self) -> float:
        """The expected calibration error."""
        return float(np.abs(self.gaps) @ self.counts / self.n)

    @property
    def mce(self) -> float:
        """The largest calibration error."""
        return float(np.abs(self.gaps).max())

    def ece_effects(self) -> Floats:
        """Influence values of the expected calibration error, (n,)."""
        effects: Floats = np.sign(self.gaps)[self.place] * self.over - self.ece
        return effects

    def mce_effects(self) -> Floats:
        """Influence values of the largest calibration error, of the bin that has it, (n,)."""
        worst = int(np.abs(self.gaps).argmax())
        scale = np.sign(self.gaps[worst]) * self.n / max(1, self.counts[worst])
        return np.where(self.place == worst, (self.over - self.gaps[worst]) * scale, 0.0)

    def ece_interval(self, units: Units) -> Interval:
        """The interval of the expected calibration error for rows of these units."""
        means = self.gaps * self.counts / self.n
        covariance = self._covariance(units)
        deviations = np.sqrt(np.maximum(0.0, np.diag(covariance)))
        if not deviations.any():
            return Interval(self.ece, self.ece, 0.0)
        off = covariance - np.diag(np.diag(covariance))
        errors = np.linspace(0.0, self.ece + 2 * Z * float(deviations.sum()), _STEPS)
        corrected = np.sqrt(np.maximum(0.0, means**2 - deviations**2))
        # If hits are rare, a bin without any looks as if it had no noise.
        found2 = np.where(self.over2 > 0, self.over2, np.inf)
        wider = deviations * np.sqrt(np.maximum(1.0, self.expected2 / found2))
        mean, deviation = _folded(np.outer(errors, _shares(corrected)), wider, off)
        low = float(np.interp(self.ece, mean + Z * deviation, errors, left=0.0))
        mean, deviation = _folded(np.outer(errors, _shares(np.abs(means))), deviations, off)
        high = float(np.interp(self.ece, mean - Z * deviation, errors))
        _, error = _folded(np.abs(means)[None], deviations, off)
        return Interval(min(low, self.ece), min(1.0, max(high, self.ece)), float(error[0]))

    def mce_interval(self, units: Units) -> Interval:
        """Joint intervals of the gaps: the largest of their lower and of their upper ends."""
        used = np.flatnonzero(self.counts)
        z = float(ndtri((1 + (2 * ndtr(Z) - 1) ** (1 / len(used))) / 2))
        # By bin: the noise of the summed gaps relative to that of independent rows.
        own = self.over2 - self.counts * self.gaps**2
        inflation = np.ones(len(self.counts))
        if units.grouped:
            squares = np.diag(self._squares(units, self.over - self.gaps[self.place]))
            inflation = np.maximum(1.0, squares / np.where(own > 0, own, np.inf))
        ends = np.array([self._gap_ends(m, z, inflation[m]) for m in used.tolist()])
        low = np.maximum(0.0, np.maximum(ends[:, 0], -ends[:, 1])).max()
        high = min(1.0, np.abs(ends).max())
        return Interval(float(low), float(high), float(high - low) / (2 * Z))

    def _gap_ends(self, m: int, z: float, inflation: float) -> tuple[float, float]:
        rows = self.counts[m] / inflation
        hit, chance = self.hits[m] / self.counts[m], self.chances[m] / self.counts[m]
        low, high = wilson(hit, rows, z)
        # The probabilities of a bin differ by at most 1/M, so their variance is at most 1/4M^2.
        noise = z / (2 * len(self.counts) * np.sqrt(rows))
        return hit - chance - np.hypot(hit - low, noise), hit - chance + np.hypot(high - hit, noise)

    def _covariance(self, units: Units) -> Floats:
        """The covariance of the bins' sums of `over`, divided by n, (M, M)."""
        sums = (self.hits - self.chances) / units.count
        squares = self._squares(units, self.over) if units.grouped else np.diag(self.over2)
        centred = squares - units.count * np.outer(sums, sums)
        return centred * units.count / ((units.count - 1) * self.n**2)

    def _squares(self, units: Units, values: Floats) -> Floats:
        """S'S of the sums S (G, M) of values (n,) by unit and bin, made in chunks of units."""
        bins = len(self.counts)
        assert units.codes is not None  # noqa: S101 - asked for grouped rows only
        order = units.order
        codes = units.codes[order]
        cells, values = codes * bins + self.place[order], values[order]
        total = np.zeros((bins, bins))
        starts = np.arange(0, units.count, _CHUNK)
        for start, first, end in zip(
            starts,
            np.searchsorted(codes, starts),
            np.searchsorted(codes, starts + _CHUNK),
            strict=True,
        ):
            rows = slice(first, end)
            size = min(_CHUNK, units.count - int(start)) * bins
            sums = np.bincount(
                cells[rows] - start * bins, weights=values[rows], minlength=size
            ).reshape(-1, bins)
            total += sums.T @ sums
        return total


def _shares(values: Floats) -> Floats:
    """Values (M,) divided by their sum; equal shares where all are 0."""
    values = values if values.any() else np.ones(len(values))
    shares: Floats = values / values.sum()
    return shares


def _folded(means: Floats, deviations: Floats, off: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the sum of |normal| with means (E, M), both (E,).

    `off` is the covariance (M, M) of the normals without its diagonal; to first order two absolute
    values have it times their mean signs.
    """
    sd = np.where(deviations > 0, deviations, 1.0)
    ratio = means / sd
    signs = 2 * ndtr(ratio) - 1
    folded = sd * np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2) + means * signs
    folded = np.where(deviations > 0, folded, means)
    variance = np.sum(means**2 + deviations**2 - folded**2, axis=1)
    variance += np.einsum("em,mk,ek->e", signs, off, signs)
    return folded.sum(axis=1), np.sqrt(np.maximum(variance, 0.0))
