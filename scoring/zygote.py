"""`python -m scoring.zygote read` or `measure`: forks one limited child for every request.

The one that reads turns submitted files into arrays of fixed shape. It knows public test ids and
never opens a solution. The one that measures holds the latest solution and gets arrays, never a
file, which its child checks before it computes (`scoring.arrays`). So a file that takes over the
process that reads it finds no label there, and can say nothing but what a file can say.

Each is started by exec with a clean environment, so it holds no credential that a hostile file
could reach. It imports everything once, and answers one request at a time on its standard streams
(see `scoring.frames`). It ends when its input closes, so a killed caller leaves nothing behind, and
its children die with it. It also ends after a child crashed: the next process has another address
layout, so that crashes cannot be used to search for one.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import socket
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scoring import sandbox
from scoring.alignment import IdIndex
from scoring.arrays import most_bytes, pack, unpack
from scoring.artefact import BYTES_PER_ROW, OVERHEAD
from scoring.checking import Order, public_ids, read_submission
from scoring.children import REQUESTS_IN, Job, run_child
from scoring.frames import MOST_PAYLOAD, Closed, Frame, Hangup, read_frame, write_frame
from scoring.metrics import metrics_of
from scoring.reading import Unreadable
from scoring.result import (
    Checked,
    Died,
    Failed,
    Limits,
    Outcome,
    Rejected,
    Scored,
    to_message,
)
from scoring.scorer import measure
from scoring.solution import Solution, SolutionError
from scoring.spec import SpecError, TaskSpec

_ANSWERS_OUT = 1
_IDS_KEPT = 8
# Most processes and threads in the namespace of this program: itself, a child, its threads.
_TASKS = 64
_ROUNDING = 1e-9

_T = TypeVar("_T")


class Loaded(Generic[_T]):
    """What was made of some files, by their paths, modification times and sizes; the latest few."""

    def __init__(self, load: Callable[..., _T], most: int) -> None:
        self._load, self._most = load, most
        self._kept: OrderedDict[tuple[tuple[str, int, int], ...], _T] = OrderedDict()

    def get(self, *paths: str) -> _T:
        """What `load` made of these files, or raised."""
        key = tuple(_version(path) for path in paths)
        if key not in self._kept:
            while len(self._kept) >= self._most:
                self._kept.popitem(last=False)
            self._kept[key] = self._load(*map(Path, paths))
        self._kept.move_to_end(key)
        return self._kept[key]


def _version(path: str) -> tuple[str, int, int]:
    status = Path(path).stat()
    return path, status.st_mtime_ns, status.st_size


class Reader:
    """Jobs that turn a file into arrays, or only check it."""

    def __init__(self) -> None:
        self._ids = Loaded(_with_ids, _IDS_KEPT)

    def job(self, request: Frame, descriptors: list[int]) -> Job:
        """The job of a request; every error of its files or its words is ours."""
        message = request.message
        spec, index = self._ids.get(message["dataset"], message["test"])
        (descriptor,) = descriptors
        # Opened here, since a child may not ask for the state of a file.
        file = os.fdopen(descriptor, "rb", closefd=False)
        file.seek(0)
        work = partial(check_file, file, spec, index, arrays=message["arrays"])
        most = most_bytes(spec, len(index)) if message["arrays"] else 0
        return Job(work, most, _accept_read, file)


def _with_ids(dataset: Path, test: Path) -> tuple[TaskSpec, IdIndex]:
    return TaskSpec.from_file(dataset), public_ids(test)


def _accept_read(outcome: Outcome) -> None:
    if isinstance(outcome, Scored):
        raise TypeError("reading gives no scores")


def check_file(
    file: BinaryIO, spec: TaskSpec, index: IdIndex, *, arrays: bool
) -> Checked | Rejected:
    """As `scoring.check`, for an open file, and with its arrays if they are asked for."""
    start = time.perf_counter()
    try:
        submission = read_submission(file, spec, index)
    except Unreadable as error:
        return Rejected(error.problems)
    packed = pack(submission) if arrays else b""
    return Checked(submission.notes, time.perf_counter() - start, packed)


class Judge:
    """Jobs that measure arrays. Only one solution is in memory at a time."""

    def __init__(self) -> None:
        self._solved = Loaded(_with_solution, 1)

    def job(self, request: Frame, _: list[int]) -> Job:
        """The job of a request; every error of its files or its words is ours."""
        message = request.message
        paths = (message["dataset"], message["test"], message["solution"])
        spec, solution, order = self._solved.get(*paths)
        n = len(solution.truth)

        def work() -> Scored:
            submission = unpack(request.payload, spec, n).taken(order)
            return measure(submission, spec, solution, message["headline"])

        accept = partial(_accept_scores, spec=spec, solution=solution)
        return Job(work, n * BYTES_PER_ROW + OVERHEAD, accept)


def _with_solution(dataset: Path, test: Path, path: Path) -> tuple[TaskSpec, Solution, Order]:
    """The spec, the solution, and the order that brings test rows into that of the solution."""
    spec, index = _with_ids(dataset, test)
    solution = Solution.from_file(path, spec)
    if index.in_order(solution.ids):
        return spec, solution, slice(None)
    order = index.locate(solution.ids).astype(np.int64)
    if len(order) != len(index) or order.min() < 0:
        raise SolutionError("the solution has other ids than the test rows")
    return spec, solution, order


def _accept_scores(outcome: Outcome, spec: TaskSpec, solution: Solution) -> None:
    """Raises ValueError or TypeError for an outcome that no computation gives."""
    if isinstance(outcome, Failed):
        return
    if not isinstance(outcome, Scored) or outcome.notes:
        raise TypeError("measuring gives scores and nothing else")
    forms = metrics_of(spec.kind)
    expected = [(part, name) for part in solution.parts for name in forms]
    if [(score.part, score.metric) for score in outcome.scores] != expected:
        raise ValueError("other scores than the metrics of the task")
    for score in outcome.scores:
        low, high = forms[score.metric].range
        if score.n != solution.parts[score.part].units.n:
            raise ValueError("a score of another number of rows")
        if score.value is not None and not low - _ROUNDING <= score.value <= high + _ROUNDING:
            raise ValueError("a score out of range")


ROLES: dict[str, Callable[[], Reader | Judge]] = {"read": Reader, "measure": Judge}


def main() -> None:
    """Serves requests until the input closes or a child crashes."""
    role = ROLES[sys.argv[1]]()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    answers = os.dup(_ANSWERS_OUT)
    # A stray print must not get between the frames.
    os.dup2(2, _ANSWERS_OUT)
    sandbox.leave_namespaces(_TASKS)
    warm_up()
    gc.freeze()
    is_filtered = sandbox.is_filtering()
    if not is_filtered:
        print(f"scoring: {sandbox.NO_FILTER}", file=sys.stderr, flush=True)
    requests = socket.socket(fileno=REQUESTS_IN)
    while True:
        try:
            # A byte before each request carries the open file, if it is about one.
            _, descriptors, *_ = socket.recv_fds(requests, 1, 1)
            request = read_frame(REQUESTS_IN, MOST_PAYLOAD)
            answer = serve(role, request, descriptors, is_filtered)
            for descriptor in descriptors:
                os.close(descriptor)
            write_frame(answers, *to_message(answer))
        except (Closed, Hangup, BrokenPipeError):
            return
        if isinstance(answer, Died) and answer.is_odd:
            return


def serve(
    role: Reader | Judge, request: Frame, descriptors: list[int], is_filtered: bool
) -> Outcome | Died:
    """The answer to one request; every error on our side becomes Failed."""
    message = request.message
    try:
        if message["filter"] == "required" and not is_filtered:
            return Failed(sandbox.NO_FILTER)
        limits = Limits(**message["limits"])
        job = role.job(request, descriptors)
    except (OSError, SpecError, SolutionError, ValueError, KeyError, TypeError) as error:
        return Failed(f"{type(error).__name__}: {error}")
    return run_child(job, limits)


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
            outcome = check_file(file, spec, solution.index, arrays=True)
            if isinstance(outcome, Checked):
                measure(unpack(outcome.arrays, spec, n), spec, solution)


if __name__ == "__main__":
    main()
