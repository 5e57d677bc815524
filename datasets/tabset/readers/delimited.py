"""Delimited text files (CSV, TSV …) as batches of text."""

import codecs
import csv
import io
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import pyarrow as pa
from pyarrow import csv as arrow_csv

from tabset.errors import DatasetError
from tabset.readers.files import RawFile
from tabset.readers.names import column_names
from tabset.readers.raw import (
    MAX_CELL_BYTES,
    SHOWN_ROWS,
    Raw,
    Report,
    TextFormat,
    faults_of,
    shown,
    tell_nul,
)
from tabset.readers.records import Dialect, Place, place_of, unclosed_quote
from tabset.readers.survey import UTF8
from tabset.readers.text import TextFile, open_text

DELIMITERS = (",", ";", "\t", "|")
BLOCK_BYTES = 4 << 20
MAX_BLOCK_BYTES = MAX_CELL_BYTES
HEAD_BYTES = 4 << 20
_SNIFFED_RECORDS = 100
_SNIFFED_CHARACTERS = 1 << 16


def read_delimited(file: RawFile, report: Report, form: TextFormat) -> Raw:
    """The columns and rows of a delimited file; reading goes on after rows that are not right."""
    text = open_text(file, report, form)
    head = _head(text)
    delimiter = form.delimiter or _sniff(head, file.suffix, form.comment)
    if delimiter not in (form.delimiter, _usual(file.suffix)):
        report.info("delimiter", f"{text.name} has cells divided by {delimiter!r}")
    plain = Dialect(delimiter, comment=form.comment)
    dialect = replace(plain, escape=_escapes(text, plain, report, form))
    header, length = _header(head, dialect, text.name)
    names = column_names(header, report, text.name)
    table = _Table(text, dialect, names, len(head[:length].encode()), report)
    _tell_encoding(table)
    return Raw(names, table.batches())


def _head(text: TextFile) -> str:
    """The first megabytes as text."""
    with faults_of(text.file.path, "save it again as CSV UTF-8"), text.utf8() as stream:
        raw = stream.read(HEAD_BYTES)
    return codecs.getincrementaldecoder("utf-8")("replace").decode(raw)


def _usual(suffix: str) -> str:
    return "\t" if suffix in (".tsv", ".tab") else ","


def _sniff(head: str, suffix: str, comment: str) -> str:
    """The delimiter by which most of the first records have as many cells as the header."""
    start = head[:_SNIFFED_CHARACTERS]
    usual = _usual(suffix)
    candidates = sorted(DELIMITERS, key=lambda candidate: candidate != usual)
    fits = {candidate: _fit(start, Dialect(candidate, comment=comment)) for candidate in candidates}
    return max(candidates, key=lambda candidate: fits[candidate])


def _fit(head: str, dialect: Dialect) -> tuple[float, int]:
    """The share of the first records that have as many cells as the header, and how many cells."""
    lines = dialect.lines(io.StringIO(head, newline=""))
    counts: list[int] = []
    try:
        for cells in dialect.reader(lines):
            if cells and not lines.ended:
                counts.append(len(cells))
            if len(counts) == _SNIFFED_RECORDS:
                break
    except csv.Error:
        return 0.0, 0
    complete = counts if len(counts) == _SNIFFED_RECORDS else counts[:-1]
    if not counts or counts[0] == 1:
        return 0.0, 0
    rows = complete[1:] or counts[:1]
    return sum(count == counts[0] for count in rows) / len(rows), counts[0]


def _escapes(text: TextFile, plain: Dialect, report: Report, form: TextFormat) -> bool:
    """Whether a backslash takes the next character as it is; an error if that is ambiguous."""
    facts = text.facts
    if form.escape or facts.escaped_quote < 0 or not facts.is_ascii_compatible:
        return form.escape == "backslash"
    if not facts.bare_backslash and not facts.doubled_after_backslash:
        report.info("quote-escape", f'{text.name} escapes quotes as \\", which is undone')
        return True
    place = place_of(text.file.open(), facts.escaped_quote, plain)
    where = f"row {place.row}" if place else f"byte {facts.escaped_quote}"
    report.error(
        "quote-escape",
        f'{text.name}: in {where} \\" stands for a quote inside of a cell, elsewhere a backslash '
        'is a plain character; write quotes inside of cells as "", or say which escape holds',
        rows=(place.row,) if place else (),
    )
    return False


