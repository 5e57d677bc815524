"""Read a submitted CSV or Parquet file as columns, without interpreting ids or labels.

The format is detected from the first bytes, never from the name. Text stays text byte for byte: no
missing-value inference, no number parsing, no trimming. A file that cannot be read at all raises
`Unreadable` with problems for the participant.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from pyarrow.csv import open_csv

from scoring.columns import combined
from scoring.messages import SHOWN, listing, quoted
from scoring.result import BLANK_LINES, BYTE_ORDER_MARK, Problem

MAX_TEXT_BYTES = 1 << 30
"""Most bytes of CSV text after decompression; a larger file is refused unread."""
MAX_COLUMNS = 20_000
"""Most columns a file may have; more are refused before any column is built."""
MAX_ROW_BYTES = 1 << 24
"""Most bytes of one CSV row; a longer one is most likely a quote that is never closed."""
MAX_RAGGED = 10_000
"""Reading stops after this many rows with too few or too many cells."""
_CHUNK = 1 << 22
BLOCK_BYTES = 1 << 22
_HEADER_BYTES = 1 << 22
_LINE_BYTES = 1 << 16
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_BOM = b"\xef\xbb\xbf"


class Unreadable(Exception):
    """The file cannot be read as a table; `problems` are for the participant."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].code)
        self.problems = problems


@dataclass(frozen=True)
class RawTable:
    """The columns of a file in file order.

    `columns[i]` is named `names[i]` (names may repeat). `row_numbers[j]` is the participant's
    number of the j-th row; it skips rows that `problems` reports as ragged. `is_text` tells CSV
    from typed Parquet: its columns are text, except for those read as float64 (see `read_table`).
    """

    names: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    row_numbers: npt.NDArray[np.int64]
    is_text: bool
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    ragged: int = 0

    @property
    def rows(self) -> int:
        """Number of rows that could be read; `ragged` more could not."""
        return len(self.row_numbers)

    def renamed(self, names: Iterable[str], *notes: str) -> RawTable:
        """The same table with other column names and further notes."""
        return replace(self, names=tuple(names), notes=self.notes + notes)


def read_table(file: BinaryIO, most_rows: int, numeric: Collection[str] = frozenset()) -> RawTable:
    """The table in an open file; raises Unreadable.

    A file with more than `most_rows` rows is rejected: Parquet, whose row count is known
    beforehand, without reading it, CSV as soon as they are read. CSV columns named in `numeric` are
    read as float64 if all their cells are finite numbers and the file has no other problem.
    """
    magic = file.read(4)
    file.seek(0)
    if not magic:
        raise Unreadable(Problem("empty_file", "The file is empty. Upload it again."))
    if magic == b"PAR1":
        return _read_parquet(file, most_rows)
    codec = next((name for prefix, name in _MAGIC.items() if magic.startswith(prefix)), None)
    return _read_csv(_text(file, codec), most_rows, frozenset(numeric))


# CSV


def _text(file: BinaryIO, codec: str | None) -> bytes | bytearray:
    """The bytes of the file after decompression, at most MAX_TEXT_BYTES."""
    if codec:
        return _decompressed(file, codec)
    size = file.seek(0, io.SEEK_END)
    if size > MAX_TEXT_BYTES:
        raise Unreadable(_too_large())
    file.seek(0)
    return file.read(size)


def _decompressed(file: BinaryIO, codec: str) -> bytearray:
    text = bytearray()
    try:
        source = pa.input_stream(file, compression=codec)
        while chunk := source.read(_CHUNK):
            text += chunk
            if len(text) > MAX_TEXT_BYTES:
                raise Unreadable(_too_large())
    except (OSError, EOFError) as error:
        message = f"The {codec} data is damaged or cut short. Compress and upload it again."
        raise Unreadable(Problem("unreadable_compression", message)) from error
    return text


def _too_many_rows(what: str) -> Problem:
    return Problem("wrong_row_count", f"{what} Upload one row for each test id.")


def _too_large() -> Problem:
    limit = MAX_TEXT_BYTES >> 20
    message = f"The file holds more than {limit} MB of text after decompression. Upload less."
    return Problem("too_large", message)


def _read_csv(data: bytes | bytearray, most_rows: int, numeric: frozenset[str]) -> RawTable:
    text, notes = _strip(pa.py_buffer(data))
    if not text.size:
        raise Unreadable(Problem("empty_file", "The file holds no rows. Upload it again."))
    names = _header(text)
    # Arrow strips blanks around a number, but they make a cell invalid.
    if numeric & set(names) and _holds_blanks(data):
        numeric = frozenset()
    columns = _regular_columns(text, names, most_rows, numeric)
    if columns is None:
        return _any_table(text, names, most_rows, notes)
    numbers = np.arange(1, len(columns[0]) + 1, dtype=np.int64)
    return RawTable(names, columns, numbers, True, notes)


