"""Reads a data set folder: one loader for both kinds, as pandas or as Arrow tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from tabset import schema, tables
from tabset.schema import Column, ColumnType, Dataset
from tabset.writer import table_columns


@dataclass(frozen=True)
class Loaded:
    """A data set in memory; the frames are as `load_train`, `load_test` and `load_records` say."""

    dataset: Dataset
    train: pd.DataFrame
    test: pd.DataFrame
    records: Mapping[str, pd.DataFrame]


def load(folder: Path) -> Loaded:
    """The schema and all tables of a data set folder; `DatasetError` if it breaks the standard."""
    dataset = schema.read(folder)
    return Loaded(dataset, load_train(folder), load_test(folder), load_records(folder))


def load_train(folder: Path) -> pd.DataFrame:
    """The training rows: `id`, the feature columns and `label`, in file order, typed.

    Ids, labels and text are `str` (None where missing), numbers float64, categoricals have the
    declared values as categories, dates are datetime64, images absolute paths as text, booleans
    pandas' nullable `boolean`, lists Python lists.
    """
    return _frame(folder, "train")


def load_test(folder: Path) -> pd.DataFrame:
    """The test rows: `id` and the feature columns, typed as in `load_train`."""
    return _frame(folder, "test")


def load_records(folder: Path) -> dict[str, pd.DataFrame]:
    """The record tables of a matching data set by name, keyed by `record_id`; else nothing."""
    return {name: _frame(folder, name) for name in schema.read(folder).records}


def load_arrow(folder: Path, table: str) -> pa.Table:
    """One table (`train`, `test`, `sample_submission`, `records`, …) from its Parquet file."""
    columns = table_columns(schema.read(folder))[table]
    return tables.read_parquet(folder / f"{table}.parquet", columns)


def _frame(folder: Path, table: str) -> pd.DataFrame:
    columns = table_columns(schema.read(folder))[table]
    arrow = tables.read_parquet(folder / f"{table}.parquet", columns)
    data = {column.name: _series(folder, column, arrow[column.name]) for column in columns}
    return pd.DataFrame(data)


def _series(folder: Path, column: Column, values: pa.ChunkedArray) -> "pd.Series[Any]":
    if column.type is ColumnType.CATEGORICAL:
        kind = pd.CategoricalDtype(list(column.values))
        return pd.Series(pd.Categorical(values.to_pandas(), dtype=kind))
    if column.type is ColumnType.IMAGE:
        base = folder.resolve()
        paths = [None if path is None else str(base / path) for path in values.to_pylist()]
        return pd.Series(paths, dtype=object)
    if column.type is ColumnType.BOOLEAN:
        nullable: pd.Series[Any] = values.to_pandas(
            types_mapper={pa.bool_(): pd.BooleanDtype()}.get
        )
        return nullable
    if column.type is ColumnType.LIST:  # pandas would make each list a NumPy array
        return pd.Series(values.to_pylist(), dtype=object)
    series: pd.Series[Any] = values.to_pandas()
    return series
