"""`python -m scoring.zygote`: forks one limited child for every file it is asked to score.

Started by exec with a clean environment, so it holds no credential that a hostile file could
reach. It imports everything once, keeps the solutions it was given, and answers one request at a
time on its standard streams (see `scoring.frames`). It ends when its input closes, so a killed
caller leaves nothing behind, and its children die with it.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import re
import signal
import stat
import sys
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scoring import sandbox
from scoring.alignment import IdIndex
from scoring.artefact import BYTES_PER_ROW, OVERHEAD
from scoring.checking import public_ids, read_submission
from scoring.frames import BadFrame, Closed, Hangup, TimedOut, read_frame, widen, write_frame
from scoring.reading import Unreadable
from scoring.result import (
    Checked,
    Failed,
    Limits,
    Outcome,
    Problem,
    Rejected,
    from_message,
    to_message,
)
from scoring.scorer import score_file
from scoring.solution import Solution, SolutionError
from scoring.spec import SpecError, TaskSpec

Work = Callable[[BinaryIO], Outcome]

ATTEMPTS = 2
_KEPT = 8
_EXIT_MEMORY = 70
_REQUESTS_IN, _ANSWERS_OUT = 0, 1
# What Arrow, C++, libc and Python say when an allocation fails where none may. They then end the
# process by a signal or exit code that other faults have too.
_OUT_OF_MEMORY = re.compile(rb"Out of memory|bad_alloc|annot allocate memory|MemoryError")
_SEND_LESS = (
    "Upload one row for each test id, only the columns of the task, and no long texts; "
    "Parquet needs the least."
)


@dataclass(frozen=True)
class Death:
    """How a child ended without an answer: `kind` is memory, time, crash or exit."""

    kind: str
    detail: str


class Loaded:
    """Specs, solutions and public ids by path, modification time and size; the latest few."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], tuple[TaskSpec, Any]] = OrderedDict()

    def solution(self, dataset: Path, path: Path) -> tuple[TaskSpec, Solution]:
        """The spec and the solution; SpecError, SolutionError or OSError."""
        return self._get("solution", dataset, path, Solution.from_file)

    def ids(self, dataset: Path, path: Path) -> tuple[TaskSpec, IdIndex]:
        """The spec and the public ids; SpecError, ValueError or OSError."""
        return self._get("ids", dataset, path, lambda test, _: public_ids(test))

    def _get(
        self, kind: str, dataset: Path, path: Path, load: Callable[[Path, TaskSpec], Any]
    ) -> tuple[TaskSpec, Any]:
        key = (kind, *_version(dataset), *_version(path))
        if key not in self._kept:
            spec = TaskSpec.from_file(dataset)
            self._kept[key] = (spec, load(path, spec))
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _version(path: Path) -> tuple[str, int, int]:
    status = path.stat()
    return str(path), status.st_mtime_ns, status.st_size


