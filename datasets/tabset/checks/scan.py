"""One pass over a staged table, batch by batch, that collects what the checks ask about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset import cells
from tabset.cells import CellError
from tabset.checks import rowhash
from tabset.checks.rowhash import Repeats, RowIndex
from tabset.draft import DraftColumn
from tabset.schema import ColumnType
from tabset.stage import StagedTable

SAMPLE_ROWS = 100_000
SAMPLE_CELLS = 4_000_000
SAMPLE_CHARACTERS = 100
SAMPLE_SEED = 20
SHOWN = 5
FAULTY_BATCHES = 20
PARSED = (ColumnType.NUMERIC, ColumnType.DATETIME, ColumnType.BOOLEAN, ColumnType.LIST)


@dataclass
class ColumnFacts:
    """What a pass found out about one column.

    `known` cells are not missing; `first` is the first of them, and all are alike if `constant`.
    `bad` cells do not parse as the declared type: their rows (from 0), what is wrong with the first
    ones, and whether there may be more than were counted.
    """

    known: int = 0
    first: str | None = None
    constant: bool = True
    bad_rows: list[int] = field(default_factory=list)
    bad_faults: list[str] = field(default_factory=list)
    bad_batches: int = 0


@dataclass(frozen=True)
class Scan:
    """What one pass over a staged table found.

    `ids` are rows that share a key, `same` rows that are alike in what makes them the same, both
    the keys without missing ones; `empty_ids` the first rows without a key and their count.
    `sample` holds the cells, long ones cut, of the rows `sampled` (from 0, ascending), which are at
    most 100,000 drawn at random.
    """

    rows: int
    columns: Mapping[str, ColumnFacts]
    ids: Repeats
    empty_ids: tuple[tuple[int, ...], int]
    same: Repeats
    sample: pa.Table
    sampled: NDArray[np.int64]


@dataclass(frozen=True)
class Questions:
    """What to ask of one table: its feature columns, and its key (empty if it has none)."""

    table: str
    features: tuple[DraftColumn, ...]
    key: str

    @property
    def names(self) -> tuple[str, ...]:
        """The feature columns, which make two rows the same."""
        return tuple(column.name for column in self.features)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that has to be read."""
        return tuple(dict.fromkeys((*self.names, *filter(None, [self.key]))))


def pass_over(
    staged: StagedTable, asked: Questions, scratch: Path, tick: Callable[[int], None]
) -> Scan:
    """Reads the table once; `scratch` takes hash files, `tick` gets the number of rows read."""
    facts = {column.name: ColumnFacts() for column in asked.features}
    ids = RowIndex(scratch, f"{asked.table}-ids", staged.rows if asked.key else 0)
    same = RowIndex(scratch, f"{asked.table}-same", staged.rows if asked.features else 0)
    empty = _Empty()
    sampled = _drawn(staged.rows, len(asked.columns))
    parts: list[pa.RecordBatch] = []
    start = 0
    for batch in staged.batches(asked.columns):
        for column in asked.features:
            _look_at(facts[column.name], column, batch[column.name], start)
        if asked.key:
            empty.see(start, batch[asked.key])
            ids.add(start, rowhash.row_hashes([batch[asked.key]]), empty.latest)
        if asked.features:
            same.add(start, rowhash.row_hashes([batch[name] for name in asked.names]))
        parts.append(_taken(batch, sampled, start))
        start += batch.num_rows
        tick(batch.num_rows)
    schema = pa.schema([(name, pa.string()) for name in asked.columns])
    return Scan(
        rows=start,
        columns=facts,
        ids=ids.repeats(),
        empty_ids=(tuple(empty.rows), empty.count),
        same=same.repeats(),
        sample=pa.Table.from_batches(parts, schema=schema).combine_chunks(),
        sampled=sampled,
    )


@dataclass
class _Empty:
    """Rows without a key: the first ones, their count, and which those of the latest batch are."""

    rows: list[int] = field(default_factory=list)
    count: int = 0
    latest: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def see(self, start: int, values: pa.Array) -> None:
        empty = compute.fill_null(compute.equal(values, ""), True)
        self.latest = empty.to_numpy(zero_copy_only=False)
        found = np.flatnonzero(self.latest)
        self.count += len(found)
        self.rows += (found[: SHOWN - len(self.rows)] + start).tolist()


def _drawn(rows: int, columns: int) -> NDArray[np.int64]:
    wanted = min(SAMPLE_ROWS, SAMPLE_CELLS // max(columns, 1))
    if rows <= wanted:
        return np.arange(rows, dtype=np.int64)
    random = np.random.Generator(np.random.PCG64(SAMPLE_SEED))
    return np.sort(random.choice(rows, wanted, replace=False, shuffle=False)).astype(np.int64)


def _taken(batch: pa.RecordBatch, sampled: NDArray[np.int64], start: int) -> pa.RecordBatch:
    """The sampled rows of a batch, cut."""
    first, last = np.searchsorted(sampled, [start, start + batch.num_rows])
    return cut(batch.take(pa.array(sampled[first:last] - start)))


def cut(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with long cells cut short, so that some thousand rows always fit in memory."""
    if batch.nbytes <= SAMPLE_CHARACTERS * batch.num_columns * batch.num_rows:
        return batch
    columns = [compute.utf8_slice_codeunits(part, 0, SAMPLE_CHARACTERS) for part in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _look_at(facts: ColumnFacts, column: DraftColumn, values: pa.Array, start: int) -> None:
    if column.missing_values:
        missing = compute.is_in(values, value_set=pa.array(column.missing_values, pa.string()))
        values = compute.if_else(missing, pa.scalar(None, pa.string()), values)
    facts.known += len(values) - values.null_count
    if facts.first is None and values.null_count < len(values):
        facts.first = values.drop_null()[0].as_py()
    if facts.constant and facts.first is not None:
        facts.constant = compute.all(compute.equal(values, facts.first)).as_py() is not False
    if column.type in PARSED and facts.bad_batches < FAULTY_BATCHES:
        _parse(facts, column, values, start)


def _parse(facts: ColumnFacts, column: DraftColumn, values: pa.Array, start: int) -> None:
    """Counts the cells that do not parse; only a batch that has one is looked at text by text."""
    try:
        cells.parse(column, values)
        return
    except CellError:
        facts.bad_batches += 1
    encoded = values.dictionary_encode()
    faults = {
        code: fault
        for code, text in enumerate(encoded.dictionary)
        if (fault := _fault(column, text))
    }
    codes = compute.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    bad = np.flatnonzero(np.isin(codes, list(faults)))
    facts.bad_faults += [faults[code] for code in codes[bad[: SHOWN - len(facts.bad_faults)]]]
    facts.bad_rows += (bad + start).tolist()


def _fault(column: DraftColumn, text: pa.Scalar) -> str:
    try:
        cells.parse(column, pa.array([text], pa.string()))
    except CellError as error:
        return error.fault
    return ""
