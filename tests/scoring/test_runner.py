"""The runner, its zygote and their children: results, limits, deaths, and what is left behind."""

from __future__ import annotations

import contextlib
import gzip
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring import Limits, Solution, TaskSpec, artefact, children, score
from scoring.runner import Checked, Failed, Rejected, Scored, Scorer
from tests.scoring.builders import CLASSES, MATCHING, Folder, make_folder, parquet, text, wide

pytestmark = pytest.mark.slow

LIMITS = Limits(memory_bytes=512 << 20, cpu_seconds=10, wall_seconds=20)


@pytest.fixture(scope="module")
def scorer() -> Iterator[Scorer]:
    with Scorer() as scorer:
        yield scorer


@pytest.fixture
def task(tmp_path: Path) -> Folder:
    return make_folder(tmp_path / "task", MATCHING)


def write(folder: Path, data: bytes) -> Path:
    path = folder / "submission"
    path.write_bytes(data)
    return path


def good(task: Folder) -> bytes:
    return b"id,score\n" + b"".join(b"%s,0.%d\n" % (key.encode(), 3) for key in task.ids)


def run(
    scorer: Scorer, task: Folder, file: Path, limits: Limits = LIMITS
) -> Scored | Rejected | Failed:
    return scorer.score(
        file=file, dataset=task.dataset, test=task.test, solution=task.solution, limits=limits
    )


def zygote_of(scorer: Scorer, step: str = "read") -> int:
    return scorer._zygotes[step]._process.pid


def children_of(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in listed]


@pytest.mark.parametrize("spec", [MATCHING, CLASSES], ids=["matching", "classification"])
@pytest.mark.parametrize("form", ["csv", "gzip", "zstd", "parquet"])
def test_the_runner_scores_as_this_process_does(
    scorer: Scorer, tmp_path: Path, spec: TaskSpec, form: str
) -> None:
    task = make_folder(tmp_path / "task", spec)
    random = np.random.default_rng(3)
    chances = random.dirichlet(np.ones(len(spec.classes)), len(task.ids))
    columns = {name: chances[:, index] for index, name in enumerate(spec.classes)}
    values = {"score": chances[:, 1]} if spec.kind == "matching" else columns
    table = pa.table({"id": text(task.ids), **values})
    lines = [",".join(map(str, row.values())) for row in table.to_pylist()]
    plain = "\n".join([",".join(table.column_names), *lines]).encode()
    data = {
        "csv": plain,
        "gzip": gzip.compress(plain),
        "zstd": pa.compress(plain, codec="zstd", asbytes=True),
        "parquet": parquet({"id": text(task.ids), **values}),
    }[form]
    file = write(tmp_path, data)
    found = run(scorer, task, file)
    here = score(file, spec, Solution.from_file(task.solution, spec))
    assert isinstance(found, Scored)
    assert isinstance(here, Scored)
    assert found.scores == here.scores
    assert found.rows == here.rows


