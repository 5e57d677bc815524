"""What every reader returns and reports, and the words its messages share."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import pyarrow as pa
from pyarrow import compute

from tabset.errors import DatasetError
from tabset.findings import Finding, Level

SHOWN_CHARACTERS = 60
SHOWN_ROWS = 20
MAX_COLUMNS = 20_000
MAX_CELL_BYTES = 64 << 20

_DELIMITER = re.compile(r"[\t !#-\[\]-~]")
# Everything that Arrow, the codecs and the file system raise over a file that is not as it should.
FAULTS = (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError, EOFError)


@dataclass(frozen=True)
class Raw:
    """A raw table: unique column names, and batches of rows that are read as they are asked for.

    Every column is `pa.string()`; null is a missing cell.
    """

    names: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class TextFormat:
    """What an organizer says about a text file; an empty text leaves it to the content.

    `delimiter` is one character, `encoding` a codec of Python, `escape` either `backslash`
    (a backslash takes the next character as it is) or `none`; leading lines that begin with
    `comment` are skipped.
    """

    delimiter: str = ""
    encoding: str = ""
    escape: str = ""
    comment: str = ""

    def __post_init__(self) -> None:
        if self.delimiter and not _DELIMITER.fullmatch(self.delimiter):
            raise DatasetError(
                f"the delimiter is {self.delimiter!r}, expected one ASCII character that can be "
                "seen, or a tab or blank, and neither a quote nor a backslash"
            )
        if not self.comment.isascii():
            raise DatasetError(f"the comment mark is {self.comment!r}, expected ASCII characters")
        if self.escape not in ("", "none", "backslash"):
            raise DatasetError(f"escape is {self.escape!r}, expected 'backslash' or 'none'")


class ImageSink(Protocol):
    """Where the images go that a table carries in its cells."""

    def put(self, name: str, content: bytes) -> None:
        """Keeps the image file `name`, a plain file name without a folder."""


@dataclass
class Report:
    """The findings of reading, in the order in which they were made."""

    findings: list[Finding] = field(default_factory=list)
    _repeated: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        """Keeps a finding."""
        self.findings.append(finding)

    def error(
        self, code: str, message: str, column: str = "", rows: Sequence[int] = (), count: int = 0
    ) -> None:
        """Keeps a finding that blocks the build."""
        self.add(_finding(Level.ERROR, code, message, column, rows, count))

    def error_again(
        self, file: str, code: str, message: str, column: str, rows: Sequence[int], count: int = 0
    ) -> None:
        """Keeps a finding that blocks the build; those of the same column are counted with it.

        So a file with a fault in every row has one finding, which names its first rows.
        """
        place = self._repeated.setdefault((file, code, column), len(self.findings))
        if place == len(self.findings):
            self.error(code, message, column, rows, count)
            return
        before = self.findings[place]
        self.findings[place] = replace(
            before,
            rows=(*before.rows, *rows)[:SHOWN_ROWS],
            count=before.count + (count or len(rows)),
        )

    def warning(
        self, code: str, message: str, column: str = "", rows: Sequence[int] = (), count: int = 0
    ) -> None:
        """Keeps a finding that the organizer should look at."""
        self.add(_finding(Level.WARNING, code, message, column, rows, count))

    def info(self, code: str, message: str) -> None:
        """Keeps a finding that asks for nothing."""
        self.add(_finding(Level.INFO, code, message, "", (), 0))


def _finding(
    level: Level, code: str, message: str, column: str, rows: Sequence[int], count: int
) -> Finding:
    shown = tuple(rows[:SHOWN_ROWS])
    return Finding(level, code, message, column=column, rows=shown, count=count or len(rows))


def shown(value: object) -> str:
    """The value as a message quotes it: in quotes, cut to 60 characters."""
    text = str(value)
    return repr(text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…")


def tell_nul(
    batch: pa.RecordBatch, row_of: Callable[[int], int], name: str, report: Report
) -> None:
    """Reports the cells with a NUL byte; `row_of` gives the row number of a place in the batch."""
    for column, values in zip(batch.schema.names, batch.columns, strict=True):
        found = compute.fill_null(compute.match_substring(values, "\0"), False)
        places = compute.indices_nonzero(found).to_pylist()
        if places:
            report.error_again(
                name,
                "nul-byte",
                f"{name}: row {row_of(places[0])}, column {column!r}: "
                f"{shown(values[places[0]].as_py())} has a NUL byte; take it out, or save the "
                "file as text in UTF-8",
                column=column,
                rows=[row_of(place) for place in places[:SHOWN_ROWS]],
                count=len(places),
            )


@contextmanager
def faults_of(path: Path, advice: str) -> Iterator[None]:
    """Turns what Arrow and the file system raise over a broken file into a `DatasetError`."""
    try:
        yield
    except DatasetError:
        raise
    except FAULTS as error:
        raise DatasetError(
            f"{path.name} cannot be read ({_first_line(error)}); {advice}"
        ) from error


def _first_line(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text.splitlines()[0][:200]
