"""Profiles of data sets: what the public files show, as JSON, SVG figures and thumbnails.

Only the public folder is read, so nothing that a profile says comes from a test label.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from figures import words
from tabset import schema
from tabset.errors import DatasetError
from tabset.profile import columns, drawing, examples, pairs, sample
from tabset.profile.model import ClassCount, Classes, Profile
from tabset.profile.sample import Sample
from tabset.schema import Dataset, Kind

__all__ = ["FILE", "Profile", "profile", "write"]

FILE = "profile.json"
CLASSES_FIGURE = "figures/classes.svg"
EVEN = 1.5


def profile(public: Path) -> Profile:
    """The profile of the data set in a public folder; `DatasetError` if one of its files is
    invalid.

    Distributions of tables with more than 200,000 rows (or 4 million cells) are made from a random
    sample of their rows, which `sampled` and `notes` say.
    """
    dataset = schema.read(public)
    try:
        return _profile(public, dataset)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise DatasetError(
            f"a table of {public} is not as dataset.json says ({error}); "
            f"see what is wrong with: python -m tabset verify {public}"
        ) from error


def write(public: Path, out: Path) -> Profile:
    """Writes profile.json, figures/ and thumbnails/ of a public folder below `out`.

    `out` must be new or empty. Gives the profile without images that turned out to be unreadable.
    """
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise DatasetError(f"{out} is not empty; a profile is written once")
    found = profile(public)
    for folder in ("figures", "thumbnails"):
        (out / folder).mkdir()
    drawn = tuple(item for item in found.thumbnails if examples.draw(public, item, out))
    found = replace(found, thumbnails=drawn)
    for name, figure in drawing.draw(found):
        (out / name).write_text(figure, encoding="utf-8", newline="\n")
    (out / FILE).write_bytes(schema.dumps(found.to_json()))
    return found


def _profile(public: Path, dataset: Dataset) -> Profile:
    rows = {
        part: sample.read(public / f"{part}.parquet", dataset.columns) for part in ("train", "test")
    }
    records = {
        name: sample.read(public / f"{name}.parquet", described)
        for name, described in dataset.records.items()
    }
    shown = examples.examples(public, dataset)
    matching = dataset.kind is Kind.MATCHING
    return Profile(
        name=dataset.name,
        content_hash=dataset.content_hash,
        rows={name: found.rows for name, found in (rows | records).items()},
        sampled={name: found.taken for name, found in (rows | records).items()},
        columns=columns.profiles(dataset.columns, rows, public, "columns"),
        records={
            name: columns.profiles(dataset.records[name], {name: found}, public, name)
            for name, found in records.items()
        },
        classes=_classes(dataset),
        examples=shown,
        pairs=pairs.similarity(public, dataset) if matching else None,
        thumbnails=examples.sheet(public, dataset, shown),
        notes=_notes(rows | records),
    )


def _classes(dataset: Dataset) -> Classes:
    counted = dataset.label_counts["train"]
    total = max(sum(counted.values()), 1)
    names = {dataset.positive_label: "match", dataset.negative_label: "no match"}
    counts = tuple(
        ClassCount(
            label,
            counted.get(label, 0),
            round(counted.get(label, 0) / total, 6),
            names.get(label, label),
        )
        for label in dataset.labels
    )
    return Classes(counts, _class_words(dataset, counts), CLASSES_FIGURE)


def _class_words(dataset: Dataset, counts: tuple[ClassCount, ...]) -> str:
    if dataset.kind is Kind.MATCHING:
        return f"{words.share(counts[1].share)} of the training pairs match"
    largest = max(counts, key=lambda item: item.rows)
    smallest = min(counts, key=lambda item: item.rows)
    if smallest.rows and largest.rows <= EVEN * smallest.rows:
        return f"All {len(counts):,} classes are about equally frequent in train"
    return (
        f"The largest of {len(counts):,} classes, {words.short(largest.label, 40)}, has "
        f"{words.share(largest.share)} of the training rows; the smallest, "
        f"{words.short(smallest.label, 40)}, {words.share(smallest.share)}"
    )


def _notes(samples: Mapping[str, Sample]) -> tuple[str, ...]:
    return tuple(
        f"The distributions of {name} are made from a random sample of {found.taken:,} of its "
        f"{found.rows:,} rows."
        for name, found in samples.items()
        if found.taken < found.rows
    )