def _header(head: str, dialect: Dialect, name: str) -> tuple[list[str], int]:
    """The cells of the header and how many characters of the text it takes."""
    lines = dialect.lines(io.StringIO(head, newline=""))
    try:
        for cells in dialect.reader(lines):
            if lines.characters == len(head) and len(head.encode()) > HEAD_BYTES - 4:
                raise DatasetError(
                    f"the header of {name} is larger than {HEAD_BYTES >> 20} MB; give it shorter "
                    "names, each closed if it is in quotes"
                )
            if lines.ended:
                raise DatasetError(
                    f"the header of {name} has a quote that is not closed: {shown(cells[-1])}; "
                    "close it, or leave it out"
                )
            if cells:
                return cells, lines.characters
    except csv.Error as error:
        raise DatasetError(f"the header of {name} cannot be read: {error}") from error
    raise DatasetError(f"{name} has no header; give each column a name in the first row")


def _tell_encoding(table: "_Table") -> None:
    """Says where a file that is not UTF-8 is not, and what it is read as."""
    facts = table.text.facts
    if facts.invalid < 0:
        return
    row, column, value = table.cell_at(facts.invalid, facts.encoding)
    where = (
        f"{table.text.name}: byte {facts.invalid} (row {row}, column {column!r}, {shown(value)})"
    )
    if facts.mixed < 0:
        table.report.warning(
            "encoding",
            f"{where} is not UTF-8; the file is read as {facts.encoding}. Check the "
            "letters; if they are wrong, save the file as UTF-8",
            column=column,
            rows=(row,),
        )
        return
    other, other_column, other_value = table.cell_at(facts.mixed, UTF8)
    table.report.error(
        "mixed-encodings",
        f"{where} is not UTF-8, but byte {facts.mixed} (row {other}, column {other_column!r}, "
        f"{shown(other_value)}) is; save the whole file in one encoding, UTF-8",
        column=column,
        rows=(row, other),
    )


@dataclass
class _Ragged:
    """Rows with too few or too many cells, as the parser meets them."""

    rows: list[tuple[int, int, str]] = field(default_factory=list)
    numbers: "array[int]" = field(default_factory=lambda: array("q"))
    lengths: Counter[int] = field(default_factory=Counter)

    def skip(self, row: arrow_csv.InvalidRow) -> str:
        self.numbers.append(row.number)
        self.lengths[row.actual_columns] += 1
        if len(self.rows) < SHOWN_ROWS:
            self.rows.append((row.number, row.actual_columns, row.text))
        return "skip"

    @property
    def count(self) -> int:
        """How many there are so far."""
        return len(self.numbers)

    def source_row(self, before: int, place: int) -> int:
        """The number in the file of the good row with `before + place` good ones before it."""
        good = before + place + 1
        row = good
        while (moved := good + bisect_right(self.numbers, row)) != row:
            row = moved
        return row