def test_the_runner_computes_with_the_kernels_that_its_caller_was_told_to_use(
    task: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    monkeypatch.setenv("PODIUM_SECRET_KEY", "hidden")
    with Scorer() as scorer:
        run(scorer, task, write(tmp_path, good(task)))
        given = Path(f"/proc/{zygote_of(scorer)}/environ").read_bytes().split(b"\0")
    assert b"OPENBLAS_CORETYPE=Prescott" in given
    assert not [one for one in given if one.startswith(b"PODIUM_")]


def test_rows_hold_what_was_said_about_every_row_in_solution_order(
    scorer: Scorer, task: Folder, tmp_path: Path
) -> None:
    n = len(task.ids)
    scores = np.linspace(1, 0, n)
    file = write(tmp_path, parquet({"id": text(task.ids[::-1]), "score": scores[::-1]}))
    found = run(scorer, task, file)
    assert isinstance(found, Scored)
    assert len(found.rows) <= n * artefact.BYTES_PER_ROW + artefact.OVERHEAD
    rows = artefact.unpack_rows(found.rows)
    assert rows["prediction"].tolist() == list(range(n))[::-1]
    assert rows["decision"].tolist() == [1] * (n // 2) + [0] * (n // 2)
    truth = [label == "1" for label in pq.read_table(task.solution)["label"].to_pylist()]
    assert rows["hit"].tolist() == [
        int(t == d) for t, d in zip(truth, rows["decision"], strict=True)
    ]
    public = next(value for value in found.scores if value.metric == "average_precision")
    influence = rows["influence"][::2]
    error = np.sqrt(np.dot(influence, influence) / len(influence) / (len(influence) - 1))
    assert public.standard_error == pytest.approx(error)


def test_the_headline_decides_whose_influence_is_kept(
    scorer: Scorer, task: Folder, tmp_path: Path
) -> None:
    file = write(tmp_path, good(task))
    arguments = {
        "file": file,
        "dataset": task.dataset,
        "test": task.test,
        "solution": task.solution,
    }
    found = scorer.score(**arguments, headline="brier")
    assert isinstance(found, Scored)
    assert not np.isnan(artefact.unpack_rows(found.rows)["influence"]).any()
    assert isinstance(scorer.score(**arguments, headline="no_such_metric"), Failed)


def test_a_bad_file_comes_back_with_its_problems(
    scorer: Scorer, task: Folder, tmp_path: Path
) -> None:
    found = run(scorer, task, write(tmp_path, b"id,score\nrow-0,x\n"))
    assert isinstance(found, Rejected)
    assert {problem.code for problem in found.problems} >= {"not_a_number", "missing_id"}


def test_checking_needs_no_solution(scorer: Scorer, task: Folder, tmp_path: Path) -> None:
    task.solution.unlink()
    arguments = {"dataset": task.dataset, "test": task.test, "limits": LIMITS}
    assert isinstance(scorer.check(file=write(tmp_path, good(task)), **arguments), Checked)
    assert isinstance(scorer.check(file=write(tmp_path, b"id\n"), **arguments), Rejected)


HOSTILE = {
    "empty": b"",
    "unknown ids": b"id,score\nq,1\nq,2\n",
    "words": b"id,score\n" + b"".join(b"row-%d,high\n" % row for row in range(40)),
    "half": b"id,score\n" + b"".join(b"row-%d,1\n" % row for row in range(20)),
    "ragged": b"id,score\nrow-0\nrow-1,1,1\n",
    "no text": b"id,score\nrow-0,\xff\n",
    "no parquet": b"PAR1" + b"\x00" * 99,
    "labels": b"id,label\nrow-0,1\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_problems_do_not_depend_on_the_labels(scorer: Scorer, tmp_path: Path, name: str) -> None:
    file = write(tmp_path, HOSTILE[name])
    tasks = [make_folder(tmp_path / str(seed), MATCHING, seed=seed) for seed in (1, 2)]
    labels = [pq.read_table(task.solution)["label"] for task in tasks]
    assert labels[0] != labels[1]
    first, second = (run(scorer, task, file) for task in tasks)
    assert isinstance(first, Rejected)
    assert repr(first).encode() == repr(second).encode()


def test_a_gzip_bomb_is_the_files_fault(scorer: Scorer, task: Folder, tmp_path: Path) -> None:
    bomb = gzip.compress(b"0" * (1 << 20)) * 1100
    found = run(scorer, task, write(tmp_path, bomb))
    assert isinstance(found, Rejected)
    assert found.problems[0].code in ("too_large", "needs_memory")


def test_a_file_that_needs_too_much_memory_is_rejected(
    scorer: Scorer, task: Folder, tmp_path: Path
) -> None:
    file = write(tmp_path, gzip.compress(b"id,score\n" + b"x,1\n" * 20_000_000, compresslevel=1))
    found = run(scorer, task, file, Limits(memory_bytes=64 << 20, cpu_seconds=20, wall_seconds=40))
    assert isinstance(found, Rejected)
    assert found.problems[0].code == "needs_memory"
    assert "0.0625 GB" in found.problems[0].message


@pytest.mark.parametrize(
    "limits",
    [Limits(cpu_seconds=1, wall_seconds=60), Limits(cpu_seconds=60, wall_seconds=0.2)],
    ids=["cpu", "wall"],
)
def test_a_file_that_needs_too_much_time_is_rejected(
    scorer: Scorer, tmp_path: Path, limits: Limits
) -> None:
    task = make_folder(tmp_path / "task", MATCHING, n=2000)
    found = run(scorer, task, write(tmp_path, wide(rows=4000)), limits)
    assert isinstance(found, Rejected)
    assert found.problems[0].code == "needs_time"
    assert "one row for each test id" in found.problems[0].message
    assert children_of(zygote_of(scorer)) == []


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGSEGV, "crashes_reader"), (signal.SIGKILL, "needs_memory")]
)
def test_the_same_death_twice_is_the_files_fault(
    tmp_path: Path, number: signal.Signals, code: str
) -> None:
    task = make_folder(tmp_path / "task", MATCHING)
    with Scorer() as scorer:
        with kill_children(scorer, [number, number], task, tmp_path) as result:
            pass
        assert isinstance(result[0], Rejected)
        assert result[0].problems[0].code == code
        crashes = ["read: signal 11"] * 2 if code == "crashes_reader" else []
        assert scorer.take_crashes() == crashes
        assert scorer.take_crashes() == []


