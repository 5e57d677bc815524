"""A tiny real data set for tests that need files: 120 pets, three classes, easily told apart."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from podium import files
from podium.catalog.actions.versions import publish
from podium.challenges.models import Challenge, Task, Track
from podium.uploads.receiving import Upload, from_path
from tabset import Column, ColumnType, Dataset, Kind, Licence, Source, Split, build

CLASSES = ("cat", "dog", "owl")
DATASET = Dataset(
    name="pets",
    title="Pets",
    description="Name the pet from its weight.",
    kind=Kind.CLASSIFICATION,
    classes=CLASSES,
    columns=(Column("weight", ColumnType.NUMERIC, "In kilograms."),),
    licence=Licence("CC0"),
    citation="None.",
    origin="Made for tests.",
    split=Split("at random"),
)


def _source() -> Source:
    draw = random.Random(7)
    labels = [CLASSES[n % 3] for n in range(240)]
    draw.shuffle(labels)
    columns: dict[str, list[Any]] = {
        "id": [f"p{n:03d}" for n in range(240)],
        "weight": [10.0 * CLASSES.index(label) + draw.random() for label in labels],
        "label": labels,
    }
    return Source(
        dataset=DATASET,
        train={name: values[:120] for name, values in columns.items()},
        test={name: values[120:] for name, values in columns.items()},
        groups=columns["id"][120:],
    )


def build_pets(folder: Path, salt: str = "a test's salt", **facts: Any) -> tuple[Path, Path]:
    """Return the public and the private folder of the data set, written below `folder`."""
    source = _source()
    source = replace(source, dataset=replace(source.dataset, **facts))
    build(source, folder / "public", folder / "private", salt=salt)
    return folder / "public", folder / "private"


def make_pets_task(challenge: Challenge, folder: Path, **fields: Any) -> Task:
    """Return a task on the published data set, with real files."""
    public, private = build_pets(folder)
    version = publish(public=public, private=private)
    track, _ = Track.objects.get_or_create(
        challenge=challenge, kind="classification", defaults={"title": "Classification"}
    )
    values = {"slug": "pets", "title": "Pets", "headline": "accuracy", "step": "0.01", **fields}
    return Task.objects.create(
        challenge=challenge,
        track=track,
        dataset_version=version,
        solution=version.solutions.get(),
        **values,
    )


def truth(task: Task) -> list[dict[str, str]]:
    """Return id, label and usage of every test row."""
    path = files.local(files.private(), task.solution.file)
    rows: list[dict[str, str]] = pq.read_table(path, columns=["id", "label", "usage"]).to_pylist()
    return rows


def predictions(task: Task, folder: Path, *, wrong: int = 0, wrong_private: int = 0) -> Upload:
    """Return a file that is wrong in this many rows of the public and of the private part."""
    left = {"public": wrong, "private": wrong_private}
    lines = ["id,prediction"]
    for row in truth(task):
        label = row["label"]
        if left.get(row["usage"], 0) > 0:
            left[row["usage"]] -= 1
            label = CLASSES[(CLASSES.index(label) + 1) % 3]
        lines.append(f"{row['id']},{label}")
    return file_with("\n".join(lines) + "\n", folder)


_counter = iter(range(10**9))


def file_with(text: str | bytes, folder: Path, name: str = "predictions.csv") -> Upload:
    """Return an upload of a file with this content."""
    path = folder / f"upload-{next(_counter)}" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return from_path(path)
