"""How much one column alone tells about the label, and whether labels lie together in an order."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset import cells
from tabset.cells import CellError
from tabset.checks.scan import cut
from tabset.checks.subject import LEFT_OUT, TRAIN, Subject, features
from tabset.draft import DraftColumn
from tabset.plan_columns import picked
from tabset.schema import ColumnType, Kind

Codes = NDArray[np.int64]
BINS = 512
FEWEST = 30
NUMBERS = (ColumnType.NUMERIC, ColumnType.DATETIME)


@dataclass(frozen=True)
class Skill:
    """What share of test rows is guessed right, by the column (`accuracy`) and without (`base`)."""

    accuracy: float
    base: float

    @property
    def share(self) -> float:
        """How much of what can be gained is gained: 0 nothing, 1 all."""
        return (self.accuracy - self.base) / (1 - self.base) if self.base < 1 else 0.0


@dataclass(frozen=True)
class Evidence:
    """The sampled rows that are in train or test.

    `codings` gives for each question about a column (its words) a whole number per row; `labels`
    are label codes, `train` tells which rows are in train.
    """

    codings: Mapping[str, tuple[str, Codes]]
    labels: Codes
    train: NDArray[np.bool_]

    def skill(self, codes: Codes) -> Skill | None:
        """How well the most frequent label of each code in train fits the test rows.

        None if there are too few rows to tell.
        """
        seen, unseen = self.labels[self.train], self.labels[~self.train]
        if min(len(seen), len(unseen)) < FEWEST:
            return None
        counts = np.bincount(unseen)
        usual = int(np.bincount(seen).argmax())
        guess = np.full(int(codes.max()) + 1, usual, dtype=np.int64)
        width = int(self.labels.max()) + 1
        keys, found = np.unique(codes[self.train] * width + seen, return_counts=True)
        keys = keys[np.argsort(found, kind="stable")]  # the most frequent label is written last
        guess[keys // width] = keys % width
        right = guess[codes[~self.train]] == unseen
        return Skill(float(right.mean()), float(counts.max() / len(unseen)))


def gather(subject: Subject) -> Evidence:
    """The evidence of the sampled rows: every feature column, for matching of both records."""
    scan = subject.main
    kept = subject.sides[scan.sampled] != LEFT_OUT
    if subject.draft.kind is Kind.MATCHING:
        pairs = subject.matching.pairs
        kept &= pairs.known[scan.sampled]
        codings = _of_pairs(subject, scan.sampled[kept])
    else:
        sample = scan.sample.filter(pa.array(kept))
        codings = {}
        for column in features(subject.draft, subject.draft.main):
            if column.type is not ColumnType.IMAGE:
                words = f"the column {column.name!r}"
                codings |= _of_column(column, words, sample[column.name].combine_chunks())
    rows = scan.sampled[kept]
    labels = subject.labels.codes[rows].astype(np.int64)
    return Evidence(codings, labels, subject.sides[rows] == TRAIN)


def _of_pairs(subject: Subject, rows: Codes) -> dict[str, tuple[str, Codes]]:
    """Values of either record, and whether the two records have the same value."""
    matching = subject.matching
    tables = {}
    for side, numbers in (("left", matching.pairs.left), ("right", matching.pairs.right)):
        table = matching.records.table_of(side)
        places = numbers[rows].astype(np.int64) - matching.records.starts[table]
        tables[side] = _records(subject, table, places)
    codings: dict[str, tuple[str, Codes]] = {}
    for side, (columns, values) in tables.items():
        for column in columns:
            words = f"the {column.name!r} of the {side} record"
            codings |= _of_column(column, words, values[column.name])
    (left_columns, left), (right_columns, right) = tables["left"], tables["right"]
    both = {column.name for column in left_columns} & {column.name for column in right_columns}
    for name in sorted(both):
        equal = compute.fill_null(compute.equal(left[name], right[name]).cast(pa.int64()), 2)
        words = f"whether both records have the same {name!r}"
        codings[words] = (name, equal.to_numpy(zero_copy_only=False))
    return codings


def _records(
    subject: Subject, table: str, places: Codes
) -> tuple[tuple[DraftColumn, ...], Mapping[str, pa.Array]]:
    """The feature columns of a record table and their cells, cut short, at the given places."""
    columns = features(subject.draft, table)
    names = [column.name for column in columns]
    wanted, inverse = np.unique(places, return_inverse=True)
    parts = [cut(batch) for _, batch in picked(subject.stage.tables[table], names, wanted)]
    schema = pa.schema([(name, pa.string()) for name in names])
    found = pa.Table.from_batches(parts, schema=schema).combine_chunks().take(pa.array(inverse))
    return columns, {name: found[name].combine_chunks() for name in names}


def _of_column(column: DraftColumn, words: str, values: pa.Array) -> dict[str, tuple[str, Codes]]:
    """The codes of a column's different values; of numbers and dates also the codes of ranges."""
    encoded = values.dictionary_encode()
    codes = compute.fill_null(encoded.indices.cast(pa.int64()), len(encoded.dictionary))
    found = {words: (column.name, codes.to_numpy(zero_copy_only=False))}
    if column.type in NUMBERS and (ranges := _ranges(column, values)) is not None:
        found[f"the range of {words}"] = (column.name, ranges)
    return found


def _ranges(column: DraftColumn, values: pa.Array) -> Codes | None:
    try:
        parsed = cells.parse(column, values)
    except CellError:
        return None  # another check tells of such cells
    if column.type is ColumnType.DATETIME:
        parsed = parsed.cast(pa.int64())
    numbers = parsed.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return None
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.where(np.isnan(numbers), BINS + 1, np.searchsorted(edges, numbers)).astype(np.int64)


@dataclass(frozen=True)
class Clustering:
    """How often neighbours have the same label: `observed`, and `expected` in random order.

    `z` is their difference in standard deviations of a random order.
    """

    observed: float
    expected: float
    z: float

    @property
    def tells(self) -> bool:
        """Whether the order tells of the labels: neighbours agree clearly more often, or less."""
        gained = (self.observed - self.expected) / max(1 - self.expected, 1e-9)
        lost = (self.expected - self.observed) / max(self.expected, 1e-9)
        return abs(self.z) >= 5 and (gained >= 0.1 or lost >= 0.5)


def clustering(labels: NDArray[np.integer]) -> Clustering:
    """Compares neighbours in a sequence of label codes with what a random permutation gives.

    Mean and variance of the number of equal neighbours are those of the join-count statistic on a
    line (Moran, "The interpretation of statistical maps", 1948) for many rows.
    """
    steps = len(labels) - 1
    if steps < FEWEST:
        return Clustering(0.0, 0.0, 0.0)
    shares = np.bincount(labels) / len(labels)
    squares, cubes = float((shares**2).sum()), float((shares**3).sum())
    observed = float((labels[1:] == labels[:-1]).mean())
    variance = max((squares + 2 * cubes - 3 * squares**2) / steps, 1e-12)
    return Clustering(observed, squares, (observed - squares) / variance**0.5)
