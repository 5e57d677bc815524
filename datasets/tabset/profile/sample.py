"""Streams a Parquet file and keeps of each column what its distribution needs, of a row sample."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import compute, parquet

from tabset.schema import Column, ColumnType

BATCH = 1 << 14
ROWS = 200_000
CELLS = 4_000_000
LEAST_ROWS = 2_000
CELL_CHARACTERS = 200


@dataclass(frozen=True)
class Sample:
    """The sampled rows of one table.

    `columns` maps a name to its reduced values: numbers, booleans and dates as they are, the
    lengths of texts and lists, the first 200 characters of categoricals and image paths; nothing
    for ids. `missing` are shares of the whole table where the file knows them, else of the sample.
    """

    rows: int
    taken: int
    columns: dict[str, pa.Array]
    missing: dict[str, float]


def generator(purpose: str) -> np.random.Generator:
    """The random numbers of a purpose, the same in every run."""
    seed = int.from_bytes(hashlib.sha256(f"profile|{purpose}".encode()).digest()[:16], "big")
    return np.random.Generator(np.random.PCG64(seed))


def batches(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The named columns in batches of at most 16,384 rows."""
    with parquet.ParquetFile(path) as file:
        yield from file.iter_batches(BATCH, columns=list(columns), use_threads=False)


def rows_of(path: Path) -> int:
    """How many rows the file has."""
    return int(parquet.read_metadata(path).num_rows)


def read(path: Path, columns: Sequence[Column]) -> Sample:
    """The sample of a table: all rows up to 200,000, of larger or wide tables a random part."""
    rows = rows_of(path)
    wanted = min(ROWS, max(LEAST_ROWS, CELLS // max(len(columns), 1)))
    draw = generator(path.name)
    kept = [column for column in columns if column.type is not ColumnType.ID]
    parts: dict[str, list[pa.Array]] = {column.name: [] for column in kept}
    taken = 0
    for batch in batches(path, [column.name for column in kept]) if kept else ():
        if rows > wanted:
            batch = batch.filter(pa.array(draw.random(len(batch)) < wanted / rows))
        taken += len(batch)
        for column in kept:
            parts[column.name].append(_reduced(column.type, batch[column.name]))
    values = {name: _joined(arrays) for name, arrays in parts.items()}
    return Sample(rows, taken, values, _missing(path, columns, values))


def _reduced(kind: ColumnType, values: pa.Array) -> pa.Array:
    if kind is ColumnType.TEXT:
        return compute.utf8_length(values)
    if kind is ColumnType.LIST:
        return compute.list_value_length(values)
    if values.type == pa.string():
        return compute.utf8_slice_codeunits(values, 0, CELL_CHARACTERS)
    return values


def _joined(arrays: list[pa.Array]) -> pa.Array:
    return pa.concat_arrays(arrays) if arrays else pa.nulls(0)


def _missing(
    path: Path, columns: Sequence[Column], values: dict[str, pa.Array]
) -> dict[str, float]:
    """The missing share by column: exact from the file's statistics, for lists of the sample."""
    exact = _null_counts(path)
    rows = rows_of(path)
    shares = {}
    for column in columns:
        nulls = None if column.type is ColumnType.LIST else exact.get(column.name)
        if nulls is not None:
            shares[column.name] = nulls / max(rows, 1)
        elif column.name in values:
            sampled = values[column.name]
            shares[column.name] = sampled.null_count / max(len(sampled), 1)
        else:
            shares[column.name] = 0.0
    return {name: round(share, 6) for name, share in shares.items()}


def _null_counts(path: Path) -> dict[str, int | None]:
    """The nulls of every column; None where a row group keeps no statistics of it."""
    meta = parquet.read_metadata(path)
    counts: dict[str, int | None] = {}
    for group in range(meta.num_row_groups):
        for place in range(meta.num_columns):
            chunk = meta.row_group(group).column(place)
            known = chunk.statistics is not None and chunk.statistics.has_null_count
            before = counts.get(chunk.path_in_schema, 0)
            counts[chunk.path_in_schema] = (
                before + chunk.statistics.null_count if known and before is not None else None
            )
    return counts
