"""Typed tables as canonical CSV and as Parquet, whole or batch by batch."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import compute, csv, parquet

from tabset import cells, sinks
from tabset.cells import ARROW_TYPES
from tabset.errors import DatasetError
from tabset.schema import Column, ColumnType, FileFact

BATCH_ROWS = 65_536
BLOCK_BYTES = 1 << 22
MOST_BLOCK_BYTES = 1 << 30


def typed(columns: Sequence[Column], data: Mapping[str, Sequence[Any]]) -> pa.Table:
    """An Arrow table with exactly `columns`, of their types, from Python values per column.

    None and NaN are missing. Raises `DatasetError` where a value does not fit its column.
    """
    arrays = [_array(column, data[column.name]) for column in columns]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(columns))


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema in which the standard keeps `columns`."""
    return pa.schema([(column.name, ARROW_TYPES[column.type]) for column in columns])


def batches(table: pa.Table) -> list[pa.RecordBatch]:
    """The rows of a table in batches of at most 65,536."""
    found: list[pa.RecordBatch] = table.to_batches(max_chunksize=BATCH_ROWS)
    return found


def csv_bytes(table: pa.Table) -> bytes:
    """The canonical CSV of a typed table: UTF-8, LF, RFC 4180 quoting, an empty cell is missing.

    The bytes depend only on the values, so the content hash can be made from them.
    """
    lines = (cells.csv_buffer(batch) for batch in batches(table))
    return b"".join((sinks.header(table.column_names), *lines))


def open_csv(path: Path, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
    """The typed rows of a canonical CSV file, a few megabytes at a time.

    `DatasetError` names column, row and value of a fault.
    """
    schema = arrow_schema(columns)
    row = 0
    for raw in _csv_texts(path, schema.names):
        arrays = []
        for column, texts in zip(columns, raw.columns, strict=True):
            try:
                arrays.append(cells.read(column.type, texts))
            except cells.CellError as error:
                where = f"{path.name}, row {row + error.row + 1}, column {column.name!r}"
                raise DatasetError(f"{where}: {error.fault}") from error
        row += raw.num_rows
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _csv_texts(path: Path, names: list[str]) -> Iterator[pa.RecordBatch]:
    """The rows as text; where a line is longer than a block, reading goes on with larger blocks."""
    rows, block = 0, BLOCK_BYTES
    while True:
        try:
            for batch in _csv_blocks(path, names, rows, block):
                rows += batch.num_rows
                yield batch
            return
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or block >= MOST_BLOCK_BYTES:
                raise DatasetError(f"{path.name} is not CSV in UTF-8: {error}") from error
            block *= 8


def _csv_blocks(path: Path, names: list[str], skipped: int, block: int) -> Iterator[pa.RecordBatch]:
    with csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=block, skip_rows_after_names=skipped),
        # an empty line is a row of a table with one column, and a fault elsewhere
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    ) as reader:
        if reader.schema.names != names:
            found = reader.schema.names
            raise DatasetError(f"{path.name} has the columns {found}, expected {names}")
        yield from reader


def read_csv(path: Path, columns: Sequence[Column]) -> pa.Table:
    """The typed table in a CSV file; `DatasetError` names column, row and value of a fault."""
    return pa.Table.from_batches(open_csv(path, columns), schema=arrow_schema(columns))


def write_parquet(table: pa.Table, path: Path) -> FileFact:
    """Writes the typed table as Parquet with zstd; the same table gives the same bytes."""
    sink = sinks.ParquetSink(table.schema, path)
    sinks.feed(batches(table), [sink.write])
    return sink.close()


def convert_csv(source: Path, target: Path, columns: Sequence[Column]) -> FileFact:
    """Writes a canonical CSV file as typed Parquet and gives the SHA-256 and size of the latter.

    Streams: one thread reads while another writes. `DatasetError` as from `open_csv`.
    """
    sink = sinks.ParquetSink(arrow_schema(columns), target)
    try:
        sinks.feed(open_csv(source, columns), [sink.write])
    finally:
        fact = sink.close()
    return fact


def open_parquet(path: Path, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file in batches; `DatasetError` if its schema is not `columns`."""
    expected = arrow_schema(columns)
    try:
        with parquet.ParquetFile(path) as file:
            if not file.schema_arrow.equals(expected):
                found = file.schema_arrow
                raise DatasetError(f"{path.name} has the schema {found}, expected {expected}")
            yield from file.iter_batches(batch_size=BATCH_ROWS, use_threads=False)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f"{path.name} is not Parquet: {error}") from error


def read_parquet(path: Path, columns: Sequence[Column]) -> pa.Table:
    """The table in a Parquet file; `DatasetError` if its schema is not that of `columns`."""
    return pa.Table.from_batches(open_parquet(path, columns), schema=arrow_schema(columns))


def without_empty(table: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    """The table with empty strings made missing, and how many there were per column."""
    emptied: dict[str, int] = {}
    for position, name in enumerate(table.column_names):
        if table.schema.field(name).type != pa.string():
            continue
        empty = compute.fill_null(compute.equal(table[name], ""), False)
        if count := compute.sum(empty).as_py():
            emptied[name] = count
            values = compute.if_else(empty, pa.scalar(None, pa.string()), table[name])
            table = table.set_column(position, name, values)
    return table, emptied


def _array(column: Column, values: Sequence[Any]) -> pa.Array:
    try:
        array = pa.array(values, ARROW_TYPES[column.type], from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DatasetError(f"column {column.name!r} ({column.type}): {error}") from error
    _check_finite(column, array)
    return array


def _check_finite(column: Column, array: Any) -> None:
    if column.type is not ColumnType.NUMERIC:
        return
    if compute.any(compute.invert(compute.is_finite(array))).as_py():
        raise DatasetError(f"column {column.name!r} has a number that is not finite")
