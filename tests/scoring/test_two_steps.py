"""Reading and measuring are two processes: one has no solution, the other has no file."""

from __future__ import annotations

import dataclasses
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring import Limits, Score, Scored, Solution, TaskSpec, sandbox, score, zygote
from scoring.frames import Frame
from scoring.result import Failed, Outcome, Rejected
from scoring.runner import Scorer
from tests.scoring.builders import CLASSES, MATCHING, Folder, make_folder, parquet, text

SECRET = b"a slice that only the solution names"


@pytest.fixture
def task(tmp_path: Path) -> Folder:
    folder = make_folder(tmp_path / "task", MATCHING)
    table = pq.read_table(folder.solution)
    named = pa.array([SECRET.decode()] * table.num_rows, pa.string())
    pq.write_table(table.append_column("slice_of", named), folder.solution)
    return folder


@pytest.fixture
def good(task: Folder, tmp_path: Path) -> Path:
    path = tmp_path / "good.parquet"
    scores = np.linspace(0, 1, len(task.ids))
    path.write_bytes(parquet({"id": text(task.ids), "score": scores}))
    return path


def memory(pid: int) -> bytes:
    """What a process has in its writable memory."""
    found = []
    with Path(f"/proc/{pid}/mem").open("rb") as data:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            if area := re.match(r"(\w+)-(\w+) rw.. .*(?:\[heap\]| 0 *)$", line):
                start, end = (int(place, 16) for place in area.groups())
                data.seek(start)
                found.append(data.read(end - start))
    return b"".join(found)


def test_the_process_that_reads_never_has_the_solution(task: Folder, good: Path) -> None:
    with Scorer() as scorer:
        outcome = scorer.score(
            file=good, dataset=task.dataset, test=task.test, solution=task.solution
        )
        assert isinstance(outcome, Scored), outcome
        pids = {step: one._process.pid for step, one in scorer._zygotes.items()}
        assert SECRET in memory(pids["measure"])
        assert SECRET not in memory(pids["read"])


def test_the_process_that_measures_holds_one_solution(task: Folder, tmp_path: Path) -> None:
    other = make_folder(tmp_path / "other", CLASSES)
    judge = zygote.Judge()
    for each in (task, other):
        paths = {name: str(getattr(each, name)) for name in ("dataset", "test", "solution")}
        judge.job(Frame({**paths, "headline": None}), [])
    assert len(judge._solved._kept) == 1


def test_a_solution_in_another_order_gives_the_same_scores(
    task: Folder, good: Path, tmp_path: Path
) -> None:
    table = pq.read_table(task.solution)
    shuffled = tmp_path / "shuffled.parquet"
    pq.write_table(table.take(np.random.default_rng(5).permutation(table.num_rows)), shuffled)
    with Scorer() as scorer:
        for solution in (task.solution, shuffled):
            found = scorer.score(file=good, dataset=task.dataset, test=task.test, solution=solution)
            here = score(good, MATCHING, Solution.from_file(solution, MATCHING))
            assert isinstance(found, Scored)
            assert isinstance(here, Scored)
            assert found.scores == here.scores
            assert found.rows == here.rows


def test_a_bad_file_never_reaches_the_second_step(task: Folder, tmp_path: Path) -> None:
    task.solution.unlink()
    bad = tmp_path / "bad"
    bad.write_bytes(b"id,score\nrow-0,x\n")
    with Scorer() as scorer:
        found = scorer.score(file=bad, dataset=task.dataset, test=task.test, solution=task.solution)
        assert isinstance(found, Rejected)
        assert list(scorer._zygotes) == ["read"]


def changed(**values: object) -> Callable[[Scored], Outcome]:
    """The outcome with other values in its first score."""
    return lambda true: dataclasses.replace(
        true, scores=(dataclasses.replace(true.scores[0], **values), *true.scores[1:])
    )