@dataclass
class _Table:
    """The rows of a delimited file below its header, which ends at byte `start` in UTF-8."""

    text: TextFile
    dialect: Dialect
    names: tuple[str, ...]
    start: int
    report: Report

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, then findings about those that are not right; blocks grow with long rows."""
        rows = 0
        last: pa.RecordBatch | None = None
        block = BLOCK_BYTES
        while True:
            ragged = _Ragged()
            try:
                with faults_of(self.text.file.path, "save it again as CSV UTF-8"):
                    for batch in self._attempt(block, ragged, rows):
                        if self.text.facts.has_nul:
                            row_of = partial(ragged.source_row, rows)
                            tell_nul(batch, row_of, self.text.name, self.report)
                        rows += batch.num_rows
                        last = batch
                        yield batch
                break
            except DatasetError as error:
                if "straddling object" not in str(error.__cause__):
                    raise
                if block >= MAX_BLOCK_BYTES:
                    raise self._too_long() from error
                block = min(4 * block, MAX_BLOCK_BYTES)
        self._tell_ragged(ragged)
        self._tell_unclosed(last)
        if not rows and not ragged.count:
            self.report.error("no-rows", f"{self.text.name} has a header but no rows; add rows")

    def _attempt(self, block: int, ragged: _Ragged, skip: int) -> Iterator[pa.RecordBatch]:
        """The batches after the first `skip` rows, parsed in blocks of this many bytes."""
        with self.text.utf8(self.start) as stream:
            reader = self._open(stream, block, ragged)
            for batch in reader or ():
                if skip < batch.num_rows:
                    yield batch.slice(skip)
                skip = max(0, skip - batch.num_rows)

    def _open(self, stream: object, block: int, ragged: _Ragged) -> pa.RecordBatchReader | None:
        try:
            return arrow_csv.open_csv(
                stream,
                # One thread gives the numbers of bad rows, and is as fast where text stays text.
                arrow_csv.ReadOptions(
                    use_threads=False, block_size=block, column_names=list(self.names)
                ),
                arrow_csv.ParseOptions(
                    delimiter=self.dialect.delimiter,
                    escape_char="\\" if self.dialect.escape else False,
                    newlines_in_values=True,
                    invalid_row_handler=ragged.skip,
                ),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(self.names, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid as error:
            if "Empty CSV file" in str(error):
                return None
            raise

    def cell_at(self, offset: int, encoding: str) -> tuple[int, str, str]:
        """The row, column and text of the first cell that is not ASCII in the row of a byte."""
        place = place_of(self.text.file.open(), offset, self.dialect)
        cells = place.cells if place else ()
        for name, cell in zip(self.names, cells, strict=False):
            if not cell.isascii():
                value = cell.encode("latin-1").decode(encoding, "replace")
                return (place.row if place else 0), name, value
        return (place.row if place else 0), "", ""

    def _tell_ragged(self, ragged: _Ragged) -> None:
        if not ragged.count:
            return
        first = ", ".join(f"row {row} has {cells}" for row, cells, _ in ragged.rows)
        rest = ragged.count - len(ragged.rows)
        more = f" and {rest} more rows" if rest else ""
        kinds = ", ".join(
            f"{count} with {cells}" for cells, count in sorted(ragged.lengths.items())[:SHOWN_ROWS]
        )
        self.report.error(
            "ragged-rows",
            f"{self.text.name}: {len(self.names)} cells are expected in a row, but {first}{more} "
            f"(in all {kinds}). The first reads {shown(ragged.rows[0][2])}. Put quotes around "
            "cells that hold the delimiter or a line break, or fill up what is missing",
            rows=[row for row, _, _ in ragged.rows],
            count=ragged.count,
        )

    def _tell_unclosed(self, last: pa.RecordBatch | None) -> None:
        """Looks at single records, which takes time, where a sign of an open quote is seen."""
        facts = self.text.facts
        escaped = facts.quotes_after_backslash if self.dialect.escape else 0
        is_odd = not facts.is_ascii_compatible or (facts.quotes - escaped) % 2 == 1
        if (is_odd or self._swallows_end(last)) and (place := self._unclosed()):
            self.report.error("unclosed-quote", self._unclosed_words(place), rows=(place.row,))

    def _swallows_end(self, last: pa.RecordBatch | None) -> bool:
        """Whether the line end at the end of the file became a part of the last cell."""
        if last is None or not self.text.facts.ends_with_line:
            return False
        return (last.columns[-1][-1].as_py() or "").endswith(("\n", "\r"))

    def _too_long(self) -> DatasetError:
        if place := self._unclosed():
            return DatasetError(self._unclosed_words(place))
        return DatasetError(
            f"{self.text.name} has a row of more than {MAX_BLOCK_BYTES >> 20} MB; shorten it"
        )

    def _unclosed(self) -> Place | None:
        with faults_of(self.text.file.path, "save it again as CSV UTF-8"):
            return unclosed_quote(self.text.characters(newline=""), self.dialect)

    def _unclosed_words(self, place: Place) -> str:
        where = f"row {place.row}"
        if place.cells:
            column = self.names[min(len(place.cells), len(self.names)) - 1]
            where += f", column {column!r}, {shown(place.cells[-1])}"
        return (
            f"{self.text.name}: in {where} a quote opens that nothing closes (or a cell is larger "
            f'than {MAX_CELL_BYTES >> 20} MB); close it, or write a quote inside of a cell as ""'
        )
