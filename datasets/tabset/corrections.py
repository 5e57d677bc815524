"""A corrected solution: checked against the one that a data set version has, and compared with it.

Problems name rows by their number and never quote a label: who reads them may not know any.
"""

import csv
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import compute, parquet

from tabset import sinks, tables
from tabset.errors import DatasetError
from tabset.schema import Column, ColumnType, Dataset

USAGES = ("public", "private", "ignored")
NEEDED = ("id", "label")
_FIXED = ("left_record", "right_record")
MOST_ROWS = 10
"""Rows that are named of one kind of problem."""
MOST_PAIRS = 100
"""Pairs of a label before and after that are counted apart: the most frequent ones."""
MOST_CLASSES = 20
MOST_CELL = 1 << 20
_QUOTED = {True: "CSV in UTF-8", False: "Parquet"}

Columns = Mapping[str, Sequence[str | None]]
Pair = tuple[str, str, int]


@dataclass(frozen=True)
class Comparison:
    """What a corrected solution changes, in counts.

    `labels` and `usages` are pairs (before, after, rows) of what differs, the most frequent first;
    `pairs` of labels there are in all. `classes` are (class, rows before, rows after) of each class
    whose number changes. `parts` are the rows with another label by the part that they are in now,
    and `columns` the rows that differ in each other column.
    """

    rows: int
    changed: int
    pairs: int
    labels: list[Pair]
    classes: list[tuple[str, int, int]]
    parts: dict[str, int]
    usages: list[Pair]
    columns: dict[str, int]

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.changed or self.usages or self.columns)

    def to_json(self) -> dict[str, Any]:
        """The counts as JSON values."""
        return asdict(self)


def correct(file: Path, present: Path, dataset: Dataset, out: Path) -> Comparison:
    """Writes the corrected solution of `file` to `out` and compares it with the present one.

    The file is CSV or Parquet with a row for each test row, in any order: id, label, and any other
    columns of the present solution; those that it lacks stay as they are. Raises `DatasetError`
    with all problems, a line each.
    """
    kept = parquet.read_table(present)
    before = {name: _texts(kept[name].combine_chunks()) for name in kept.column_names}
    names, columns = _read(file)
    _refuse_columns(names, list(before))
    order = _aligned(columns["id"], before["id"])
    _refuse_values(columns, before, order, dataset)
    after = {**before, **{name: _in_order(columns[name], order) for name in columns}}
    comparison = _compared(before, after)
    schema = tables.arrow_schema([Column(name, ColumnType.TEXT) for name in before])
    sink = sinks.ParquetSink(schema, out)
    for batch in tables.batches(pa.table(dict(after), schema=schema)):
        sink.write(batch)
    sink.close()
    return comparison


def _read(file: Path) -> tuple[list[str], dict[str, list[str | None]]]:
    """The names of the columns, and their values by name."""
    is_text = file.suffix.lower() != ".parquet"
    try:
        return _read_csv(file) if is_text else _read_parquet(file)
    except (OSError, UnicodeError, csv.Error, pa.ArrowException) as error:
        # Its text may quote a row.
        raise DatasetError(
            f"The file cannot be read as {_QUOTED[is_text]}. Export it again."
        ) from error


def _read_csv(file: Path) -> tuple[list[str], dict[str, list[str | None]]]:
    csv.field_size_limit(MOST_CELL)
    with file.open(encoding="utf-8-sig", newline="") as handle:
        lines = csv.reader(handle, strict=True)
        names = next(lines, [])
        rows = [row for row in lines if row]  # skip empty lines
    odd = [number for number, row in enumerate(rows, 1) if len(row) != len(names)]
    if odd:
        raise _Problems.of(
            (f"Row {number} does not have {len(names)} cells, as the header does. Correct it.")
            for number in odd
        )
    values = zip(*rows, strict=True) if rows else itertools.repeat(())
    return names, {name: list(column) for name, column in zip(names, values, strict=False)}


def _read_parquet(file: Path) -> tuple[list[str], dict[str, list[str | None]]]:
    opened = parquet.ParquetFile(file)
    names = list(opened.schema_arrow.names)
    if len(set(names)) < len(names):
        return names, {}
    table = opened.read()
    return names, {name: _column(name, table[name]) for name in names}


def _column(name: str, values: pa.ChunkedArray) -> list[str | None]:
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_whole(kind)):
        raise DatasetError(f"Column `{name}` has the type {kind}. Write it as text.")
    return _texts(values.combine_chunks())


def _is_whole(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind))


def _texts(values: pa.Array) -> list[str | None]:
    found: list[str | None] = compute.cast(values, pa.string()).to_pylist()
    return found


def _refuse_columns(names: Sequence[str], known: Sequence[str]) -> None:
    allowed = ", ".join(f"`{name}`" for name in known)
    problems = [
        f"The file has the column `{name}` twice. Keep one of them."
        for name, count in Counter(names).items()
        if count > 1
    ]
    problems += [
        f"The file has no column `{name}`. Add it; the solution has {allowed}."
        for name in NEEDED
        if name not in names
    ]
    problems += [
        f"The solution has no column {_named(name)}. Remove it; there can be {allowed}."
        for name in dict.fromkeys(names)
        if name not in known
    ]
    if problems:
        raise DatasetError("\n".join(problems[:MOST_ROWS]))