FORGED: dict[str, Callable[[Scored], Outcome]] = {
    "a rejection": lambda _: Rejected(()),
    "no scores": lambda true: dataclasses.replace(true, scores=()),
    "a metric that is not there": changed(metric="perfection"),
    "another part": changed(part="private"),
    "another number of rows": changed(n=39),
    "a value above the range": changed(value=1.5),
    "a value below the range": changed(value=-0.1),
    "a note": lambda true: dataclasses.replace(true, notes=("label 1",)),
    "one score twice": lambda true: dataclasses.replace(
        true, scores=(*true.scores, true.scores[0])
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_scores_that_no_computation_gives_are_refused(task: Folder, good: Path, name: str) -> None:
    solution = Solution.from_file(task.solution, MATCHING)
    true = score(good, MATCHING, solution)
    assert isinstance(true, Scored)
    zygote._accept_scores(true, MATCHING, solution)
    with pytest.raises((ValueError, TypeError)):
        zygote._accept_scores(FORGED[name](true), MATCHING, solution)


def test_arrays_that_no_file_gives_are_our_failure(task: Folder) -> None:
    with Scorer() as scorer:
        paths = {name: str(getattr(task, name)) for name in ("dataset", "test", "solution")}
        found = scorer._tried("measure", {**paths, "headline": None}, Limits(), arrays=b"\x02" * 99)
        assert isinstance(found, Failed)
        assert found.reason.startswith("UnsoundArrays at arrays.py")


CRASH = """
import os, sys
from scoring import children, zygote

if sys.argv[1] == "read":
    def crash(*_, **__):
        os.abort()
    zygote.check_file = crash
zygote.warm_up = lambda: None
sys.argv[0] = "zygote"
zygote.main()
"""


def test_after_a_crash_there_is_a_new_process_and_a_line_in_the_log(
    task: Folder, good: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    started: list[int] = []
    real = subprocess.Popen

    def popen(command: list[str], **options: object) -> subprocess.Popen[bytes]:
        process = real([sys.executable, "-c", CRASH, command[-1]], **options)  # type: ignore[call-overload]
        started.append(process.pid)
        return process  # type: ignore[no-any-return]

    monkeypatch.setattr("scoring.runner.subprocess.Popen", popen)
    with Scorer() as scorer, caplog.at_level(logging.WARNING):
        found = scorer.score(
            file=good, dataset=task.dataset, test=task.test, solution=task.solution
        )
        assert isinstance(found, Rejected)
        assert [problem.code for problem in found.problems] == ["crashes_reader"]
        assert len(set(started)) == 2
        assert scorer._zygotes == {}
    # Without the system call of abort it ends by a fault of memory.
    assert [record.args for record in caplog.records] == [("read", "signal 11")] * 2


@pytest.mark.parametrize("role", ["read", "measure"])
def test_without_a_filter_nothing_is_scored_where_one_is_needed(task: Folder, role: str) -> None:
    message = {"filter": "required", "limits": {}, "dataset": str(task.dataset)}
    answer = zygote.serve(zygote.ROLES[role](), Frame(message), [], is_filtered=False)
    assert answer == Failed(sandbox.NO_FILTER)


def test_with_a_filter_files_are_scored_where_one_is_needed(task: Folder, good: Path) -> None:
    with Scorer(needs_filter=True) as scorer:
        found = scorer.score(
            file=good, dataset=task.dataset, test=task.test, solution=task.solution
        )
    assert isinstance(found, Scored)


def test_a_process_that_stopped_reading_does_not_hold_up_the_caller(
    task: Folder, good: Path
) -> None:
    with Scorer(start_seconds=30) as scorer:
        arguments = {"dataset": task.dataset, "test": task.test, "solution": task.solution}
        assert isinstance(scorer.score(file=good, **arguments), Scored)
        os.kill(scorer._zygotes["measure"]._process.pid, 19)
        scorer._start_seconds = 0.1
        paths = {name: str(path) for name, path in arguments.items()}
        limits = Limits(wall_seconds=0.1)
        # More than the pipe holds.
        found = scorer._tried(
            "measure", {**paths, "headline": None}, limits, arrays=bytes(5_000_000)
        )
        assert isinstance(found, Failed)
        assert "did not answer" in found.reason


def test_scores_of_every_kind_of_task_are_accepted(tmp_path: Path) -> None:
    for spec in (MATCHING, CLASSES, TaskSpec("classification", ("a", "b"))):
        task = make_folder(tmp_path / "-".join(spec.classes), spec)
        labels = text([spec.classes[row % len(spec.classes)] for row in range(len(task.ids))])
        columns = (
            {"score": np.arange(len(task.ids))} if spec == MATCHING else {"prediction": labels}
        )
        file = tmp_path / "file"
        file.write_bytes(parquet({"id": text(task.ids), **columns}))
        solution = Solution.from_file(task.solution, spec)
        found = score(file, spec, solution)
        assert isinstance(found, Scored)
        assert all(isinstance(each, Score) for each in found.scores)
        zygote._accept_scores(found, spec, solution)
