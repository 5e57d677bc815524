"""A data set in memory that a caller wants to have written, and its checked tables."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
from pyarrow import compute

from tabset import images, schema, tables
from tabset.errors import DatasetError
from tabset.schema import Column, ColumnType, Dataset, Kind

Values = Mapping[str, Sequence[Any]]
ID = Column("id", ColumnType.ID)
LABEL = Column("label", ColumnType.TEXT)
RECORD_ID = Column("record_id", ColumnType.ID)
PAIR_IDS = (Column("left_id", ColumnType.ID), Column("right_id", ColumnType.ID))


@dataclass(frozen=True)
class Source:
    """A data set before it is written.

    `dataset` describes it; counts, missing shares, values, sizes and files are filled in later, and
    for matching also `columns`. `train` and `test` map column names to values, both with `id` and
    `label`; for matching `id, left_id, right_id, label`, whose features come from `records`
    (table name to columns with `record_id`). `groups` and `slices` have one text per test row.
    `images` maps file names to contents; image columns hold `images/<file name>`.
    """

    dataset: Dataset
    train: Values
    test: Values
    groups: Sequence[str]
    slices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    records: Mapping[str, Values] = field(default_factory=dict)
    entities: Values | None = None
    images: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Tables:
    """The typed tables of a source: `train` with id and label, `test` with id and without label."""

    dataset: Dataset
    train: pa.Table
    test: pa.Table
    test_labels: tuple[str, ...]
    records: Mapping[str, pa.Table]
    findings: tuple[str, ...]


def assemble(source: Source) -> Tables:
    """The checked tables of `source` and its schema, for matching with the flattened columns.

    Raises `DatasetError` for doubled or empty ids, undeclared labels, pairs of unknown records,
    image paths without a file, and everything that `schema.validate` refuses.
    """
    findings: list[str] = []
    dataset = source.dataset
    records = {
        name: _features(name, (RECORD_ID, *columns), source.records[name], findings)
        for name, columns in dataset.records.items()
    }
    if dataset.kind is Kind.MATCHING:
        for name, table in records.items():
            _check_ids(name, table["record_id"])
        dataset = replace(dataset, columns=schema.pair_columns(dataset.records))
        train, test = (_pairs(part, dataset, records) for part in (source.train, source.test))
    else:
        columns = (ID, *dataset.columns, LABEL)
        train = _features("train", columns, source.train, findings)
        test = _features("test", columns, source.test, findings)
    _check_rows(source, dataset, train, test)
    schema.validate(dataset)
    return Tables(
        dataset,
        train,
        test.drop_columns(["label"]),
        tuple(test["label"].to_pylist()),
        records,
        tuple(findings),
    )


def _features(name: str, columns: Sequence[Column], data: Values, findings: list[str]) -> pa.Table:
    table, emptied = tables.without_empty(tables.typed(columns, data))
    findings += [
        f"{name}: {count} empty texts in {column!r} are written as missing"
        for column, count in emptied.items()
    ]
    return table


def _pairs(part: Values, dataset: Dataset, records: Mapping[str, pa.Table]) -> pa.Table:
    """Flattens pairs of record ids to rows with the columns of both records."""
    table = tables.typed((ID, *PAIR_IDS, LABEL), part)
    sides = [table["id"], table["left_id"], table["right_id"]]
    for side in ("left", "right"):
        name = side if side in records else "records"
        positions = compute.index_in(table[f"{side}_id"], value_set=records[name]["record_id"])
        if positions.null_count:
            unknown = table[f"{side}_id"].filter(compute.is_null(positions))[0]
            raise DatasetError(f"a pair names the {side} record {unknown}, which {name} lacks")
        taken = records[name].take(positions)
        sides += [taken[column] for column in taken.column_names if column != "record_id"]
    return pa.Table.from_arrays(
        [*sides, table["label"]], schema=tables.arrow_schema((ID, *dataset.columns, LABEL))
    )


def _check_rows(source: Source, dataset: Dataset, train: pa.Table, test: pa.Table) -> None:
    _check_ids("train and test", pa.chunked_array([*train["id"].chunks, *test["id"].chunks]))
    for name, table in (("train", train), ("test", test)):
        undeclared = set(table["label"].to_pylist()) - set(dataset.labels)
        if undeclared:
            raise DatasetError(f"{name} has undeclared labels: {sorted(map(repr, undeclared))[:5]}")
    for what, values in (("groups", source.groups), *source.slices.items()):
        if len(values) != test.num_rows:
            raise DatasetError(f"{what}: {len(values)} values for {test.num_rows} test rows")
    for column in dataset.columns:
        if column.type is ColumnType.IMAGE:
            _check_images(column, (train, test), source.images)


def _check_ids(where: str, ids: pa.ChunkedArray) -> None:
    if ids.null_count or compute.any(compute.equal(ids, "")).as_py():
        raise DatasetError(f"{where}: a row has no id")
    counted = Counter(ids.to_pylist())
    doubled = [value for value, count in counted.items() if count > 1]
    if doubled:
        raise DatasetError(f"{where}: {len(doubled)} ids occur twice, the first is {doubled[0]!r}")


def _check_images(column: Column, parts: Sequence[pa.Table], files: Mapping[str, bytes]) -> None:
    known = {f"{images.FOLDER}/{name}" for name in files}
    for part in parts:
        absent = set(part[column.name].to_pylist()) - known - {None}
        if absent:
            raise DatasetError(f"column {column.name!r} names {min(absent)}, which is not there")