def _holds_blanks(data: bytes | bytearray) -> bool:
    """Whether a space or tab occurs below the first line."""
    first = data.find(b"\n")
    return any(data.find(blank, first) >= 0 for blank in (b" ", b"\t"))


def _regular_columns(
    text: pa.Buffer, names: tuple[str, ...], most_rows: int, numeric: frozenset[str]
) -> tuple[pa.Array, ...] | None:
    """The columns of a file without irregularities, in a third of the time; None for other
    files."""
    line = re.match(rb"[^\r\n]*\r?\n", text[:_HEADER_BYTES])
    if line is None or line[0].count(b'"') % 2:
        return None
    body = text[line.end() :]
    types = {
        f"c{index}": pa.float64() if name in numeric else pa.string()
        for index, name in enumerate(names)
    }
    try:
        # In blocks that fit the cache; a cell that straddles two of them is an error.
        columns = _combined(_parse(body, types, most_rows, BLOCK_BYTES).columns)
    except pa.ArrowInvalid:
        return None
    numbers = (column for column in columns if column.type == pa.float64())
    return columns if all(_finite(column) for column in numbers) else None


def _any_table(
    text: pa.Buffer, names: tuple[str, ...], most_rows: int, notes: tuple[str, ...]
) -> RawTable:
    """All rows as text, and what is wrong with the others."""
    _check_utf8(text)
    ragged: list[tuple[int, int]] = []

    def note(row: Any) -> str:
        # Arrow counts records from 1 and the header is the first, so data row 1 is its record 2.
        ragged.append((row.number - 1, row.actual_columns))
        return "skip" if len(ragged) < MAX_RAGGED else "error"

    types = {f"c{index}": pa.string() for index in range(len(names))}
    try:
        # In large blocks: a cell may hold many line ends.
        table = _parse(text, types, most_rows, MAX_ROW_BYTES, header_rows=1, on_ragged=note)
    except pa.ArrowInvalid as error:
        if len(ragged) == MAX_RAGGED:
            raise Unreadable(*_ragged_problems(ragged, len(names))) from error
        raise Unreadable(_long_row() if "straddling" in str(error) else _broken_csv()) from error
    numbers = np.arange(1, table.num_rows + len(ragged), dtype=np.int64)
    bad_rows = np.array([row for row, _ in ragged], dtype=np.int64)
    numbers = np.delete(numbers, bad_rows - 1)
    columns = tuple(column[1:] for column in _combined(table.columns))
    problems = _ragged_problems(ragged, len(names))
    return RawTable(names, columns, numbers, True, notes, problems, len(ragged))


def _strip(text: pa.Buffer) -> tuple[pa.Buffer, tuple[str, ...]]:
    """The text without byte order mark and trailing blank lines, and notes about both."""
    notes = []
    if text[: len(_BOM)].to_pybytes() == _BOM:
        text = text[len(_BOM) :]
        notes.append(BYTE_ORDER_MARK)
    tail = text[max(0, text.size - _CHUNK) :].to_pybytes()
    kept = tail.rstrip(b"\r\n")
    line_ends = len(tail[len(kept) :].replace(b"\r\n", b"\n"))
    if line_ends > 1:
        notes.append(BLANK_LINES)
    return text[: text.size - (len(tail) - len(kept))], tuple(notes)


def _check_utf8(text: pa.Buffer) -> None:
    """Unreadable with its row if the text is not UTF-8."""
    offsets = pa.py_buffer(np.array([0, text.size], dtype=np.int64))
    try:
        # Arrow validates one long string far faster than Python would decode it.
        pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, text]).validate(full=True)
    except pa.ArrowInvalid as error:
        row = _first_undecodable(text.to_pybytes())
        where = f"Row {row}" if row else "The header"
        message = f"{where} is not UTF-8 text. Save the file with the encoding UTF-8."
        raise Unreadable(Problem("not_utf8", message, (row,) if row else ())) from error


