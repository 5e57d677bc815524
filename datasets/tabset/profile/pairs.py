"""How alike the texts of matching and of other training pairs are, by character 3-grams."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from figures import words
from tabset.profile.model import Pairs
from tabset.profile.sample import batches, generator
from tabset.schema import ColumnType, Dataset

EACH = 2_500
CHARACTERS = 400
EDGES = tuple(step / 20 for step in range(21))
FIGURE = "figures/pairs.svg"
# Words first; where a table has none, whatever can be written as text.
PREFERRED = (ColumnType.TEXT, ColumnType.CATEGORICAL, ColumnType.LIST)
FALLBACK = (ColumnType.NUMERIC, ColumnType.DATETIME, ColumnType.BOOLEAN)


def similarity(public: Path, dataset: Dataset) -> Pairs | None:
    """The similarity of at most 2,500 matching and 2,500 other training pairs.

    It is the Jaccard index of the sets of character 3-grams of both records' texts, each record's
    joined and cut after 400 characters. None without a column to compare or without pairs of both
    labels.
    """
    columns = compared(dataset)
    if not columns:
        return None
    found: dict[str, list[float]] = {label: [] for label in dataset.labels}
    for label, left, right in _sampled(public, dataset, columns):
        found[label].append(jaccard(left, right))
    other, matching = (np.array(found[label]) for label in dataset.labels)
    if not len(other) or not len(matching):
        return None
    return _described(columns, matching, other)


def compared(dataset: Dataset) -> tuple[str, ...]:
    """The names of the columns, without side, whose texts can be compared on both sides."""
    features = _features(dataset)
    sides = [
        {name.removeprefix(side): kind for name, kind in features if name.startswith(side)}
        for side in ("left_", "right_")
    ]
    for kinds in (PREFERRED, FALLBACK):
        if all(any(kind in kinds for kind in side.values()) for side in sides):
            names = dict.fromkeys(name for side in sides for name in side)
            return tuple(name for name in names if any(side.get(name) in kinds for side in sides))
    return ()


def jaccard(left: str, right: str) -> float:
    """The share of character 3-grams that both texts have, of all that either has; 0 for none."""
    one, two = _grams(left), _grams(right)
    both = len(one & two)
    return both / (len(one) + len(two) - both) if one or two else 0.0


def _grams(text: str) -> set[str]:
    padded = f"  {text} " if text else ""
    return {padded[place : place + 3] for place in range(len(padded) - 2)}


def _features(dataset: Dataset) -> list[tuple[str, ColumnType]]:
    return [(column.name, column.type) for column in dataset.columns]


def _sampled(
    public: Path, dataset: Dataset, columns: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    """Label, left text and right text of a random sample of each label's pairs."""
    present = {name for name, _ in _features(dataset)}
    sides = [
        [f"{side}_{name}" for name in columns if f"{side}_{name}" in present]
        for side in ("left", "right")
    ]
    keep = _shares(dataset.label_counts["train"])
    draw = generator("pairs")
    for batch in batches(public / "train.parquet", ["label", *sides[0], *sides[1]]):
        labels = np.array(batch["label"].to_pylist(), dtype=object)
        chance = np.array([keep.get(label, 0.0) for label in labels])
        taken = batch.filter(pa.array(draw.random(len(batch)) < chance))
        texts = [_joined(taken, names) for names in sides]
        yield from zip(taken["label"].to_pylist(), *texts, strict=True)


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    return {label: min(1.0, EACH / count) for label, count in counts.items() if count}


def _joined(batch: pa.RecordBatch, names: Sequence[str]) -> list[str]:
    """The texts of the columns joined per row, in lower case with white space folded."""
    columns = [_texts(batch[name]).to_pylist() for name in names]
    return [
        " ".join(" ".join(cells).casefold().split())[:CHARACTERS]
        for cells in zip(*columns, strict=True)
    ]


def _texts(values: pa.Array) -> pa.Array:
    if pa.types.is_list(values.type):
        values = compute.binary_join(values, " ")
    texts = compute.utf8_slice_codeunits(values.cast(pa.string()), 0, CHARACTERS)
    return compute.fill_null(texts, "")


def _described(
    columns: tuple[str, ...], matching: NDArray[np.float64], other: NDArray[np.float64]
) -> Pairs:
    counts = [np.histogram(values, EDGES)[0] for values in (matching, other)]
    one, two = (count / count.sum() for count in counts)
    overlap = float(np.minimum(one, two).sum())
    below, upto = (np.searchsorted(np.sort(other), matching, side) for side in ("left", "right"))
    order = float((below + upto).mean() / 2 / len(other))
    return Pairs(
        columns=columns,
        edges=EDGES,
        matching=tuple(counts[0].tolist()),
        other=tuple(counts[1].tolist()),
        overlap=round(overlap, 4),
        order=round(order, 4),
        words=_words(overlap, order, len(matching), len(other)),
        figure=FIGURE,
    )


def _words(overlap: float, order: float, matching: int, other: int) -> str:
    hard = next(
        text
        for limit, text in (
            (0.1, "Text similarity nearly separates the pairs that match"),
            (0.4, "Text similarity separates most matching pairs from others"),
            (0.75, "Text similarity separates only part of the matching pairs from others"),
            (2.0, "Text similarity hardly separates matching pairs from others"),
        )
        if overlap < limit
    )
    return (
        f"{hard}: the two distributions overlap by {words.share(overlap)}, and a matching pair is "
        f"more alike than another one in {words.share(order)} of comparisons "
        f"({matching:,} matching and {other:,} other training pairs)."
    )
