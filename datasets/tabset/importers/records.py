"""Records that raw data give only inside their pairs: one for each different key or text."""

import hashlib
from collections.abc import Iterator, Sequence

import pyarrow as pa

from tabset.draft import RECORD_ID
from tabset.stage import BATCH_ROWS

SHORTEST = 12  # hexadecimal digits: 48 bits, more only where two records would share them

Cells = tuple[tuple[str, str | None], ...]


class Records:
    """Collects the records of one side. Made ids depend only on the text of a record.

    Records with made ids are given in the order of these, so that neither an id nor its place in
    the table says anything about the pairs.
    """

    def __init__(self) -> None:
        self._ids: dict[Cells, str] = {}
        self._keyed: dict[str, Cells] = {}
        self._made: dict[str, Cells] = {}
        self._columns: dict[str, None] = {}

    def id_of(self, cells: Cells) -> str:
        """The made id of the record with these cells, the same for the same cells."""
        if cells not in self._ids:
            self._ids[cells] = self._make(cells)
        return self._ids[cells]

    def one_more(self, cells: Cells) -> str:
        """A made id for a record of its own, even if another has the same cells."""
        return self._make(cells)

    def keyed(self, key: str, cells: Cells) -> bool:
        """Keeps the record under its key; False if the key stands for other cells already."""
        self._note(cells)
        return self._keyed.setdefault(key, cells) == cells

    def _make(self, cells: Cells) -> str:
        self._note(cells)
        text = "\x1e".join(f"{name}\x1f{cell}" for name, cell in cells if cell is not None)
        digest = hashlib.sha256(text.encode()).hexdigest()
        found, number = digest[:SHORTEST], 1
        while found in self._made:
            number += 1
            found = f"{digest[:SHORTEST]}-{number}"
        self._made[found] = cells
        return found

    def _note(self, cells: Cells) -> None:
        self._columns |= dict.fromkeys(name for name, _ in cells)

    @property
    def names(self) -> tuple[str, ...]:
        """`record_id` and the columns in the order in which they were first seen."""
        return (RECORD_ID, *self._columns)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The records as batches with the columns `names`."""
        found = [*self._keyed.items(), *sorted(self._made.items())]
        for start in range(0, len(found), BATCH_ROWS):
            yield self._batch(found[start : start + BATCH_ROWS])

    def _batch(self, records: Sequence[tuple[str, Cells]]) -> pa.RecordBatch:
        rows = [dict(cells) for _, cells in records]
        arrays = [pa.array([key for key, _ in records], pa.string())]
        arrays += [pa.array([row.get(name) for row in rows], pa.string()) for name in self._columns]
        return pa.RecordBatch.from_arrays(arrays, list(self.names))