def _named(name: str) -> str:
    return f"`{name[:40]}`" if name else "without a name"


def _aligned(ids: Sequence[str | None], known: Sequence[str | None]) -> list[int]:
    """The place of each test row in the file."""
    places: dict[str | None, int] = {}
    expected = set(known)
    unknown, repeated = [], []
    for place, name in enumerate(ids):
        if name not in expected:
            unknown.append(f"Row {place + 1}: this id is not one of the test rows. Remove the row.")
        elif name in places:
            first = places[name] + 1
            repeated.append(f"Row {place + 1} has the id of row {first}. Keep one of them.")
        else:
            places[name] = place
    missing = (
        f"There is no row for row {number} of the test table. Add one with its id."
        for number, name in enumerate(known, 1)
        if name not in places
    )
    _Problems.refuse(unknown, repeated, missing)
    return [places[name] for name in known]


def _refuse_values(
    columns: Columns, before: Columns, order: Sequence[int], dataset: Dataset
) -> None:
    classes = dataset.labels
    many = len(classes) > MOST_CLASSES
    named = f"one of the {len(classes)} classes" if many else f"one of {', '.join(classes)}"
    found: list[Iterable[str]] = [
        _odd(columns["label"], frozenset(classes), f"the label must be {named}")
    ]
    if "usage" in columns:
        said = f"the usage must be one of {', '.join(USAGES)}"
        found.append(_odd(columns["usage"], frozenset(USAGES), said))
    for name in columns:
        if name in _FIXED:
            found.append(_moved(name, columns[name], before[name], order))
        elif name not in (*NEEDED, "usage"):
            found.append(_absent(name, columns[name]))
    _Problems.refuse(*found)
    for part in USAGES[:2] if "usage" in columns else ():
        if part not in columns["usage"]:
            raise DatasetError(f"No row is {part}, so nothing could be ranked. Correct `usage`.")


def _absent(name: str, values: Sequence[str | None]) -> Iterator[str]:
    for place, value in enumerate(values):
        if value is None:
            yield f"Row {place + 1}: `{name}` is missing. Fill it in, or leave the column out."


def _odd(values: Sequence[str | None], known: frozenset[str], said: str) -> Iterator[str]:
    for place, value in enumerate(values):
        if value not in known:
            yield f"Row {place + 1}: {said}. Correct it."


def _moved(
    name: str, values: Sequence[str | None], before: Sequence[str | None], order: Sequence[int]
) -> Iterator[str]:
    for place, kept in zip(order, before, strict=True):
        if values[place] != kept:
            yield f"Row {place + 1}: `{name}` is not that of the test row. Leave the column out."


class _Problems(DatasetError):
    """Several problems of a file, a line each."""

    @classmethod
    def of(cls, lines: Iterable[str]) -> DatasetError:
        """The error with the first lines, and how many more there are."""
        each = iter(lines)
        shown = list(itertools.islice(each, MOST_ROWS))
        more = sum(1 for _ in each)
        return cls("\n".join([*shown, *([f"And {more:,} more rows like this."] if more else [])]))

    @classmethod
    def refuse(cls, *kinds: Iterable[str]) -> None:
        """Raises an error with the problems of all kinds, if there are any."""
        if said := [text for lines in kinds if (text := str(cls.of(lines)))]:
            raise DatasetError("\n".join(said))


def _in_order(values: Sequence[str | None], order: Sequence[int]) -> list[str | None]:
    return [values[place] for place in order]


def _compared(before: Columns, after: Columns) -> Comparison:
    labels = _pairs(before["label"], after["label"])
    usages = _pairs(before["usage"], after["usage"])
    parts = Counter(
        usage
        for old, new, usage in zip(before["label"], after["label"], after["usage"], strict=True)
        if old != new
    )
    counts = Counter(before["label"]), Counter(after["label"])
    return Comparison(
        rows=len(before["id"]),
        changed=sum(rows for _, _, rows in labels),
        pairs=len(labels),
        labels=labels[:MOST_PAIRS],
        classes=[
            (str(name), counts[0][name], counts[1][name])
            for name in sorted(counts[0] | counts[1], key=str)
            if counts[0][name] != counts[1][name]
        ],
        parts={part: parts[part] for part in USAGES if parts[part]},
        usages=usages,
        columns={
            name: rows
            for name in before
            if name not in (*NEEDED, "usage")
            and (rows := sum(map(str.__ne__, map(str, before[name]), map(str, after[name]))))
        },
    )


def _pairs(before: Sequence[str | None], after: Sequence[str | None]) -> list[Pair]:
    """What differs, counted, the most frequent first."""
    pairs = zip(before, after, strict=True)
    counted = Counter((str(old), str(new)) for old, new in pairs if old != new)
    return [(old, new, rows) for (old, new), rows in sorted(counted.items(), key=_frequent_first)]


def _frequent_first(item: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    return -item[1], item[0]
