"""Typed tables in memory, as canonical CSV bytes and as Parquet, by the data set standard."""

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import compute, csv, parquet

from tabset.errors import DatasetError
from tabset.schema import Column, ColumnType

ARROW_TYPES: Mapping[ColumnType, pa.DataType] = {
    ColumnType.ID: pa.string(),
    ColumnType.TEXT: pa.string(),
    ColumnType.NUMERIC: pa.float64(),
    ColumnType.CATEGORICAL: pa.string(),
    ColumnType.DATETIME: pa.timestamp("us"),
    ColumnType.IMAGE: pa.string(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.LIST: pa.list_(pa.string()),
}
NEEDS_QUOTES = re.compile(r'[",\r\n]')
BLOCK_BYTES = 1 << 24


def typed(columns: Sequence[Column], data: Mapping[str, Sequence[Any]]) -> pa.Table:
    """An Arrow table with exactly `columns`, of their types, from Python values per column.

    None and NaN are missing. Raises `DatasetError` where a value does not fit its column.
    """
    arrays = [_array(column, data[column.name]) for column in columns]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(columns))


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema in which the standard keeps `columns`."""
    return pa.schema([(column.name, ARROW_TYPES[column.type]) for column in columns])


def csv_bytes(table: pa.Table) -> bytes:
    """The canonical CSV of a typed table: UTF-8, LF, RFC 4180 quoting, an empty cell is missing.

    The bytes depend on the values alone, so the content hash can be made from them.
    """
    cells = [_cells(table.schema.field(name).type, table[name]) for name in table.column_names]
    lines = [",".join(_quoted(name) for name in table.column_names)]
    lines += [",".join(row) for row in zip(*cells, strict=True)]
    return ("\n".join(lines) + "\n").encode()


def read_csv(path: Path, columns: Sequence[Column]) -> pa.Table:
    """The typed table in a CSV file; `DatasetError` names column, row and value of a fault."""
    names = [column.name for column in columns]
    try:
        raw = csv.read_csv(
            path,
            read_options=csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        raise DatasetError(f"{path.name} is not CSV in UTF-8: {error}") from error
    if raw.column_names != names:
        raise DatasetError(f"{path.name} has the columns {raw.column_names}, expected {names}")
    arrays = [_parsed(path.name, column, raw[column.name]) for column in columns]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(columns))


def write_parquet(table: pa.Table, path: Path) -> None:
    """Writes the typed table as Parquet with zstd; the same table gives the same bytes."""
    parquet.write_table(table, path, compression="zstd", compression_level=9)


def read_parquet(path: Path, columns: Sequence[Column]) -> pa.Table:
    """The table in a Parquet file; `DatasetError` if its schema is not that of `columns`."""
    try:
        table = parquet.ParquetFile(path).read(use_threads=False)
    except pa.ArrowInvalid as error:
        raise DatasetError(f"{path.name} is not Parquet: {error}") from error
    expected = arrow_schema(columns)
    if not table.schema.equals(expected):
        raise DatasetError(f"{path.name} has the schema {table.schema}, expected {expected}")
    return table


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


def _cells(kind: pa.DataType, values: pa.ChunkedArray) -> list[str]:
    write = _WRITERS.get(kind, _quoted)
    return ["" if value is None else write(value) for value in values.to_pylist()]


def _quoted(value: str) -> str:
    if NEEDS_QUOTES.search(value):
        return '"' + value.replace('"', '""') + '"'
    return value


def _number(value: float) -> str:
    """The shortest text that reads back as the same float; whole numbers without a point."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def _moment(value: dt.datetime) -> str:
    return value.isoformat()


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _list(value: list[str]) -> str:
    return _quoted(json.dumps(value, ensure_ascii=False))


_WRITERS: Mapping[pa.DataType, Callable[[Any], str]] = {
    pa.float64(): _number,
    pa.timestamp("us"): _moment,
    pa.bool_(): _boolean,
    pa.list_(pa.string()): _list,
}


def _parse_number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or text != text.strip():
        raise ValueError(text)
    return number


def _parse_boolean(text: str) -> bool:
    return {"true": True, "false": False}[text]


def _parse_list(text: str) -> list[str]:
    items = json.loads(text)
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError(text)
    return items


_PARSERS: Mapping[ColumnType, tuple[Callable[[str], Any], str]] = {
    ColumnType.NUMERIC: (_parse_number, "a finite number"),
    ColumnType.DATETIME: (dt.datetime.fromisoformat, "a date and time as 2026-01-31T12:00:00"),
    ColumnType.BOOLEAN: (_parse_boolean, "true or false"),
    ColumnType.LIST: (_parse_list, "a JSON list of texts"),
}


def _parsed(file: str, column: Column, values: pa.ChunkedArray) -> pa.Array:
    if column.type not in _PARSERS:
        return pa.array(values.to_pylist(), pa.string())
    parse, expected = _PARSERS[column.type]
    parsed: list[Any] = []
    for row, text in enumerate(values.to_pylist(), start=1):
        try:
            parsed.append(None if text is None else parse(text))
        except (ValueError, KeyError) as error:
            where = f"{file}, row {row}, column {column.name!r}"
            raise DatasetError(f"{where}: {text!r} is not {expected}") from error
    return pa.array(parsed, ARROW_TYPES[column.type])
