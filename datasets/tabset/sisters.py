"""Rows that two data sets share, and whether both have them in the same part.

If a row is public in one data set and private in the other, or a test row here and a training row
there, one data set may reveal labels of the other. Labels are never read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute
from pyarrow import parquet as pq

from tabset import schema, splits
from tabset.checks.rowhash import Words, row_hashes
from tabset.images import FOLDER
from tabset.schema import ColumnType, Dataset, Kind

TRAIN = "train"
TEST = "test"
SIDES = ("left", "right")
IN_COMMON = 0.5  # data sets that share less of their columns are not compared
BATCH_ROWS = 65_536


@dataclass(frozen=True)
class Sister:
    """One data set version: its public folder and the solution file of its test rows."""

    public: Path
    solution: Path


@dataclass(frozen=True)
class Conflicts:
    """How many different rows of two data sets are in parts that do not agree.

    `usage` rows are public in one and private in the other, `train` rows are scored in one and
    have a label in the training set of the other.
    """

    usage: int = 0
    train: int = 0

    def __bool__(self) -> bool:
        return self.usage > 0 or self.train > 0


def conflicts(first: Sister, second: Sister) -> Conflicts:
    """Counts the rows of two data sets that are equal but in parts that do not agree.

    Rows are equal if they agree in the columns that both data sets have, pairs if they compare two
    equal records in either order. Nothing is compared between matching and classification, and
    where the common columns are less than half of those of one data set.
    """
    datasets = [schema.read(sister.public) for sister in (first, second)]
    columns = _common(*datasets)
    if not columns:
        return Conflicts()
    mine, theirs = (
        _parts(sister, dataset, columns)
        for sister, dataset in zip((first, second), datasets, strict=True)
    )
    both = mine.merge(theirs, on=["first", "second"])
    scored = (splits.PUBLIC, splits.PRIVATE)
    return Conflicts(
        usage=_distinct(both, scored, scored),
        train=_distinct(both, (TRAIN,), scored),
    )


def _distinct(both: pd.DataFrame, one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """The number of different rows in unequal parts: one of `one` here, of `other` there."""
    here, there = both["part_x"], both["part_y"]
    chosen = (here.isin(one) & there.isin(other)) | (here.isin(other) & there.isin(one))
    chosen &= here != there
    return len(both.loc[chosen, ["first", "second"]].drop_duplicates())


def _common(first: Dataset, second: Dataset) -> list[str]:
    """The feature columns, of records for matching, by which rows of both can be compared."""
    if first.kind is not second.kind:
        return []
    found = [_columns(dataset) for dataset in (first, second)]
    shared = found[0].items() & found[1].items()
    enough = len(shared) >= IN_COMMON * max(len(columns) for columns in found)
    return sorted(name for name, _ in shared) if enough else []


def _columns(dataset: Dataset) -> Mapping[str, ColumnType]:
    tables = dataset.records.values() if dataset.kind is Kind.MATCHING else [dataset.columns]
    return {column.name: column.type for columns in tables for column in columns}


def _parts(sister: Sister, dataset: Dataset, columns: list[str]) -> pd.DataFrame:
    """The key of every different row (`first`, `second`) and its `part`; rows of nothing missing.

    A row that is in several parts has a line for each.
    """
    files = dataset.files.items()
    images = {name: fact.sha256 for name, fact in files if name.startswith(f"{FOLDER}/")}
    solution = pq.read_table(sister.solution, columns=["id", "usage"])
    frames = []
    for side in (TRAIN, TEST):
        keys, ids = _keys(sister.public / f"{side}.parquet", dataset, columns, images)
        places = compute.index_in(ids, value_set=solution["id"])
        parts = solution["usage"].take(places).to_pandas() if side == TEST else TRAIN
        frames.append(pd.DataFrame({"first": keys[0], "second": keys[1], "part": parts}))
    found = pd.concat(frames, ignore_index=True).drop_duplicates()
    return found[(found["first"] != 0) | (found["second"] != 0)]


def _keys(
    path: Path, dataset: Dataset, columns: list[str], images: Mapping[str, str]
) -> tuple[Words, pa.ChunkedArray]:
    """Two 64-bit hashes of every row, shape (2, rows), and the ids; 0 where all is missing."""
    keys: list[Words] = [np.zeros((2, 0), dtype=np.uint64)]
    ids: list[pa.Array] = []
    for batch in _batches(path, dataset, columns):
        ids.append(batch["id"].cast(pa.string()))
        if dataset.kind is Kind.MATCHING:
            # The sum does not depend on the order of the two records.
            left, right = (_hashes(batch, columns, images, f"{side}_") for side in SIDES)
            keys.append(left + right)
        else:
            keys.append(_hashes(batch, columns, images, ""))
    return np.concatenate(keys, axis=1), pa.chunked_array(ids, pa.string())


def _batches(path: Path, dataset: Dataset, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The rows of a table with their ids and those of the columns that it has."""
    prefixes = [f"{side}_" for side in SIDES] if dataset.kind is Kind.MATCHING else [""]
    wanted = {"id", *(prefix + name for prefix in prefixes for name in columns)}
    with pq.ParquetFile(path) as file:
        names = [name for name in file.schema_arrow.names if name in wanted]
        yield from file.iter_batches(BATCH_ROWS, columns=names)


def _hashes(
    batch: pa.RecordBatch, columns: list[str], images: Mapping[str, str], prefix: str
) -> NDArray[np.uint64]:
    """The hashes of some rows; a column that the table does not have counts as missing."""
    known = set(batch.schema.names)
    nothing = pa.nulls(batch.num_rows, pa.string())
    return row_hashes(
        [
            _texts(batch[prefix + name], images) if prefix + name in known else nothing
            for name in columns
        ]
    )


def _texts(values: pa.Array, images: Mapping[str, str]) -> pa.Array:
    """The cells as text; a picture is the hash of its file, whatever it is named."""
    if pa.types.is_list(values.type):
        return compute.binary_join(values.cast(pa.list_(pa.string())), "\x1f")
    texts = values.cast(pa.string())
    if not images:
        return texts
    names = pa.array(images.keys(), pa.string())
    hashes = pa.array(images.values(), pa.string())
    found = hashes.take(compute.index_in(texts, value_set=names))
    return compute.coalesce(found, texts)
