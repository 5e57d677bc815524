"""What `dataset.json` says about the rows, gathered while the tables stream by."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
from pyarrow import compute

from tabset.errors import DatasetError
from tabset.images import FOLDER
from tabset.schema import Column, ColumnType, Dataset

Sizes = tuple[tuple[int, int], ...]


class TableFacts:
    """Rows, missing cells per column, the texts of categorical columns, and counts of labels."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.rows = 0
        self.missing: Counter[str] = Counter()
        self.seen: dict[str, set[str]] = {
            column.name: set() for column in columns if column.type is ColumnType.CATEGORICAL
        }
        self.labels: Counter[str | None] = Counter()

    def see(self, batch: pa.RecordBatch) -> None:
        """Takes the next rows into account."""
        self.rows += batch.num_rows
        for name, values in zip(batch.schema.names, batch.columns, strict=True):
            self.missing[name] += values.null_count
        for name, texts in self.seen.items():
            texts.update(compute.unique(batch[name].drop_null()).to_pylist())
        if "label" in batch.schema.names:
            for found in compute.value_counts(batch["label"]).to_pylist():
                self.labels[found["values"]] += found["counts"]


def described(dataset: Dataset, tables: Mapping[str, TableFacts], sizes: Sizes) -> Dataset:
    """The data set with rows, label counts of train, missing shares, values and image sizes.

    `tables` holds the facts of train, test and the record tables by name. Raises `DatasetError` if
    train has a label that is not declared.
    """
    labels = tables["train"].labels
    undeclared = set(labels) - set(dataset.labels)
    if undeclared:
        raise DatasetError(f"train has undeclared labels: {sorted(map(repr, undeclared))[:5]}")
    parts = (tables["train"], tables["test"])
    return replace(
        dataset,
        columns=tuple(_described(column, parts, sizes) for column in dataset.columns),
        records={
            name: tuple(_described(column, (tables[name],), sizes) for column in columns)
            for name, columns in dataset.records.items()
        },
        rows={name: facts.rows for name, facts in tables.items()},
        label_counts={"train": {label: labels[label] for label in dataset.labels}},
    )


def _described(column: Column, parts: Sequence[TableFacts], sizes: Sizes) -> Column:
    rows = sum(part.rows for part in parts)
    missing = sum(part.missing[column.name] for part in parts) / max(rows, 1)
    column = replace(column, missing=round(missing, 6))
    if column.type is ColumnType.IMAGE:
        return replace(column, folder=FOLDER, sizes=sizes)
    if column.type is ColumnType.CATEGORICAL:
        seen = set().union(*(part.seen[column.name] for part in parts))
        return replace(column, values=(*column.values, *sorted(seen - set(column.values))))
    return column
