"""Values of rows that are the same for all rows of a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from scoring.metrics.confusion import Codes, Counts, Floats


class Partition(Protocol):
    """Rows divided into cells: `sizes` (C,) rows of each cell, `cells` (n,) the cell of a row."""

    @property
    def n(self) -> int: ...
    @property
    def sizes(self) -> Counts: ...
    @property
    def cells(self) -> Codes: ...


@dataclass(frozen=True)
class Cells:
    """Values of rows that depend only on their cell: `table` (C,) over a partition's cells.

    Sums over rows then need the sizes of the cells and no vector of n values.
    """

    partition: Partition
    table: Floats

    def per_row(self) -> Floats:
        """The value of each row, (n,)."""
        return self.table[self.partition.cells]

    def mean(self) -> float:
        """The mean over all rows."""
        return float(np.dot(self.partition.sizes, self.table)) / self.partition.n

    def dot(self, other: Cells) -> float:
        """The sum of products with another table of the same partition over all rows."""
        return float(np.dot(self.partition.sizes, self.table * other.table))
