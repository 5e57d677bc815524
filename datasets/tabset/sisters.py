"""Rows and records that two data sets share, and whether both have them in the same part.

If a row is public in one data set and private in the other, or a test row here and a training row
there, one data set may reveal labels of the other. So may a record that matches: its matches here
say what it matches there, or its class.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

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
# Different things are described in the same words now and then.
CHANCE = 0.01
BATCH_ROWS = 65_536
_KEY = ["first", "second"]


@dataclass(frozen=True)
class Sister:
    """One data set version: its public folder and the solution file of its test rows."""

    public: Path
    solution: Path


@dataclass(frozen=True)
class Conflicts:
    """How many different rows and records of two data sets are in parts that do not agree.

    `usage` rows are public in one and private in the other, `train` rows are scored in one and
    have a label in the training set of the other. `records` are in no part in which the other has
    them.
    """

    usage: int = 0
    train: int = 0
    records: int = 0

    def __bool__(self) -> bool:
        return self.usage > 0 or self.train > 0 or self.records > 0


def conflicts(first: Sister, second: Sister) -> Conflicts:
    """Counts the rows and records of two data sets that are equal but in parts that do not agree.

    They are equal if they agree in the columns that both data sets have, pairs if they compare two
    equal records in either order. The rows of classification and the records of pairs that match
    are compared with each other too. Records on different sides are none if they are at most one in
    a hundred of those in both. Where the common columns are less than half of those of one data
    set, nothing is compared. No count says a label.
    """
    datasets = [schema.read(sister.public) for sister in (first, second)]
    columns = _common(*datasets)
    if not columns:
        return Conflicts()
    mine, theirs = (
        _parts(sister, dataset, columns)
        for sister, dataset in zip((first, second), datasets, strict=True)
    )
    kinds = {dataset.kind for dataset in datasets}
    found = _rows(mine.rows, theirs.rows) if len(kinds) == 1 else Conflicts()
    # The rows of two classifications are their records.
    records = _records(mine.records, theirs.records) if Kind.MATCHING in kinds else 0
    return replace(found, records=records)


def _rows(mine: pd.DataFrame, theirs: pd.DataFrame) -> Conflicts:
    both = mine.merge(theirs, on=_KEY)
    scored = (splits.PUBLIC, splits.PRIVATE)
    return Conflicts(
        usage=_distinct(both, scored, scored),
        train=_distinct(both, (TRAIN,), scored),
    )


def _records(mine: pd.DataFrame, theirs: pd.DataFrame) -> int:
    """The number of records that both have but in no part in common; ignored rows do not count."""
    bits = {TRAIN: 1, splits.PUBLIC: 2, splits.PRIVATE: 4}
    sides = [
        frame.assign(part=frame["part"].map(bits)).dropna().groupby(_KEY)["part"].sum()
        for frame in (mine, theirs)
    ]
    both = pd.concat(sides, axis=1, join="inner").to_numpy(dtype=np.int64)
    apart = int(((both[:, 0] & both[:, 1]) == 0).sum())
    return apart if apart > CHANCE * len(both) else 0


def _distinct(both: pd.DataFrame, one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """The number of different rows in unequal parts: one of `one` here, of `other` there."""
    here, there = both["part_x"], both["part_y"]
    chosen = (here.isin(one) & there.isin(other)) | (here.isin(other) & there.isin(one))
    chosen &= here != there
    return len(both.loc[chosen, _KEY].drop_duplicates())


def _common(first: Dataset, second: Dataset) -> list[str]:
    """The feature columns, of records for matching, by which rows of both can be compared."""
    found = [_columns(dataset) for dataset in (first, second)]
    shared = found[0].items() & found[1].items()
    enough = len(shared) >= IN_COMMON * max(len(columns) for columns in found)
    return sorted(name for name, _ in shared) if enough else []


def _columns(dataset: Dataset) -> Mapping[str, ColumnType]:
    tables = dataset.records.values() if dataset.kind is Kind.MATCHING else [dataset.columns]
    return {column.name: column.type for columns in tables for column in columns}


class _Parts(NamedTuple):
    """Keys (`first`, `second`) of rows and of records, with the `part` that each is in.

    Records of pairs are those of matches. What is in several parts has a line for each; what has
    no value has none.
    """

    rows: pd.DataFrame
    records: pd.DataFrame


def _parts(sister: Sister, dataset: Dataset, columns: list[str]) -> _Parts:
    files = dataset.files.items()
    images = {name: fact.sha256 for name, fact in files if name.startswith(f"{FOLDER}/")}
    solution = pq.read_table(sister.solution, columns=["id", "usage", "label"])
    rows, records = [], []
    for side in (TRAIN, TEST):
        path = sister.public / f"{side}.parquet"
        keys, ids = _keys(path, dataset, columns, images)
        if side == TEST:
            told = solution.take(compute.index_in(ids, value_set=solution["id"]))
            lines = pd.DataFrame({"part": told["usage"].to_pandas()})
        else:
            told = pq.read_table(path, columns=["label"])
            lines = pd.DataFrame({"part": [TRAIN] * len(ids)})
        # The sum does not depend on the order of the two records.
        rows.append(_keyed(lines, keys.sum(axis=0)))
        if dataset.kind is Kind.MATCHING:
            matches = told["label"].cast(pa.string()).to_pandas() == dataset.positive_label
            lines, keys = lines[matches], keys[:, :, matches]
        records += [_keyed(lines, of_record) for of_record in keys]
    return _Parts(_different(rows), _different(records))


def _keyed(lines: pd.DataFrame, keys: Words) -> pd.DataFrame:
    return lines.assign(first=keys[0], second=keys[1])


def _different(frames: list[pd.DataFrame]) -> pd.DataFrame:
    found = pd.concat(frames, ignore_index=True).drop_duplicates()
    return found[(found["first"] != 0) | (found["second"] != 0)]


def _keys(
    path: Path, dataset: Dataset, columns: list[str], images: Mapping[str, str]
) -> tuple[Words, pa.ChunkedArray]:
    """Two 64-bit hashes of each record of every row, shape (1 or 2, 2, rows), and the ids.

    A record without any value has the hashes 0.
    """
    prefixes = _prefixes(dataset)
    keys: list[Words] = [np.zeros((len(prefixes), 2, 0), dtype=np.uint64)]
    ids: list[pa.Array] = []
    for batch in _batches(path, dataset, columns):
        ids.append(batch["id"].cast(pa.string()))
        keys.append(np.stack([_hashes(batch, columns, images, prefix) for prefix in prefixes]))
    return np.concatenate(keys, axis=2), pa.chunked_array(ids, pa.string())


def _prefixes(dataset: Dataset) -> list[str]:
    """How the columns of the records of a row begin."""
    return [f"{side}_" for side in SIDES] if dataset.kind is Kind.MATCHING else [""]


def _batches(path: Path, dataset: Dataset, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The rows of a table with their ids and those of the columns that it has."""
    wanted = {"id", *(prefix + name for prefix in _prefixes(dataset) for name in columns)}
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
