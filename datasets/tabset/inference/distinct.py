"""The different texts of a column and how often each occurs, up to a limit."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

KEPT = 50_000
OVERHEAD_BYTES = 16  # what the count and the offset of one kept text take


@dataclass(frozen=True)
class Texts:
    """Filled cells: all of them (`counts` None), or each different one with its count."""

    values: pa.Array
    counts: NDArray[np.int64] | None = None

    def total(self, mask: NDArray[np.bool_]) -> int:
        """How many cells the marked values stand for."""
        return int(mask.sum() if self.counts is None else self.counts[mask].sum())

    def filter(self, mask: NDArray[np.bool_]) -> "Texts":
        """Only the marked values."""
        counts = None if self.counts is None else self.counts[mask]
        return Texts(self.values.filter(pa.array(mask)), counts)


class Distinct:
    """Counts different texts, in order of first appearance, until there are too many.

    Counting ends before the first text that no longer fits, so what is known then does not depend
    on how the cells were cut into blocks: `values` and `counts` describe the first `cells` cells.
    """

    def __init__(self, byte_limit: int) -> None:
        self.values = pa.array([], pa.string())
        self.counts: NDArray[np.int64] = np.zeros(0, np.int64)
        self.cells = 0
        self.full = False
        self._bytes_left = byte_limit

    def __len__(self) -> int:
        return len(self.values)

    def see(self, cells: pa.Array) -> Texts:
        """Counts filled cells; returns them, each different one once as long as that is known."""
        if self.full:
            return Texts(cells)
        counted = compute.value_counts(cells)
        values, counts = counted.field("values"), np.asarray(counted.field("counts"), np.int64)
        places = self._places(values)
        known = places >= 0
        new = values.filter(pa.array(~known))
        fitting = self._fitting(new)
        if fitting < len(new):
            self.see(cells.slice(0, compute.index(cells, new[fitting]).as_py()))
            self.full = True
            return Texts(values, counts)
        self.counts[places[known]] += counts[known]
        self.counts = np.concatenate([self.counts, counts[~known]])
        self.values = pa.concat_arrays([self.values, new])
        self.cells += len(cells)
        self._bytes_left -= _size(new)
        return Texts(values, counts)

    def _places(self, values: pa.Array) -> NDArray[np.int64]:
        """Where each value is among the known ones, -1 if it is new."""
        if not len(self.values):
            return np.full(len(values), -1, np.int64)
        places = compute.index_in(values, value_set=self.values)
        return np.asarray(compute.fill_null(places, -1), np.int64)

    def _fitting(self, new: pa.Array) -> int:
        """How many of the new values still fit; a column's first one always does."""
        room = KEPT - len(self.values)
        if len(new) <= room and _size(new) <= self._bytes_left:
            return len(new)
        sizes = np.asarray(compute.binary_length(new), np.int64) + OVERHEAD_BYTES
        fitting = int(np.searchsorted(np.cumsum(sizes), self._bytes_left, side="right"))
        return min(max(fitting, 0 if len(self.values) else 1), room)


def _size(values: pa.Array) -> int:
    taken = compute.sum(compute.binary_length(values)).as_py() or 0
    return int(taken) + OVERHEAD_BYTES * len(values)
