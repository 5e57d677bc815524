"""How often each decision was made for each truth, counted once for all metrics of decisions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]
Counts = npt.NDArray[np.int64]

_SMALL = 1 << 12


@dataclass(frozen=True)
class Confusion:
    """n rows counted in C cells, each a pair of truth and decision.

    `truth` (C,) and `decided` (C,) are the class codes of a cell, `sizes` (C,) the rows in it;
    `names` (C,) are ascending and `of_row` (n,) names the cell of each row. All K * K cells exist
    if they are few compared with the rows, otherwise only those that have rows, so that 10,000
    classes cost no more memory than the rows do.
    """

    classes: int
    truth: Codes
    decided: Codes
    sizes: Counts
    names: Codes
    of_row: Codes

    @classmethod
    def of(cls, truth: Codes, decided: Codes, classes: int) -> Confusion:
        """The confusion of class codes truth (n,) and decided (n,) below `classes`."""
        cells = classes * classes
        width = np.int32 if cells < 1 << 31 else np.int64
        of_row = np.multiply(truth, classes, dtype=width, casting="unsafe") + decided
        if cells <= max(_SMALL, len(truth)):
            names = np.arange(cells)
            sizes = np.bincount(of_row, minlength=cells)
        else:
            names, sizes = np.unique(of_row, return_counts=True)
        return cls(classes, names // classes, names % classes, sizes, names, of_row)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.of_row)

    @cached_property
    def cells(self) -> Codes:
        """The cell of each row, (n,)."""
        whole = len(self.names) == self.classes * self.classes
        return self.of_row if whole else np.searchsorted(self.names, self.of_row)

    @cached_property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether the decision of a cell is right, (C,)."""
        right: npt.NDArray[np.bool_] = self.truth == self.decided
        return right

    @cached_property
    def support(self) -> Counts:
        """Rows of each class by truth, (K,)."""
        return self._by_class(self.truth, self.sizes)

    @cached_property
    def claims(self) -> Counts:
        """Rows of each class by decision, (K,)."""
        return self._by_class(self.decided, self.sizes)

    @cached_property
    def hits(self) -> Counts:
        """Rows of each class that are rightly decided, (K,)."""
        return self._by_class(self.truth[self.right], self.sizes[self.right])

    def _by_class(self, codes: Codes, sizes: Counts) -> Counts:
        # Sums of counts are whole numbers far below 2^53, so the detour over floats is exact.
        return np.bincount(codes, weights=sizes, minlength=self.classes).astype(np.int64)
