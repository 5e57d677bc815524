"""A file that needs too much memory is rejected for that, however its child died of it."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring import Limits
from scoring.runner import Rejected, Scorer
from tests.scoring.builders import MATCHING, Folder, make_folder, wide

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scorer() -> Iterator[Scorer]:
    with Scorer() as scorer:
        yield scorer


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return make_folder(tmp_path_factory.mktemp("task"), MATCHING)


def write(folder: Path, data: bytes) -> Path:
    path = folder / "submission"
    path.write_bytes(data)
    return path


def long_cells(start: bytes) -> bytes:
    """A gzip file of 480 MB, eight for each row."""
    return gzip.compress(start) + gzip.compress(b"x" * (8 << 20) + b",1\n") * 60


def many_keys() -> bytes:
    table = pa.table({"id": ["row-1"], "score": [0.5]})
    metadata = {f"key {index}": "x" * 20 for index in range(200_000)}
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), buffer)
    return buffer.getvalue()


# Where an allocation fails, Arrow aborts (which ends as signal 11 within the sandbox), C++ and libc
# abort, or Python raises; which of them depends on how much memory is left.
HUNGRY = {
    "wide": lambda: wide(rows=1000),
    "long cells": lambda: long_cells(b"id,score\n"),
    "long cells, ragged": lambda: long_cells(b"id,score\nragged\n"),
    "metadata of Parquet": many_keys,
}


@pytest.mark.parametrize(
    ("name", "megabytes"),
    [
        *(("wide", size) for size in (2, 16, 64, 100, 224, 300, 350)),
        *(("long cells", size) for size in (64, 400, 500, 700, 800)),
        *(("long cells, ragged", size) for size in (64, 400, 500, 700, 800)),
        *(("metadata of Parquet", size) for size in (2, 8, 20)),
    ],
)
def test_running_out_of_memory_is_not_called_damage(
    scorer: Scorer, task: Folder, tmp_path: Path, name: str, megabytes: int
) -> None:
    limits = Limits(memory_bytes=megabytes << 20, cpu_seconds=20, wall_seconds=60)
    file = write(tmp_path, HUNGRY[name]())
    found = scorer.score(
        file=file, dataset=task.dataset, test=task.test, solution=task.solution, limits=limits
    )
    assert isinstance(found, Rejected)
    assert [problem.code for problem in found.problems] == ["needs_memory"]
    assert "only the columns of the task" in found.problems[0].message


DYING = """
import os, sys
from scoring import Limits, children

def work():
    os.write(2, eval(sys.argv[1]))
    os._exit(127)

file = open(sys.argv[2], "rb")
print(children.run_child(children.Job(work, 40, lambda _: None, file), Limits(wall_seconds=60)))
print(len(os.listdir("/proc/self/fd")))
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("b'libc: cannot allocate memory for thread-local data: ABORT'", "'memory'"),
        ("b'terminate called after throwing an instance of std::bad_alloc'", "'memory'"),
        ("b'Check failed'", "exit code 127"),
        # The rest does not fit into the pipe, and nobody waits for it.
        ("b'x' * 10_000_000", "exit code 127"),
    ],
)
def test_the_last_words_of_a_child_tell_why_it_died(
    words: str, expected: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-c", DYING, words, write(tmp_path, b"")]
    # Its input stays open: a zygote whose input ends gives up.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        outcome, descriptors = process.stdout.read().decode().splitlines()
    assert expected in outcome
    assert descriptors == "5", "a descriptor is left"
    assert capfd.readouterr().err == ""