def _first_undecodable(data: bytes) -> int:
    """The row number of the first byte that is not UTF-8, counted by line ends."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        ends = (data.count(end, 0, error.start) for end in (b"\n", b"\r", b"\r\n"))
        return next(ends) + next(ends) - next(ends)
    return 0


def _header(text: pa.Buffer) -> tuple[str, ...]:
    """The column names in the first line; Unreadable if there are too many or quotes break."""
    line = b"".join(text[:_LINE_BYTES].to_pybytes().partition(b"\n")[:2])
    # Only a quote can take the header beyond its line.
    ends = line.endswith(b"\n") and b'"' not in line
    try:
        start = line.decode() if ends else ""
    except UnicodeDecodeError:
        ends = False
    if not ends:
        _check_utf8(text)
        # The cut may fall within a character.
        start = text[:_HEADER_BYTES].to_pybytes().decode("utf-8", errors="ignore")
    try:
        names = next(csv.reader(io.StringIO(start, newline=""), strict=True))
    except (csv.Error, StopIteration) as error:
        raise Unreadable(_broken_csv()) from error
    if not names:
        message = "The first line is blank. Put the header there."
        raise Unreadable(Problem("unreadable_csv", message))
    if len(names) > MAX_COLUMNS:
        message = f"The header has {len(names)} columns, more than {MAX_COLUMNS}."
        raise Unreadable(Problem("too_many_columns", message))
    return tuple(names)


def _parse(
    text: pa.Buffer,
    types: dict[str, pa.DataType],
    most_rows: int,
    block_size: int,
    header_rows: int = 0,
    on_ragged: Callable[[Any], str] | None = None,
) -> pa.Table:
    """All lines as rows with these columns; pyarrow.ArrowInvalid, or Unreadable if too many."""
    batches = open_csv(
        pa.BufferReader(text),
        pacsv.ReadOptions(use_threads=False, block_size=block_size, column_names=list(types)),
        pacsv.ParseOptions(
            newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=on_ragged
        ),
        pacsv.ConvertOptions(
            check_utf8=True,
            column_types=types,
            null_values=[],
            strings_can_be_null=False,
            quoted_strings_can_be_null=False,
        ),
    )
    return pa.Table.from_batches(_limited(batches, most_rows, header_rows), pa.schema(types))


def _limited(
    batches: Iterable[pa.RecordBatch], most_rows: int, header_rows: int
) -> Iterator[pa.RecordBatch]:
    rows = -header_rows
    for batch in batches:
        rows += batch.num_rows
        if rows > most_rows:
            stopped = f"The file has more than {most_rows} rows: reading stopped there."
            raise Unreadable(_too_many_rows(stopped))
        yield batch


def _combined(columns: list[pa.ChunkedArray]) -> tuple[pa.Array, ...]:
    """Every column as one array; pyarrow.ArrowInvalid as of `combined`."""
    columns.reverse()
    # Each is released as soon as it is copied, so they are never in memory twice.
    return tuple(combined(columns.pop()) for _ in range(len(columns)))


def _finite(numbers: pa.Array) -> bool:
    return bool(np.isfinite(numbers.to_numpy()).all())


def _broken_csv() -> Problem:
    return Problem("unreadable_csv", "The file cannot be read as CSV: check commas and quotes.")


def _long_row() -> Problem:
    limit = MAX_ROW_BYTES >> 20
    message = f"A row is longer than {limit} MB. Close every quote and shorten the texts."
    return Problem("unreadable_csv", message)


def _ragged_problems(ragged: list[tuple[int, int]], width: int) -> tuple[Problem, ...]:
    if not ragged:
        return ()
    if ragged[0][0] == 0:
        raise Unreadable(_broken_csv())
    rows = [row for row, _ in ragged]
    shown = [f"{cells} {'cell' if cells == 1 else 'cells'}" for _, cells in ragged[:SHOWN]]
    advice = f"Every row needs {width} cells, as the header has; quote a cell that has a comma."
    if len(ragged) == MAX_RAGGED:
        advice += f" Reading stopped after {MAX_RAGGED:,} such rows."
    return (listing("ragged_row", "has {}", "rows have another length", advice, rows, shown),)


# Parquet


def _read_parquet(file: BinaryIO, most_rows: int) -> RawTable:
    try:
        parquet = pq.ParquetFile(file, pre_buffer=False)
        _refuse_oversize(parquet.metadata, most_rows)
        names = tuple(parquet.schema_arrow.names)
        _refuse_nested(parquet.schema_arrow)
        table = parquet.read(use_threads=False)
        columns = tuple(combined(column) for column in table.columns)
        for column in columns:
            # Parquet does not promise that its text is UTF-8 or its dictionary codes exist.
            column.validate(full=True)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, UnicodeDecodeError) as error:
        message = "The file cannot be read as Parquet: it is damaged, encrypted or cut short."
        raise Unreadable(Problem("unreadable_parquet", message)) from error
    return RawTable(names, columns, np.arange(1, table.num_rows + 1), is_text=False)


def _refuse_oversize(metadata: Any, most_rows: int) -> None:
    if metadata.num_columns > MAX_COLUMNS:
        message = f"The file has {metadata.num_columns} columns, more than {MAX_COLUMNS}."
        raise Unreadable(Problem("too_many_columns", message))
    if metadata.num_rows > most_rows:
        unread = f"The file has {metadata.num_rows} rows, more than {most_rows}: it was not read."
        raise Unreadable(_too_many_rows(unread))


def _refuse_nested(schema: pa.Schema) -> None:
    """Raises Unreadable if a column holds lists or records, which may be nested arbitrarily
    deep."""
    for field in schema:
        if pa.types.is_nested(field.type):
            found = quoted(str(field.type))
            message = (
                f"Column {quoted(field.name)} has the type {found}. Write text or numbers only."
            )
            raise Unreadable(Problem("wrong_type", message))
