"""The items of a JSON array or of JSON lines, one by one, with the literals of their numbers."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TextIO

from tabset.errors import DatasetError
from tabset.readers.raw import MAX_CELL_BYTES

CHUNK_CHARACTERS = 1 << 20
_BLANK = re.compile(r"[ \t\r\n]*")


class Number(str):
    """A number as it is written in the file."""

    __slots__ = ()


class Item(NamedTuple):
    """One item: its number from 1, how many characters it takes, and what is wrong, if anything."""

    row: int
    size: int
    value: Any
    fault: str = ""


class Parser:
    """Parses one JSON value at a time and keeps what JSON allows but a table does not."""

    def __init__(self) -> None:
        self._faults: list[str] = []
        self._decoder = json.JSONDecoder(
            parse_float=Number,
            parse_int=Number,
            parse_constant=self._constant,
            object_pairs_hook=self._object,
        )

    def item(self, row: int, text: str, start: int) -> tuple[Item, int]:
        """The item that begins at `start` and where it ends; `JSONDecodeError` if none does."""
        self._faults.clear()
        value, end = self._decoder.raw_decode(text, start)
        if not isinstance(value, dict):
            self._faults.append(f"expected an object, found {text[start:end][:60]}")
        return Item(row, end - start, value, "; ".join(self._faults[:1])), end

    def _constant(self, name: str) -> None:
        self._faults.append(f"{name} is not a number of JSON; write null for a missing one")

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        items = dict(pairs)
        if len(items) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in items if names.count(name) > 1)
            self._faults.append(f"the key {twice!r} stands twice in one object")
        return items


def of_lines(stream: TextIO, name: str) -> Iterator[Item]:
    """One item per line that is not blank; a line that is not JSON is an item with a fault."""
    parser = Parser()
    row = 0
    number = 0
    while line := stream.readline(MAX_CELL_BYTES):
        number += 1
        start = _end_of_blank(line, 0)
        if start == len(line):
            continue
        if len(line) == MAX_CELL_BYTES:
            raise DatasetError(f"line {number} of {name} is larger than {MAX_CELL_BYTES >> 20} MB")
        row += 1
        yield _line(parser, row, number, line, start)


def _line(parser: Parser, row: int, number: int, line: str, start: int) -> Item:
    try:
        item, end = parser.item(row, line, start)
        if (rest := _end_of_blank(line, end)) < len(line):
            raise json.JSONDecodeError("Extra data", line, rest)
    except json.JSONDecodeError as error:
        return Item(row, len(line), {}, f"line {number}: {error.msg} at character {error.pos + 1}")
    except RecursionError:
        return Item(row, len(line), {}, f"line {number}: the nesting is too deep")
    return Item(row, item.size, item.value, f"line {number}: {item.fault}" if item.fault else "")


def of_array(stream: TextIO, name: str) -> Iterator[Item]:
    """The items of an array, which is never in memory as a whole.

    Raises `DatasetError` where the text is not JSON, as the next item cannot be found then.
    """
    window = _Window(stream, name)
    parser = Parser()
    window.take("[")
    if window.peek() == "]":
        window.take("]")
        window.require_end()
        return
    row = 0
    while True:
        row += 1
        yield window.item(parser, row)
        if window.peek() != ",":
            break
        window.take(",")
    window.take("]")
    window.require_end()


class _Window:
    """The part of a long text that is being parsed."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._text = ""
        self._start = 0
        self._row = 0

    def peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            self._start = _end_of_blank(self._text, self._start)
            if self._start < len(self._text):
                return self._text[self._start]
            if not self._fill(CHUNK_CHARACTERS):
                return ""

    def take(self, expected: str) -> None:
        """Steps over the next character, which has to be the expected one."""
        if (found := self.peek()) != expected:
            seen = repr(found) if found else "the end of the file"
            raise DatasetError(
                f"{self._name}: after item {self._row} of the array {expected!r} is expected, "
                f"found {seen}; is the file cut off?"
            )
        self._start += 1

    def require_end(self) -> None:
        """Refuses anything after the array."""
        if found := self.peek():
            raise DatasetError(f"{self._name}: after the end of the array stands {found!r}")

    def item(self, parser: Parser, row: int) -> Item:
        """The next item, for which as much text is read as it takes."""
        self._row = row
        self.peek()
        step = CHUNK_CHARACTERS
        while True:
            try:
                item, self._start = parser.item(row, self._text, self._start)
                return item
            except json.JSONDecodeError as error:
                held = len(self._text) - self._start
                if held > MAX_CELL_BYTES or not self._fill(step):
                    raise DatasetError(
                        f"{self._name}: item {row} of the array is not JSON: {error.msg} "
                        f"{error.pos - self._start} characters after its start; correct it"
                    ) from error
                step *= 2
            except RecursionError as error:
                raise DatasetError(f"{self._name}: item {row} is nested too deep") from error

    def _fill(self, size: int) -> bool:
        more = self._stream.read(size)
        self._text = self._text[self._start :] + more
        self._start = 0
        return bool(more)


def _end_of_blank(text: str, start: int) -> int:
    found = _BLANK.match(text, start)
    return found.end() if found else start
