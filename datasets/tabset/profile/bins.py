"""Bins for numbers and dates: few, on round edges, not ruled by single outliers."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 24
# Beyond these quantiles lies what may be an outlier; it is binned only if it is not far off.
TAILS = (0.005, 0.995)
FAR = 0.25
LIMIT = 1e300
# Units of time with how many of them make a bin, finest first.
LADDER = (
    ("us", 1), ("us", 1_000), ("us", 100_000), ("s", 1), ("s", 10), ("m", 1), ("m", 10), ("h", 1),
    ("h", 6), ("D", 1), ("D", 7), ("M", 1), ("M", 3), ("Y", 1), ("Y", 5), ("Y", 10), ("Y", 100),
    ("Y", 1_000),
)  # fmt: skip


# Edges per decade of a logarithmic axis, fine to coarse.
DECADES = ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1,))
# A bin with more than this share hides what there is to see.
CROWDED = 0.6
# The share of positive numbers from which a logarithmic axis makes sense.
POSITIVE = 0.95


@dataclass(frozen=True)
class Bins:
    """Rising edges, and whether the first and the last bin hold all that lies beyond them.

    `log` says that the edges rise by factors rather than by steps. Values are counted from
    `origin`, since a float cannot tell two microseconds apart that are far from 1970.
    """

    edges: NDArray[np.float64]
    open_low: bool
    open_high: bool
    log: bool = False
    origin: int = 0

    def count(self, values: NDArray[np.float64] | NDArray[np.int64]) -> tuple[int, ...]:
        """How many of the finite values each bin holds."""
        inside = np.clip(values - self.origin, self.edges[0], self.edges[-1])
        return tuple(np.histogram(inside, self.edges)[0].tolist())


def of_numbers(values: NDArray[np.float64]) -> Bins:
    """Bins over finite numbers, at least one; whole numbers of a small range get a bin each.

    If most numbers would fall into one bin, they are binned on a logarithmic axis, if nearly all
    are positive; its first bin then holds the others.
    """
    values = np.clip(values, -LIMIT, LIMIT)
    low, high, open_low, open_high = _range(values)
    whole = bool(np.all(values == np.floor(values)))
    if whole and high - low < BINS and max(abs(low), abs(high)) < 1e15:
        return Bins(np.arange(low, high + 2) - 0.5, open_low, open_high)
    found = Bins(_even_edges(low, high, whole), open_low, open_high)
    positive = values[values > 0]
    if max(found.count(values)) <= CROWDED * len(values) or len(positive) < POSITIVE * len(values):
        return found
    edges = _factors(float(positive.min()), float(positive.max()), whole)
    return Bins(edges, len(positive) < len(values), False, log=True) if edges is not None else found


def _even_edges(low: float, high: float, whole: bool) -> NDArray[np.float64]:
    step = _round_step((high - low) / (BINS - 4))
    step = max(step, 1.0) if whole else step
    if step:
        numbers = np.arange(math.floor(low / step), math.floor(high / step) + 2)
        edges = numbers.astype(np.float64) * step
        if np.all(np.diff(edges) > 0):
            return edges
    # One value, or values that differ only in their last bits.
    return np.array([low - max(1.0, abs(low) * 1e-9), high + max(1.0, abs(high) * 1e-9)])


def _factors(least: float, most: float, whole: bool) -> NDArray[np.float64] | None:
    """Edges that rise by factors; None if the numbers do not span a factor of ten, or too many."""
    first, last = math.floor(math.log10(least)), math.floor(math.log10(most))
    for digits in DECADES:
        powers = range(first, last + 2)
        edges = np.array([digit * 10.0**power for power in powers for digit in digits])
        start = int(np.searchsorted(edges, least, side="right")) - 1
        end = int(np.searchsorted(edges, most, side="right")) + 1
        chosen = edges[max(start, 0) : end]
        if 10 * least < most and len(chosen) <= BINS + 1 and np.all(np.diff(chosen) > 0):
            return chosen[chosen % 1 == 0] if whole else chosen
    return None


def of_dates(values: NDArray[np.int64]) -> tuple[Bins, tuple[str, ...]]:
    """Bins over microseconds since 1970, and their edges as ISO 8601 texts."""
    low, high, open_low, open_high = _range(values.astype(np.float64))
    start, end = (np.datetime64(int(side), "us") for side in (low, high))
    unit, step, first, last = _rung(start, end)
    edges = np.arange(first, last + step + 1, step).astype(f"datetime64[{unit}]")
    texts = tuple(str(edge) for edge in edges)
    moments = edges.astype("datetime64[us]").astype(np.int64)
    origin = int(moments[0])
    return Bins((moments - origin).astype(np.float64), open_low, open_high, origin=origin), texts


def _rung(start: np.datetime64, end: np.datetime64) -> tuple[str, int, int, int]:
    """The finest unit and step that need at most `BINS` bins, with the first and last number."""
    for unit, step in LADDER:
        first, last = (
            int(side.astype(f"datetime64[{unit}]").astype(np.int64)) // step * step
            for side in (start, end)
        )
        if (last - first) // step < BINS:
            break
    return unit, step, first, last


def _range(values: NDArray[np.float64]) -> tuple[float, float, bool, bool]:
    """The range to bin and whether there are values below and above it."""
    low, high = (float(side) for side in np.quantile(values, TAILS, method="closest_observation"))
    least, most = float(values.min()), float(values.max())
    span = high - low
    if span == 0:
        return least, most, False, False
    open_low, open_high = least < low - FAR * span, most > high + FAR * span
    return (low if open_low else least), (high if open_high else most), open_low, open_high


def _round_step(width: float) -> float:
    """The smallest of 1, 2, 5 × 10^k that is at least `width`; 0 for 0."""
    if width <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(width))
    return next((n * power for n in (1, 2, 5) if n * power >= width), 10 * power)
