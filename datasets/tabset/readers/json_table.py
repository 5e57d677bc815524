"""JSON arrays of objects and JSON lines as batches of text."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from tabset.errors import DatasetError
from tabset.readers.files import RawFile
from tabset.readers.json_items import Item, Number, of_array, of_lines
from tabset.readers.names import column_names
from tabset.readers.raw import (
    MAX_COLUMNS,
    SHOWN_ROWS,
    Raw,
    Report,
    TextFormat,
    faults_of,
    tell_nul,
)
from tabset.readers.text import TextFile, open_text

_ADVICE = "save it again as JSON in UTF-8"
BATCH_ROWS = 65_536
_BATCH_CHARACTERS = 4 << 20
_MAX_DEPTH = 100


def read_json(file: RawFile, report: Report, form: TextFormat) -> Raw:
    """The table in a JSON array of objects or in JSON lines; its keys are the columns.

    The text is read twice: for the keys, which may appear late, and for the rows.
    """
    text = open_text(file, report, form)
    _tell_encoding(text, report)
    keys: dict[str, None] = {}
    faults = _Faults()
    for item in _items(text):
        faults.see(item)
        if not item.fault and not item.value.keys() <= keys.keys():
            keys.update(dict.fromkeys(item.value))
        if len(keys) > MAX_COLUMNS:
            raise DatasetError(
                f"{text.name} has more than {MAX_COLUMNS} different keys; at most that many "
                "columns are read. Are values used as keys?"
            )
    faults.tell(text.name, report)
    if not keys:
        raise DatasetError(f"{text.name} has no object with a key; give one object per row")
    _refuse_surrogates(keys, text.name)
    names = column_names(list(keys), report, text.name)
    return Raw(names, _batches(text, tuple(keys), names, report))


def _items(text: TextFile) -> Iterator[Item]:
    with faults_of(text.file.path, _ADVICE), text.characters() as stream:
        read = of_array if _first_character(text) == "[" else of_lines
        yield from read(stream, text.name)


def _first_character(text: TextFile) -> str:
    with text.characters() as stream:
        while character := stream.read(1):
            if not character.isspace():
                return character
    raise DatasetError(f"{text.name} is blank")


@dataclass
class _Faults:
    """Items that are not right."""

    items: list[Item] = field(default_factory=list)
    count: int = 0

    def see(self, item: Item) -> None:
        if item.fault:
            self.count += 1
            self.items += [item] * (len(self.items) < SHOWN_ROWS)

    def tell(self, name: str, report: Report) -> None:
        if not self.count:
            return
        first = self.items[0]
        hint = "; each row has to be one object on a line of its own, or the file one array"
        report.error(
            "json",
            f"{name}: row {first.row}: {first.fault}{hint}; {self.count} such rows are left out",
            rows=[item.row for item in self.items],
            count=self.count,
        )


def _refuse_surrogates(keys: dict[str, None], name: str) -> None:
    for key in keys:
        if not _encodable(key) or "\0" in key:
            raise DatasetError(f"{name} has the key {key[:60]!a}, which is not text; rename it")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _tell_encoding(text: TextFile, report: Report) -> None:
    facts = text.facts
    if facts.invalid < 0:
        return
    where = f"{text.name}: byte {facts.invalid} is not UTF-8"
    if facts.mixed >= 0:
        report.error(
            "mixed-encodings",
            f"{where}, but byte {facts.mixed} is; save the whole file in one encoding, UTF-8",
        )
    else:
        report.warning(
            "encoding",
            f"{where}; the file is read as {facts.encoding}. Look whether the letters are right; "
            "if not, save the file as UTF-8",
        )


def _batches(
    text: TextFile, keys: tuple[str, ...], names: tuple[str, ...], report: Report
) -> Iterator[pa.RecordBatch]:
    cells = _Cells(text.file.path, report)
    for items in _blocks(text):
        columns = [cells.column(key, items) for key in keys]
        batch = pa.RecordBatch.from_arrays(columns, names=list(names))
        rows = [item.row for item in items]
        tell_nul(batch, rows.__getitem__, text.name, report)
        yield batch
    cells.tell()


def _blocks(text: TextFile) -> Iterator[list[Item]]:
    """The items without a fault, in blocks of limited size."""
    block: list[Item] = []
    size = 0
    for item in _items(text):
        if item.fault:
            continue
        block.append(item)
        size += item.size
        if len(block) == BATCH_ROWS or size > _BATCH_CHARACTERS:
            yield block
            block, size = [], 0
    if block:
        yield block


@dataclass
class _Cells:
    """Turns values into texts and remembers what was lost on the way, per column."""

    path: Path
    report: Report
    nested: dict[str, list[int]] = field(default_factory=dict)
    with_null: dict[str, list[int]] = field(default_factory=dict)

    def column(self, key: str, items: list[Item]) -> pa.Array:
        """The texts of one key in the given rows."""
        texts = [self._text(key, item) for item in items]
        try:
            return pa.array(texts, pa.string())
        except (UnicodeError, pa.ArrowException):
            return pa.array([self._repaired(key, *each) for each in zip(items, texts, strict=True)])

    def tell(self) -> None:
        """Reports the columns in which something was not a plain value."""
        for key, rows in self.nested.items():
            self.report.warning(
                "nested",
                f"{self.path.name}: column {key!r} holds objects or lists of them (first in row "
                f"{rows[0]}); they are kept as JSON text. Flatten them to use them",
                column=key,
                rows=rows,
                count=len(rows),
            )
        for key, rows in self.with_null.items():
            self.report.warning(
                "null-in-list",
                f"{self.path.name}: column {key!r} has lists with null in them (first in row "
                f"{rows[0]}); the nulls are left out",
                column=key,
                rows=rows,
                count=len(rows),
            )

    def _text(self, key: str, item: Item) -> str | None:
        value = item.value.get(key)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return _boolean(value)
        if isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
            if None in value:
                self.with_null.setdefault(key, []).append(item.row)
            texts = [_plain(each) for each in value if each is not None]
            return json.dumps(texts, ensure_ascii=False)
        self.nested.setdefault(key, []).append(item.row)
        return "".join(_json(value, 0))

    def _repaired(self, key: str, item: Item, text: str | None) -> str | None:
        """The text, without half a character, which Python can hold but no encoding can write."""
        if text is None or _encodable(text):
            return text
        self.report.error_again(
            self.path.name,
            "half-character",
            f"{self.path.name}: row {item.row}, column {key!r}: {text[:60]!a} has half of a pair "
            "of \\u escapes; write the character itself",
            column=key,
            rows=(item.row,),
        )
        return text.encode("utf-8", "replace").decode()


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _plain(value: str | bool) -> str:
    return _boolean(value) if isinstance(value, bool) else str(value)


def _json(value: Any, depth: int) -> Iterator[str]:
    """The parts of the JSON text of a value, its numbers as they were written."""
    if depth > _MAX_DEPTH:
        raise DatasetError(f"a cell is nested more than {_MAX_DEPTH} levels deep; flatten it")
    if isinstance(value, Number):
        yield str(value)
    elif isinstance(value, list | dict):
        yield "[" if isinstance(value, list) else "{"
        for place, each in enumerate(value):
            yield ", " if place else ""
            if isinstance(value, dict):
                yield json.dumps(each, ensure_ascii=False) + ": "
                each = value[each]
            yield from _json(each, depth + 1)
        yield "]" if isinstance(value, list) else "}"
    else:
        yield json.dumps(value, ensure_ascii=False)