def main() -> None:
    """Serves requests until the input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    answers = os.dup(_ANSWERS_OUT)
    # A stray print must not get between the frames.
    os.dup2(2, _ANSWERS_OUT)
    warm_up()
    gc.freeze()
    if not _children_are_filtered():
        text = "no system call filter on this machine: children reach files and network"
        print(f"scoring: {text}", file=sys.stderr, flush=True)
    loaded = Loaded()
    while True:
        try:
            request = read_frame(_REQUESTS_IN, 0).message
            outcome = serve(request, loaded)
            write_frame(answers, *to_message(outcome))
        except (Closed, Hangup, BrokenPipeError):
            return


def _children_are_filtered() -> bool:
    """Whether the filter of `sandbox.enter` takes hold, tried once in a child."""
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if sandbox.enter(Limits(), (), parent) else 1
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def serve(request: dict[str, Any], loaded: Loaded) -> Outcome:
    """The outcome of one request; every error on our side becomes Failed."""
    try:
        work, rows = _work(request, loaded)
        limits = Limits(**request["limits"])
        descriptor = _open_regular(Path(request["file"]))
    except (OSError, SpecError, SolutionError, ValueError, KeyError, TypeError) as error:
        return Failed(f"{type(error).__name__}: {error}")
    try:
        return attempt(work, descriptor, rows, limits)
    finally:
        os.close(descriptor)


def _work(request: dict[str, Any], loaded: Loaded) -> tuple[Work, int]:
    """The work for the child on the open file, and the number of rows it may answer with."""
    dataset = Path(request["dataset"])
    if request["action"] == "check":
        spec, index = loaded.ids(dataset, Path(request["test"]))
        return lambda file: check_file(file, spec, index), 0
    spec, solution = loaded.solution(dataset, Path(request["solution"]))
    headline = request["headline"]
    return lambda file: score_file(file, spec, solution, headline), len(solution.truth)


def check_file(file: BinaryIO, spec: TaskSpec, index: IdIndex) -> Checked | Rejected:
    """As `scoring.check`, for an open file."""
    start = time.perf_counter()
    try:
        notes = read_submission(file, spec, index).notes
    except Unreadable as error:
        return Rejected(error.problems)
    return Checked(notes, time.perf_counter() - start)


def _open_regular(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(f"{path} is not a regular file")
    return descriptor


def attempt(work: Work, descriptor: int, rows: int, limits: Limits) -> Outcome:
    """Runs the work in a fresh child, and once more if that died; the same death twice rejects."""
    deaths: list[Death] = []
    for _ in range(ATTEMPTS):
        result = run_child(work, descriptor, rows, limits)
        if not isinstance(result, Death):
            return result
        deaths.append(result)
    if len(set(deaths)) > 1 or deaths[0].kind == "exit":
        return Failed("the scoring child died: " + "; ".join(death.detail for death in deaths))
    return Rejected((_verdict(deaths[0], limits),))


def _verdict(death: Death, limits: Limits) -> Problem:
    if death.kind == "memory":
        size = f"{limits.memory_bytes / (1 << 30):.3g} GB"
        message = f"Scoring this file needs more memory than {size}. {_SEND_LESS}"
        return Problem("needs_memory", message)
    if death.kind == "time":
        seconds = f"{limits.cpu_seconds} s of computing or {limits.wall_seconds:g} s in all"
        message = f"Scoring this file needs more time than {seconds}. {_SEND_LESS}"
        return Problem("needs_time", message)
    message = "Reading this file crashed twice: it is damaged. Write it again, for example as CSV."
    return Problem("crashes_reader", message)


def run_child(work: Work, descriptor: int, rows: int, limits: Limits) -> Outcome | Death:
    """What one child answers, or how it died. No child is left behind."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    answer, pipe = os.pipe()
    heard, last_words = os.pipe()
    # A child that says more than the pipe holds goes on without being heard.
    os.set_blocking(last_words, False)
    widen(pipe)
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _be_child(work, descriptor, (pipe, last_words), limits, parent)
    os.close(pipe)
    os.close(last_words)
    deadline = time.monotonic() + limits.wall_seconds
    most = rows * BYTES_PER_ROW + OVERHEAD
    reaped = False
    with os.fdopen(answer, "rb", buffering=0) as answers, os.fdopen(heard, "rb") as words:
        try:
            frame = read_frame(answer, most, limits.wall_seconds, watch=_REQUESTS_IN)
            return from_message(frame.message, frame.payload)
        except TimedOut:
            return _death(None, b"")
        except BadFrame:
            # Without a reader, a child that still writes an endless answer ends as well.
            answers.close()
            code = _exit_code(child, deadline)
            reaped = True
            return _death(code, words.read())
        except (KeyError, TypeError, ValueError):
            return Death("exit", "its answer made no sense")
        finally:
            if not reaped:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _exit_code(child: int, deadline: float) -> int | None:
    """The exit code of a child that closed its pipe, negative for a signal; None if too late."""
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _death(code: int | None, words: bytes) -> Death:
    if code is None or code == -signal.SIGXCPU:
        return Death("time", "processor or wall time")
    # If we did not kill it, the kernel did, because memory ran out.
    if code in (_EXIT_MEMORY, -signal.SIGKILL) or _OUT_OF_MEMORY.search(words):
        return Death("memory", "memory")
    if code < 0:
        return Death("crash", f"signal {-code}")
    return Death("exit", f"exit code {code}")


def _be_child(
    work: Work, descriptor: int, pipes: tuple[int, int], limits: Limits, parent: int
) -> None:
    """The life of a child: enter the sandbox, work, answer, exit. Never returns.

    It answers on the first of the pipes; its standard error goes to the second.
    """
    pipe, last_words = pipes
    status = 1
    try:
        sandbox.enter(limits, (descriptor, pipe), parent, last_words)
        with open(descriptor, "rb", closefd=False) as file:
            outcome = work(file)
        write_frame(pipe, *to_message(outcome))
        status = 0
    except MemoryError:
        status = _EXIT_MEMORY
    except BaseException as error:
        with contextlib.suppress(BaseException):
            write_frame(pipe, *to_message(Failed(_place(error))))
            status = 0
    finally:
        os._exit(status)


def _place(error: BaseException) -> str:
    """Type and location of an error, without its text, which could quote a label."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    return f"{type(error).__name__} at {where}"


def warm_up() -> None:
    """Scores tiny files, so that children have all modules loaded, since a child cannot open files.
    Parquet only: reading CSV starts a thread, and a process with threads must not fork.
    """
    for spec in (
        TaskSpec("matching", ("0", "1")),
        TaskSpec("classification", ("a", "b", "c")),
    ):
        n = 12
        ids = [f"{row}" for row in range(n)]
        labels = [spec.classes[row % len(spec.classes)] for row in range(n)]
        usage = ["public", "private"] * (n // 2)
        table = pa.table({"id": ids, "label": labels, "usage": usage, "group": ids})
        solution = Solution.from_table(table, spec)
        for column in ({"score": np.linspace(0, 1, n)}, dict.fromkeys(spec.classes, [1 / 3] * n)):
            file = io.BytesIO()
            pq.write_table(pa.table({"id": ids, **column}), file)
            file.seek(0)
            score_file(file, spec, solution)


if __name__ == "__main__":
    main()
