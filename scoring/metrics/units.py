"""Which rows are independent of each other, and what an interval is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scoring.metrics.confusion import Codes, Counts, Floats


@dataclass(frozen=True)
class Units:
    """Which of n rows belong together as one independent unit; made once for each part.

    `codes` (n,) number the `count` units densely; None where every row is a unit of its own.
    """

    n: int
    count: int
    codes: Counts | None = None

    @classmethod
    def of(cls, groups: Codes) -> Units:
        """The units of group codes (n,), whole numbers that need not be dense."""
        n = len(groups)
        if n == 0:
            return cls(0, 0)
        # Codes of a whole solution are dense; those of a part of it have gaps.
        if groups.min() < 0 or groups.max() > 16 * n:
            groups = np.unique(groups, return_inverse=True)[1]
        used = np.bincount(groups) > 0
        count = int(np.count_nonzero(used))
        if count == n:
            return cls(n, n)
        return cls(n, count, (np.cumsum(used) - 1)[groups])

    @property
    def grouped(self) -> bool:
        """Whether any unit has more than one row."""
        return self.codes is not None

    @cached_property
    def order(self) -> Counts:
        """The permutation that sorts rows by unit, (n,), made once."""
        return np.arange(self.n) if self.codes is None else np.argsort(self.codes)

    def sums(self, values: Floats) -> Floats:
        """Values (n,) summed within each unit, (count,)."""
        if self.codes is None:
            return values
        sums = np.bincount(self.codes, weights=values, minlength=self.count)
        return sums.astype(np.float64, copy=False)


@dataclass(frozen=True)
class Interval:
    """Ends and standard error of a 95 % interval; None where no closed form exists."""

    low: float | None = None
    high: float | None = None
    standard_error: float | None = None