def test_one_death_is_tried_again(tmp_path: Path) -> None:
    task = make_folder(tmp_path / "task", MATCHING)
    with Scorer() as scorer:
        with kill_children(scorer, [signal.SIGSEGV], task, tmp_path) as result:
            pass
        assert isinstance(result[0], Rejected)
        assert "unknown_id" in {problem.code for problem in result[0].problems}


def test_two_different_deaths_are_our_failure(tmp_path: Path) -> None:
    task = make_folder(tmp_path / "task", MATCHING)
    with Scorer() as scorer:
        with kill_children(scorer, [signal.SIGSEGV, signal.SIGKILL], task, tmp_path) as result:
            pass
        assert isinstance(result[0], Failed)


def slow_file(folder: Path) -> Path:
    """A file that a child works on for about half a second and then rejects."""
    return write(folder, wide(rows=1000))


@contextlib.contextmanager
def kill_children(
    scorer: Scorer, signals: list[signal.Signals], task: Folder, folder: Path
) -> Iterator[list[Scored | Rejected | Failed]]:
    """Scores a slow file while its children are killed one after the other."""
    file = slow_file(folder)
    run(scorer, task, write(folder / "task", good(task)))
    result: list[Scored | Rejected | Failed] = []
    thread = threading.Thread(target=lambda: result.append(run(scorer, task, file, Limits())))
    thread.start()
    killed: set[int] = set()
    for number in signals:
        child = wait_for_child(lambda: zygote_of(scorer), killed)
        os.kill(child, number)
        killed.add(child)
    thread.join(timeout=60)
    yield result


def wait_for_child(zygote: Callable[[], int], known: set[int]) -> int:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        # After a crash there is no zygote for a moment.
        with contextlib.suppress(KeyError):
            fresh = set(children_of(zygote())) - known
            time.sleep(0.05)
            # A new zygote tries its filter in a child, which is gone by now.
            if left := fresh.intersection(children_of(zygote())):
                return left.pop()
    raise AssertionError("no child appeared")


def test_a_killed_zygote_is_our_failure_and_the_next_call_recovers(tmp_path: Path) -> None:
    task = make_folder(tmp_path / "task", MATCHING)
    with Scorer() as scorer:
        file = write(tmp_path / "task", good(task))
        assert isinstance(run(scorer, task, file), Scored)
        slow = slow_file(tmp_path)
        result: list[Scored | Rejected | Failed] = []
        thread = threading.Thread(target=lambda: result.append(run(scorer, task, slow)))
        thread.start()
        child = wait_for_child(lambda: zygote_of(scorer), set())
        os.kill(zygote_of(scorer), signal.SIGKILL)
        thread.join(timeout=60)
        assert isinstance(result[0], Failed)
        assert gone(child)
        assert isinstance(run(scorer, task, file), Scored)


def test_a_zygote_that_died_between_calls_is_replaced(tmp_path: Path) -> None:
    task = make_folder(tmp_path / "task", MATCHING)
    with Scorer() as scorer:
        file = write(tmp_path, good(task))
        assert isinstance(run(scorer, task, file), Scored)
        os.kill(zygote_of(scorer), signal.SIGKILL)
        scorer._zygotes["read"]._process.wait()
        assert isinstance(run(scorer, task, file), Scored)


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_a_zygote_and_its_child_end_when_the_caller_is_killed(tmp_path: Path) -> None:
    task = make_folder(tmp_path / "task", MATCHING)
    slow = slow_file(tmp_path)
    program = (
        "import sys; from pathlib import Path; from scoring.runner import Scorer\n"
        "dataset, solution, file = map(Path, sys.argv[1:])\n"
        "scorer = Scorer()\n"
        "scorer.score(file=dataset, dataset=dataset, test=solution, solution=solution)\n"
        "print(scorer._zygotes['read']._process.pid, flush=True)\n"
        "scorer.score(file=file, dataset=dataset, test=solution, solution=solution)\n"
    )
    command = [sys.executable, "-c", program, task.dataset, task.solution, slow]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as caller:
        assert caller.stdout is not None
        assert select.select([caller.stdout], [], [], 30)[0]
        zygote = int(caller.stdout.readline())
        child = wait_for_child(lambda: zygote, set())
        # A child that will not end by itself, so that the zygote has to notice.
        os.kill(child, signal.SIGSTOP)
        caller.kill()
        assert gone(child)
        assert gone(zygote)


