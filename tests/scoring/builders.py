"""Small data sets and files for the tests of scoring."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scoring import Problem, TaskSpec
from scoring.alignment import IdIndex
from scoring.checking import Submission, read_submission
from scoring.reading import Unreadable

MATCHING = TaskSpec("matching", ("0", "1"))
CLASSES = TaskSpec("classification", ("a", "b", "c"))


@dataclass(frozen=True)
class Folder:
    """A task on disk."""

    dataset: Path
    test: Path
    solution: Path
    ids: list[str]


def text(values: list[str]) -> pa.Array:
    return pa.array(values, pa.string())


def make_folder(folder: Path, spec: TaskSpec, n: int = 40, seed: int = 0) -> Folder:
    """A task with n test rows, both parts with every label; the seed changes the labels only."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = [f"row-{index}" for index in range(n)]
    codes = np.arange(n) // 2 % len(spec.classes)
    labels = [spec.classes[code] for code in np.random.default_rng(seed).permutation(codes)]
    usage = ["public", "private"] * (n // 2)
    table = {"id": text(ids), "label": text(labels), "usage": text(usage), "group": text(ids)}
    pq.write_table(pa.table(table), folder / "solution.parquet")
    pq.write_table(pa.table({"id": text(ids)}), folder / "test.parquet")
    document: dict[str, Any] = {"kind": spec.kind, "classes": list(spec.classes)}
    if spec.kind == "matching":
        document = {"kind": "matching", "negative_label": "0", "positive_label": "1"}
    (folder / "dataset.json").write_text(json.dumps(document))
    return Folder(
        folder / "dataset.json", folder / "test.parquet", folder / "solution.parquet", ids
    )


def parquet(columns: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def wide(rows: int) -> bytes:
    """A gzip file of 20,000 columns, most of them empty; a thousand rows take half a second."""
    more = 19_998
    header = b"id,score," + b",".join(b"c%d" % column for column in range(more)) + b"\n"
    return gzip.compress(header) + gzip.compress(b"q,high" + b"," * more + b"\n") * rows


def read(data: bytes, spec: TaskSpec, ids: str = "x y z") -> Submission:
    """The submission in these bytes for the ids x, y and z; Unreadable with its problems."""
    return read_submission(io.BytesIO(data), spec, IdIndex.of(text(ids.split())))


def problems(data: bytes, spec: TaskSpec, ids: str = "x y z") -> dict[str, Problem]:
    """The problems of these bytes by code, empty for a valid file."""
    try:
        read(data, spec, ids)
    except Unreadable as error:
        return {problem.code: problem for problem in error.problems}
    return {}
