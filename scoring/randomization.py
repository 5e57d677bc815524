"""Approximate randomization: would the difference survive if outputs swapped their owners?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.bootstrap import SLACK, generator
from scoring.metrics.confusion import Codes, Floats

Mask = npt.NDArray[np.bool_]
Difference = Callable[[Mask], float | None]

SWAPS = 9999


@dataclass(frozen=True)
class Swaps:
    """Masks (n,) of `count` random swaps of n rows, the same at every iteration.

    Each group (codes (n,)) is swapped as a whole with probability 1/2.
    """

    groups: Codes
    version: str
    purpose: str
    count: int = SWAPS

    def __iter__(self) -> Iterator[Mask]:
        _, codes = np.unique(self.groups, return_inverse=True)
        draws = generator(self.version, self.purpose)
        groups = int(codes.max()) + 1
        for _ in range(self.count):
            yield draws.integers(2, size=groups, dtype=np.bool_)[codes]


def mean_difference(a: Floats, b: Floats) -> Difference:
    """The difference of the means of per-row values of A and B, both (n,), after a swap."""
    gaps = a - b
    total = float(gaps.sum())
    return lambda mask: (total - 2 * float(mask @ gaps)) / len(gaps)


def metric_difference(
    metric: Callable[[npt.NDArray[Any]], float | None], a: npt.NDArray[Any], b: npt.NDArray[Any]
) -> Difference:
    """The difference of any metric of the outputs of A and B, both (n,) or (n, K), after a swap."""

    def difference(mask: Mask) -> float | None:
        rows = mask if a.ndim == 1 else mask[:, None]
        of_a, of_b = metric(np.where(rows, b, a)), metric(np.where(rows, a, b))
        return None if of_a is None or of_b is None else of_a - of_b

    return difference


@dataclass(frozen=True)
class Randomization:
    """The size of the difference, how many swaps reach it, and the two-sided p-value."""

    observed: float
    as_extreme: int
    p: float


def approximate_randomization(
    difference: Difference, n: int, masks: Iterable[Mask]
) -> Randomization | None:
    """The test that A and B are exchangeable, from R swaps of n rows; None where undefined.

    p = (#{|t_r| >= |t|} + 1)/(R + 1), with a slack of 1e-12 for rounding. Noreen 1989, Yeh 2000.
    A swap that leaves a metric undefined counts as extreme, so that p is never too small.
    """
    observed = difference(np.zeros(n, dtype=np.bool_))
    if observed is None:
        return None
    size = abs(observed)
    swaps = as_extreme = 0
    for mask in masks:
        swapped = difference(mask)
        swaps += 1
        as_extreme += swapped is None or abs(swapped) >= size - SLACK
    return Randomization(size, as_extreme, (as_extreme + 1) / (swaps + 1))
