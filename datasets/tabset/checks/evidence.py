"""How much one column reveals about the label, and whether equal labels are neighbours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset import cells
from tabset.cells import CellError
from tabset.checks.scan import cut
from tabset.checks.subject import LEFT_OUT, TRAIN, Subject
from tabset.draft import DraftColumn
from tabset.plan.columns import picked
from tabset.schema import ColumnType, Kind

Codes = NDArray[np.int64]
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
class Question:
    """One thing that a column may reveal: `words` for it, the column, and a value per sampled row.

    Values are codes of different cells or, if `ordered`, floats that lie nearer or farther.
    """

    words: str
    column: str
    values: NDArray[Any]
    ordered: bool = False


@dataclass(frozen=True)
class Evidence:
    """The sampled rows that are in train or test: label codes, and which are in train."""

    questions: tuple[Question, ...]
    labels: Codes
    train: NDArray[np.bool_]

    def skill(self, question: Question) -> Skill | None:
        """How well this single question predicts test labels from the training rows. None if there
        are too few rows to say.
        """
        seen, unseen = self.labels[self.train], self.labels[~self.train]
        if min(len(seen), len(unseen)) < FEWEST:
            return None
        known, asked = question.values[self.train], question.values[~self.train]
        guess = _by_nearness if question.ordered else _by_value
        right = guess(known, seen, asked) == unseen
        return Skill(float(right.mean()), float(np.bincount(unseen).max() / len(unseen)))


def _by_value(known: Codes, labels: Codes, asked: Codes) -> Codes:
    """The most frequent label of the same value; of new values the most frequent label of all."""
    size = int(max(known.max(), asked.max())) + 1
    guess = np.full(size, np.bincount(labels).argmax(), dtype=np.int64)
    width = int(labels.max()) + 1
    keys, found = np.unique(known * width + labels, return_counts=True)
    keys = keys[np.argsort(found, kind="stable")]  # the most frequent label is written last
    guess[keys // width] = keys % width
    return guess[asked]


def _by_nearness(known: NDArray[np.float64], labels: Codes, asked: NDArray[np.float64]) -> Codes:
    """The most frequent label of the two training rows on either side, the nearest doubled."""
    order = np.argsort(known, kind="stable")
    known, labels = known[order], labels[order]
    last = len(known) - 1
    above = np.searchsorted(known, asked)
    with np.errstate(invalid="ignore"):  # missing values are infinite
        nearer = asked - known[np.clip(above - 1, 0, last)] < known[np.clip(above, 0, last)] - asked
    places = np.stack([above - nearer, above - 2, above - 1, above, above + 1], axis=1)
    around = labels[np.clip(places, 0, last)]
    votes = (around[:, :, None] == around[:, None, :]).sum(axis=2)
    best: Codes = np.take_along_axis(around, votes.argmax(axis=1)[:, None], axis=1)[:, 0]
    return best


def gather(subject: Subject) -> Evidence:
    """The evidence of the sampled rows: every feature column, for matching of both records."""
    scan = subject.main
    kept = subject.sides[scan.sampled] != LEFT_OUT
    questions: list[Question] = []
    if subject.draft.kind is Kind.MATCHING:
        kept &= subject.matching.pairs.known[scan.sampled]
        questions = _of_pairs(subject, scan.sampled[kept])
    else:
        sample = scan.sample.filter(pa.array(kept))
        for column in subject.draft.features(subject.draft.main):
            if column.type is not ColumnType.IMAGE:
                words = f"the column {column.name!r}"
                questions += _of_column(column, words, sample[column.name].combine_chunks())
    rows = scan.sampled[kept]
    labels = subject.labels.codes[rows].astype(np.int64)
    return Evidence(tuple(questions), labels, subject.sides[rows] == TRAIN)


def _of_pairs(subject: Subject, rows: Codes) -> list[Question]:
    """Values of either record, and whether the two records have the same value."""
    matching = subject.matching
    tables = {}
    for side, numbers in (("left", matching.pairs.left), ("right", matching.pairs.right)):
        table = matching.records.table_of(side)
        places = numbers[rows].astype(np.int64) - matching.records.starts[table]
        tables[side] = cells_of(subject, table, places)
    questions: list[Question] = []
    for side, (columns, values) in tables.items():
        for column in columns:
            words = f"the {column.name!r} of the {side} record"
            questions += _of_column(column, words, values[column.name])
    (left_columns, left), (right_columns, right) = tables["left"], tables["right"]
    both = {column.name for column in left_columns} & {column.name for column in right_columns}
    for name in sorted(both):
        equal = compute.fill_null(compute.equal(left[name], right[name]).cast(pa.int64()), 2)
        words = f"whether both records have the same {name!r}"
        questions.append(Question(words, name, equal.to_numpy(zero_copy_only=False)))
    return questions


def cells_of(
    subject: Subject, table: str, places: Codes
) -> tuple[tuple[DraftColumn, ...], Mapping[str, pa.Array]]:
    """The feature columns of a record table and their cells, cut short, at the given places."""
    columns = subject.draft.features(table)
    names = [column.name for column in columns]
    wanted, inverse = np.unique(places, return_inverse=True)
    parts = [cut(batch) for _, batch in picked(subject.stage.tables[table], names, wanted)]
    schema = pa.schema([(name, pa.string()) for name in names])
    found = pa.Table.from_batches(parts, schema=schema).combine_chunks().take(pa.array(inverse))
    return columns, {name: found[name].combine_chunks() for name in names}


def _of_column(column: DraftColumn, words: str, values: pa.Array) -> list[Question]:
    """What the different cells of a column tell; and where numbers and dates lie."""
    encoded = values.dictionary_encode()
    codes = compute.fill_null(encoded.indices.cast(pa.int64()), len(encoded.dictionary))
    found = [Question(words, column.name, codes.to_numpy(zero_copy_only=False))]
    if column.type in NUMBERS and (numbers := _numbers(column, values)) is not None:
        found.append(Question(f"the range of {words}", column.name, numbers, ordered=True))
    return found


def _numbers(column: DraftColumn, values: pa.Array) -> NDArray[np.float64] | None:
    """The values of a column of numbers or dates, missing ones as infinite; None without any."""
    try:
        parsed = cells.parse(column, values)
    except CellError:
        return None  # another check reports such cells
    if parsed.null_count == len(parsed):
        return None
    if column.type is ColumnType.DATETIME:
        parsed = parsed.cast(pa.int64())
    numbers = parsed.cast(pa.float64(), safe=False).fill_null(np.inf)
    return np.asarray(numbers, dtype=np.float64)


def smaller(values: NDArray[Any], positive: NDArray[np.bool_]) -> float:
    """The probability that a positive row has a smaller value than another; ties count half.

    One minus the area under the ROC curve (Mann and Whitney, 1947). Both sorts must be there.
    """
    _, at, ties = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[at]  # scipy.stats would take most of a second
    count = int(positive.sum())
    above = ranks[~positive].sum() - (len(ranks) - count) * (len(ranks) - count + 1) / 2
    return float(above / (count * (len(ranks) - count)))


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
        """Whether the order reveals labels: neighbours agree clearly more often, or less."""
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