def test_a_zygote_that_does_not_answer_in_time_is_our_failure(tmp_path: Path) -> None:
    task = make_folder(tmp_path / "task", MATCHING)
    file = write(tmp_path, good(task))
    with Scorer() as scorer:
        assert isinstance(run(scorer, task, file), Scored)
        scorer._start_seconds = 0.1
        os.kill(zygote_of(scorer), signal.SIGSTOP)
        limits = Limits(wall_seconds=0.1)
        found = scorer.score(
            file=file, dataset=task.dataset, test=task.test, solution=task.solution, limits=limits
        )
        assert isinstance(found, Failed)
        assert "did not answer" in found.reason


def test_what_is_missing_or_broken_on_our_side_is_a_failure(
    scorer: Scorer, task: Folder, tmp_path: Path
) -> None:
    file = write(tmp_path, good(task))
    nowhere, other = tmp_path / "nowhere", make_folder(tmp_path / "other", MATCHING, n=42)
    for arguments in (
        {"file": nowhere, "dataset": task.dataset, "test": task.test, "solution": task.solution},
        {"file": tmp_path, "dataset": task.dataset, "test": task.test, "solution": task.solution},
        {"file": file, "dataset": nowhere, "test": task.test, "solution": task.solution},
        {"file": file, "dataset": task.dataset, "test": nowhere, "solution": task.solution},
        {"file": file, "dataset": task.dataset, "test": task.test, "solution": nowhere},
        {"file": file, "dataset": task.dataset, "test": task.test, "solution": task.dataset},
        {"file": file, "dataset": task.solution, "test": task.test, "solution": task.solution},
        {"file": file, "dataset": task.dataset, "test": task.test, "solution": other.solution},
    ):
        assert isinstance(scorer.score(**arguments), Failed)
    assert isinstance(run(scorer, task, file), Scored)


def test_a_changed_solution_is_loaded_again(scorer: Scorer, task: Folder, tmp_path: Path) -> None:
    file = write(tmp_path, parquet({"id": text(task.ids), "score": np.arange(len(task.ids)) / 40}))
    first = run(scorer, task, file)
    make_folder(tmp_path / "task", MATCHING, seed=9)
    second = run(scorer, task, file)
    assert isinstance(first, Scored)
    assert isinstance(second, Scored)
    assert first.scores != second.scores


ANSWERING = """
import os, sys
from scoring import Limits, children

file = open(sys.argv[1], "rb")
children.to_message = lambda outcome: eval(sys.argv[2])
print(children.run_child(children.Job(lambda: None, 5000, lambda _: None, file), Limits()))
print(len(os.listdir("/proc/self/fd")), os.listdir("/proc/self/task"))
"""


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("({'outcome': 'Rejected', 'problems': 'x' * 40_000_000}, b'')", "exit code 1"),
        ("({'outcome': 'Scored'}, bytes(9_000_000))", "exit code 1"),
        ("({'outcome': 'Checked', 'notes': [], 'seconds': 'x'}, b'')", "made no sense"),
        ("({'outcome': 'Rejected', 'problems': [3]}, b'')", "made no sense"),
        ("({}, b'')", "made no sense"),
        ("({'outcome': 'Died', 'kind': 'time', 'detail': ''}, b'')", "made no sense"),
        ("({'outcome': 'Checked', 'notes': ['label 1'], 'seconds': 1}, b'')", "made no sense"),
        ("({'outcome': 'Rejected', 'problems': []}, b'')", "made no sense"),
        ("os._exit(3)", "exit code 3"),
    ],
)
def test_an_answer_that_is_too_long_or_makes_no_sense_is_our_failure(
    task: Folder, answer: str, reason: str
) -> None:
    command = [sys.executable, "-c", ANSWERING, task.dataset, answer]
    # Its input stays open: a zygote whose input ends gives up.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        outcome, left = process.stdout.read().decode().splitlines()
    assert outcome.startswith("Died(kind='exit'")
    assert reason in outcome
    assert left.startswith("5 "), "a descriptor is left"


def test_time_runs_out_in_two_ways_that_are_the_same_death() -> None:
    assert children._death(None, b"") == children._death(-signal.SIGXCPU, b"")
