"""The tasks that hostile files are sent to, and valid or nearly valid tables for them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scoring import TaskSpec

Columns = dict[str, list[str]]

ROWS = 40
FOREIGN = "no-such-row"
_ODD_IDS = ("007", "1.0", "None", "NA", "é", "Größe, L", 'a "b"', "nan", "true", "猫")
_IDS = [*_ODD_IDS, *(f"row-{index}" for index in range(ROWS - len(_ODD_IDS)))]


@dataclass(frozen=True)
class World:
    """A task: its spec and its test ids."""

    spec: TaskSpec
    ids: tuple[str, ...]


WORLDS = (
    World(TaskSpec("matching", ("0", "1")), tuple(_IDS)),
    World(TaskSpec("classification", ("cat", "dog, small", "ü")), tuple(_IDS)),
)


@dataclass(frozen=True)
class Paths:
    """A task on disk."""

    dataset: Path
    solution: Path


def write_task(folder: Path, world: World, seed: int) -> Paths:
    """The task on disk; the seed changes only the labels."""
    folder.mkdir(parents=True)
    spec, n = world.spec, len(world.ids)
    codes = np.random.default_rng(seed).permutation(np.arange(n) // 2 % len(spec.classes))
    labels = [spec.classes[code] for code in codes]
    table = {"id": world.ids, "label": labels, "usage": ["public", "private"] * (n // 2)}
    text = {name: pa.array(values, pa.string()) for name, values in table.items()}
    pq.write_table(pa.table(text), folder / "solution.parquet")
    labels_of = {"negative_label": spec.classes[0], "positive_label": spec.classes[-1]}
    document = {"kind": spec.kind, "classes": spec.classes, **labels_of}
    (folder / "dataset.json").write_text(json.dumps(document))
    return Paths(folder / "dataset.json", folder / "solution.parquet")


def valid(random: Random, world: World) -> Columns:
    """The cells of a valid submission in one of the forms that the task accepts."""
    ids = random.sample(world.ids, len(world.ids))
    classes = world.spec.classes
    labels = {"prediction": [random.choice(classes) for _ in ids]}
    if world.spec.kind == "matching":
        scores = {"score": [f"{random.random():.3f}" for _ in ids]}
        return {"id": ids, **scores, **(labels if random.random() < 0.5 else {})}
    if random.random() < 0.5:
        return {"id": ids, **labels}
    weights = [[random.random() + 0.01 for _ in classes] for _ in ids]
    return {
        "id": ids,
        **{
            name: [repr(row[place] / sum(row)) for row in weights]
            for place, name in enumerate(classes)
        },
    }


def poisoned(random: Random, world: World) -> Columns:
    """As `valid`, but one row, not the first or last, has an id that does not exist."""
    columns = valid(random, world)
    columns["id"][random.randrange(1, len(world.ids) - 1)] = FOREIGN
    return columns


def value_column(columns: Columns) -> str:
    """The name of the last column, which holds labels or numbers."""
    return list(columns)[-1]


def csv_text(columns: Columns, line_end: str = "\n") -> str:
    """The columns as CSV with quotes where they are needed."""
    rows = [list(columns), *map(list, zip(*columns.values(), strict=True))]
    return "".join(",".join(map(_cell, row)) + line_end for row in rows)


def csv_bytes(columns: Columns) -> bytes:
    """The columns as UTF-8 CSV."""
    return csv_text(columns).encode()


def _cell(value: str) -> str:
    if any(char in value for char in ',"\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value
