"""Column types with the evidence for them, found in one pass over raw text cells."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from tabset.draft import DraftColumn
from tabset.inference.decide import draft_column
from tabset.inference.observe import ColumnObserver

BLOCK_ROWS = 262_144
BLOCK_BYTES = 1 << 25
THREADS = 2
THREADED_ROWS = 10_000  # with fewer rows Python's own work is most of it, which threads slow down
KEPT_BYTES = 1 << 27
LEAST_KEPT_BYTES, MOST_KEPT_BYTES = 1 << 14, 1 << 24


class TableObserver:
    """Watches the rows of one table go by and then says what its columns are.

    Memory is bounded: at most `BLOCK_BYTES` of cells wait (plus the last batch), and the different
    values of all columns are kept up to about `KEPT_BYTES`. How the rows are cut into batches makes
    no difference.
    """

    def __init__(self, names: Sequence[str]) -> None:
        share = KEPT_BYTES // max(len(names), 1)
        limit = min(max(share, LEAST_KEPT_BYTES), MOST_KEPT_BYTES)
        self._columns = [ColumnObserver(name, limit) for name in names]
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0
        self._bytes = 0

    def see(self, batch: pa.RecordBatch) -> None:
        """Takes the next rows: a text column per name, in order, null where a cell is empty."""
        self._waiting.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= BLOCK_ROWS or self._bytes >= BLOCK_BYTES:
            self._look()

    def columns(self, keep_text: Collection[str] = ()) -> tuple[DraftColumn, ...]:
        """The columns with type, evidence, missing share, distinct count and samples.

        Columns in `keep_text` (labels, ids and other roles) are never turned into anything: they
        are of type id, categorical or text and no text of theirs is missing. Above 50,000 different
        values (fewer where they are long) a column is no longer counted: `distinct` is then the
        number counted so far plus one, and the evidence says "more than".
        """
        self._look()
        return tuple(draft_column(column, column.name in keep_text) for column in self._columns)

    def _look(self) -> None:
        """Shows the waiting rows to the observers of their columns, two columns at a time."""
        waiting, rows = self._waiting, self._rows
        self._waiting, self._rows, self._bytes = [], 0, 0
        if not waiting:
            return

        def show(place: int) -> None:
            self._columns[place].see([batch.column(place) for batch in waiting])

        places = range(len(self._columns))
        if rows < THREADED_ROWS:
            for place in places:
                show(place)
            return
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(show, places))
