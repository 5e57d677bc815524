"""Plain record tables, CSV or Parquet, with the columns that are compared."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa

from baselines.features.texts import MAX_CHARACTERS
from baselines.method import BaselineError
from tabset import Column, ColumnType, DatasetError
from tabset.cells import parse
from tabset.draft import DraftColumn
from tabset.findings import Level
from tabset.inference import TableObserver
from tabset.readers import Report, open_table

KEYS = ("record_id", "id", "_id")
COMPARED_AS_TYPED = (ColumnType.NUMERIC, ColumnType.DATETIME, ColumnType.ID)
SHOWN = 20


@dataclass(frozen=True)
class Records:
    """The records of one file: their ids, and a typed column per compared column.

    ``texts`` has each record as one text in lower case.
    """

    file: str
    key: str
    ids: list[str]
    values: pd.DataFrame
    texts: list[str]

    def places(self) -> dict[str, int]:
        """The place of each id."""
        return {record: place for place, record in enumerate(self.ids)}


@dataclass(frozen=True)
class _Raw:
    file: str
    key: str
    ids: list[str]
    cells: pa.Table
    columns: dict[str, DraftColumn]


def read_records(paths: Sequence[Path], key: str) -> tuple[tuple[Column, ...], list[Records]]:
    """The compared columns, and the records of one table or of two.

    ``key`` names the column of the ids; if empty, it is record_id, id or _id. Columns are those
    that all tables have, by name; if types differ, they are compared as text. Raises BaselineError
    with what to do.
    """
    raws = [_read(path, key) for path in paths]
    names = [name for name in raws[0].columns if all(name in raw.columns for raw in raws)]
    columns = tuple(Column(name, _type([raw.columns[name] for raw in raws])) for name in names)
    columns = tuple(column for column in columns if column.type is not ColumnType.IMAGE)
    if not columns:
        what = f"{raws[0].file} has no column to compare besides {raws[0].key!r}"
        if len(raws) > 1:
            what = (
                f"{raws[0].file} and {raws[1].file} have no column in common besides their ids: "
                "give the columns that mean the same the same name"
            )
        raise BaselineError(f"{what}.")
    return columns, [_typed(raw, columns) for raw in raws]


def read_cells(path: Path) -> pa.Table:
    """All cells of a file as text, null where one is missing. Raises BaselineError."""
    report = Report()
    try:
        raw = open_table(path, report)
        schema = pa.schema([(name, pa.string()) for name in raw.names])
        cells = pa.Table.from_batches(raw.batches, schema=schema)
    except (DatasetError, OSError) as error:
        raise BaselineError(f"Cannot read {path}: {error}.") from error
    for finding in report.findings:
        if finding.level is Level.ERROR:
            raise BaselineError(f"Cannot read {path}: {finding.message}.")
    return cells


def shown(names: Sequence[str]) -> str:
    """The first names of a list, for a message."""
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def _read(path: Path, key: str) -> _Raw:
    cells = read_cells(path)
    names = cells.column_names
    lower = {name.lower(): name for name in reversed(names)}
    own = key or next((lower[name] for name in KEYS if name in lower), "")
    if own not in names:
        wanted = f"{own!r}" if own else " or ".join(map(repr, KEYS[:2]))
        raise BaselineError(
            f"{path.name} has no column {wanted} of ids; name the one that it has by --id. Its "
            f"columns are {shown(names)}."
        )
    if odd := [name for name in names if name != own and name in ("id", "record_id")]:
        raise BaselineError(
            f"{path.name} has a column {odd[0]!r} in addition to the ids in {own!r}; "
            "rename or remove it."
        )
    observer = TableObserver(names)
    for batch in cells.to_batches():
        observer.see(batch)
    found = {column.name: column for column in observer.columns({own})}
    kept = {name: each for name, each in found.items() if name != own and each.missing < 1}
    return _Raw(path.name, own, _ids(path.name, own, cells[own].to_pylist()), cells, kept)


def _ids(file: str, key: str, ids: list[str | None]) -> list[str]:
    first: dict[str, int] = {}
    for row, record in enumerate(ids, start=1):
        if not record:
            raise BaselineError(f"{file}, row {row}: {key!r} is empty; give every record an id.")
        if first.setdefault(record, row) != row:
            raise BaselineError(
                f"{file}, row {row}: the id {record!r} is in row {first[record]} already; give "
                "every record an id of its own."
            )
    return list(first)


def _type(columns: Sequence[DraftColumn]) -> ColumnType:
    kinds = {column.type for column in columns}
    if kinds == {ColumnType.IMAGE}:
        return ColumnType.IMAGE
    return kinds.pop() if len(kinds) == 1 and kinds <= {*COMPARED_AS_TYPED} else ColumnType.TEXT


def _typed(raw: _Raw, columns: Sequence[Column]) -> Records:
    texts, values = [], {}
    for column in columns:
        cells = raw.cells[column.name].combine_chunks()
        described = replace(raw.columns[column.name], type=column.type)
        values[column.name] = parse(described, cells).to_pandas()
        cell_texts = parse(replace(described, type=ColumnType.TEXT), cells).to_pylist()
        texts.append([(text or "")[:MAX_CHARACTERS].lower() for text in cell_texts])
    joined = [" ".join(row) for row in zip(*texts, strict=True)]
    return Records(raw.file, raw.key, raw.ids, pd.DataFrame(values), joined)
