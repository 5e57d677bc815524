"""The data set standard: schema, CSV and Parquet, splits, writer, reader, verification."""

from tabset.errors import DatasetError
from tabset.read import Loaded, load, load_arrow, load_records, load_test, load_train
from tabset.schema import Column, ColumnType, Dataset, FileFact, Kind, Licence, Split
from tabset.source import Source
from tabset.verify import verify
from tabset.writer import Built, build

__all__ = [
    "Built",
    "Column",
    "ColumnType",
    "Dataset",
    "DatasetError",
    "FileFact",
    "Kind",
    "Licence",
    "Loaded",
    "Source",
    "Split",
    "build",
    "load",
    "load_arrow",
    "load_records",
    "load_test",
    "load_train",
    "verify",
]
