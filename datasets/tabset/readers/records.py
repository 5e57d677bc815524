"""Where in a delimited file something is: the slow, exact look at single records."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from tabset.readers.raw import MAX_CELL_BYTES


@dataclass(frozen=True)
class Dialect:
    """How cells are told apart.

    `escape`: a backslash takes the next character as it is; leading lines that begin with `comment`
    do not count.
    """

    delimiter: str
    escape: bool = False
    comment: str = ""

    def lines(self, stream: "io.StringIO | io.TextIOWrapper") -> "Lines":
        """The lines of a text from its start, with their ends."""
        return Lines(stream, self.comment)

    def reader(self, lines: "Lines") -> Iterator[list[str]]:
        """The records of the lines; `csv.Error` where that is not possible."""
        csv.field_size_limit(MAX_CELL_BYTES)
        escape = "\\" if self.escape else None
        return csv.reader(lines, delimiter=self.delimiter, escapechar=escape)


@dataclass(frozen=True)
class Place:
    """One record: its number (the header is 0, blank lines do not count) and its cells.

    `unclosed`: the file ended inside of a quoted cell, which is the last one of this record.
    """

    row: int
    cells: tuple[str, ...]
    unclosed: bool = False


class Lines:
    """Lines of a text that counts how much of it was read and whether it was read past the end."""

    def __init__(self, stream: "io.StringIO | io.TextIOWrapper", comment: str = "") -> None:
        self._stream = stream
        self._comment = comment
        self.characters = 0
        self.ended = False

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._stream.readline()
        while self._comment and line.startswith(self._comment):
            self.characters += len(line)
            line = self._stream.readline()
        self._comment = ""
        if not line:
            self.ended = True
            raise StopIteration
        self.characters += len(line)
        return line


def place_of(stream: IO[bytes], offset: int, dialect: Dialect) -> Place | None:
    """The record that holds the byte at `offset` of a stream with a header; None if none does."""
    with io.TextIOWrapper(stream, "latin-1", newline="") as text:  # a byte is a character
        lines = dialect.lines(text)
        for place in _places(lines, dialect):
            if lines.characters > offset:
                return place
    return None


def unclosed_quote(text: io.TextIOWrapper, dialect: Dialect) -> Place | None:
    """The record in whose last cell a quote opens that nothing closes; None if there is none.

    Ends as well at a cell over the limit, which then counts as unclosed.
    """
    with text:
        lines = dialect.lines(text)
        for place in _places(lines, dialect):
            if place.unclosed:
                return place
    return None


def _places(lines: Lines, dialect: Dialect) -> Iterator[Place]:
    row = -1
    reader = dialect.reader(lines)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:  # a cell over the limit
            yield Place(row + 1, (), unclosed=True)
            return
        if cells is None:
            return
        if cells:
            row += 1
            yield Place(row, tuple(cells), unclosed=lines.ended)
