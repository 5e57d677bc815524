"""Columns of staged tables as whole numbers: what a plan is made from, without a text per row."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset.draft import Draft, DraftColumn
from tabset.findings import Finding, Level
from tabset.stage import StagedTable

MISSING = -1
SHOWN_ROWS = 10


@dataclass(frozen=True)
class Coded:
    """One column: a code per row, -1 where the cell is missing, and the texts that they mean."""

    codes: NDArray[np.int32]
    texts: tuple[str, ...]

    def lowered(self) -> tuple[str, ...]:
        """The texts without regard to case and blanks around them."""
        return tuple(text.strip().lower() for text in self.texts)


def draft_column(draft: Draft, table: str, name: str) -> DraftColumn:
    """The column of that name; the draft's validation made sure that it is there."""
    return next(column for column in draft.tables[table] if column.name == name)


def is_missing(column: DraftColumn, values: pa.Array) -> pa.Array:
    """Whether each cell is missing: null, empty, or one of the column's texts for missing."""
    texts = pa.array(["", *column.missing_values], pa.string())
    return compute.or_(compute.is_null(values), compute.is_in(values, value_set=texts))


def coded(staged: StagedTable, column: DraftColumn) -> Coded:
    """The codes of a column, numbered by first occurrence, read batch by batch."""
    parts = [batch.column(0).dictionary_encode() for batch in staged.batches([column.name])]
    if not parts:
        return Coded(np.empty(0, dtype=np.int32), ())
    joined = pa.chunked_array(parts).unify_dictionaries()
    texts = joined.chunk(0).dictionary
    codes = np.concatenate([filled(part.indices) for part in joined.chunks])
    known = np.append(~np.asarray(is_missing(column, texts)), False)
    numbers = np.append(np.where(known, np.cumsum(known) - 1, MISSING), MISSING).astype(np.int32)
    return Coded(numbers[codes], tuple(texts.filter(pa.array(known[:-1])).to_pylist()))


def filled(indices: pa.Array) -> NDArray[np.int32]:
    """Arrow indices as numpy, -1 for null."""
    numbers: NDArray[np.int32] = compute.fill_null(indices.cast(pa.int32()), MISSING).to_numpy(
        zero_copy_only=False
    )
    return numbers


def taken(staged: StagedTable, name: str, rows: NDArray[np.int64]) -> pa.Array:
    """The cells of one column in those rows, which are numbered from 0 and ascend."""
    parts = [batch.column(0) for _, batch in picked(staged, [name], rows)]
    return pa.concat_arrays(parts) if parts else pa.array([], pa.string())


def picked(
    staged: StagedTable, names: Sequence[str], rows: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], pa.RecordBatch]]:
    """The named columns of some rows batch by batch, each with the numbers of its rows.

    `rows` are numbered from 0 and ascend; a batch has at least one row.
    """
    start = 0
    for batch in staged.batches(names):
        first, last = np.searchsorted(rows, [start, start + batch.num_rows]).tolist()
        numbers = rows[first:last]
        if last - first == batch.num_rows:
            yield numbers, batch
        elif last > first:
            yield numbers, batch.take(pa.array(numbers - start))
        start += batch.num_rows


def at_rows(
    level: Level, code: str, message: str, table: str, column: str, rows: Iterable[int]
) -> Finding:
    """A finding about rows numbered from 0; it shows the first ones, numbered from 1."""
    numbers = np.fromiter(rows, dtype=np.int64)
    shown = tuple((numbers[:SHOWN_ROWS] + 1).tolist())
    return Finding(level, code, message, table, column, shown, len(numbers))
