"""`Scorer`: score files in limited processes, from any process, a Celery worker included.

It starts `python -m scoring.zygote` by exec on first use and talks to it over pipes. It uses no
multiprocessing, so it works in a daemonic process, and every wait has a timeout. Instances belong
to one process; calls from several threads take turns.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import stat
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from scoring.frames import (
    MOST_PAYLOAD,
    BadFrame,
    Frame,
    TimedOut,
    read_frame,
    widen,
    write_frame,
)
from scoring.result import (
    Checked,
    Died,
    Failed,
    Limits,
    Outcome,
    Problem,
    Rejected,
    Scored,
    from_message,
)

__all__ = ["Checked", "Failed", "Limits", "Rejected", "Scored", "Scorer"]

_log = logging.getLogger(__name__)

_ATTEMPTS = 2
_LESS = (
    "Upload one row for each test id, only the columns of the task, and no long texts; "
    "Parquet needs the least."
)
# Which kernels numpy uses, because others round the last digit differently.
_KERNELS = ("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES")
_PASSED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONPATH", "PYTHONHOME", *_KERNELS)
# One thread each: a process with threads cannot be forked safely, and their stacks would count
# against the memory of every child.
_FIXED = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYTHONSAFEPATH": "1",
    "PYTHONUTF8": "1",
}


class Scorer:
    """Scores and checks files in limited child processes; close it, or use it in a `with`.

    A file is read by one process, which knows no solution, and what it says is measured by another,
    which never sees the file (`scoring.zygote`). `start_seconds` bounds the time to start and to
    load a solution, beyond a file's own limits. With `needs_filter` nothing is scored on a machine
    that cannot filter system calls.
    """

    def __init__(self, start_seconds: float = 60.0, *, needs_filter: bool = False) -> None:
        self._start_seconds = start_seconds
        self._filter = "required" if needs_filter else "if there is one"
        self._zygotes: dict[str, _Zygote] = {}
        self._crashes: list[str] = []
        self._lock = threading.Lock()

    def score(
        self,
        *,
        file: Path,
        dataset: Path,
        test: Path,
        solution: Path,
        limits: Limits | None = None,
        headline: str | None = None,
    ) -> Scored | Rejected | Failed:
        """The scores of a file, its problems, or why it could not be scored; never raises.

        `dataset` is the path of dataset.json, `test` that of a Parquet file with the public ids,
        `solution` that of solution.parquet. `headline` names the metric whose influence values go
        into rows.npz. The limits hold for each of the two steps.
        """
        limits = limits or Limits()
        paths = {"dataset": str(dataset), "test": str(test)}
        with self._lock:
            read = self._read(file, {**paths, "arrays": True}, limits)
            if not isinstance(read, Checked):
                return read
            request = {**paths, "solution": str(solution), "headline": headline}
            measured = self._tried("measure", request, limits, arrays=read.arrays)
        if isinstance(measured, Scored):
            return replace(measured, notes=read.notes, seconds=read.seconds + measured.seconds)
        if isinstance(measured, Failed):
            return measured
        return Failed(f"a valid file could not be measured: {measured}")

    def check(
        self, *, file: Path, dataset: Path, test: Path, limits: Limits | None = None
    ) -> Checked | Rejected | Failed:
        """Whether a file is valid for the ids of `test` (a test.parquet); never raises."""
        request = {"dataset": str(dataset), "test": str(test), "arrays": False}
        with self._lock:
            return self._read(file, request, limits or Limits())

    def take_crashes(self) -> list[str]:
        """The crashes since this was last asked, as the step and how its child died."""
        with self._lock:
            taken, self._crashes = self._crashes, []
        return taken

    def close(self) -> None:
        """Ends the zygotes; the next call would start them again."""
        with self._lock:
            for step in list(self._zygotes):
                self._zygotes.pop(step).close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _read(
        self, path: Path, request: dict[str, Any], limits: Limits
    ) -> Checked | Rejected | Failed:
        """What is said of a file; if reading it ends the same death twice, the file is to blame."""
        try:
            file = _open_regular(path)
        except (OSError, ValueError) as error:
            return Failed(f"{type(error).__name__}: {error}")
        try:
            found = self._tried("read", request, limits, file=file)
        finally:
            os.close(file)
        if isinstance(found, Died):
            return Rejected((_blame(found, limits),))
        return Failed("reading gave scores") if isinstance(found, Scored) else found

    def _tried(
        self,
        step: str,
        request: dict[str, Any],
        limits: Limits,
        *,
        arrays: bytes = b"",
        file: int | None = None,
    ) -> Outcome | Died:
        """What a step answers, asked again if its child died; Died if twice the same death."""
        full = {**request, "limits": asdict(limits), "filter": self._filter}
        deaths = []
        for _ in range(_ATTEMPTS):
            seconds = self._start_seconds + limits.wall_seconds + 1
            found = self._ask(step, Frame(full, arrays), file, seconds)
            if not isinstance(found, Died):
                return found
            deaths.append(found)
            if found.is_odd:
                # It ends by itself; the next one has another address layout.
                _log.warning("scoring child died (%s, %s), new process", step, found.detail)
                self._crashes.append(f"{step}: {found.detail}")
                self._zygotes.pop(step).close()
        if len(set(deaths)) > 1 or deaths[0].kind == "exit":
            return Failed("the child died: " + "; ".join(death.detail for death in deaths))
        return deaths[0]

    def _ask(self, step: str, request: Frame, file: int | None, seconds: float) -> Outcome | Died:
        try:
            frame = self._zygote(step).ask(request, file, seconds)
            return from_message(frame.message, frame.payload)
        except TimedOut:
            reason = f"the scoring process did not answer within {seconds:g} s"
        except (BadFrame, OSError, KeyError, TypeError, ValueError) as error:
            reason = f"the scoring process died or misbehaved ({type(error).__name__})"
        # Anything it may still write belongs to this request, so it cannot serve another.
        if zygote := self._zygotes.pop(step, None):
            zygote.kill()
        return Failed(reason)

    def _zygote(self, step: str) -> _Zygote:
        zygote = self._zygotes.get(step)
        if zygote is None or not zygote.alive():
            if zygote is not None:
                zygote.kill()
            zygote = self._zygotes[step] = _Zygote(step)
        return zygote


def _open_regular(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(f"{path} is not a regular file")
    return descriptor


def _blame(death: Died, limits: Limits) -> Problem:
    if death.kind == "memory":
        size = f"{limits.memory_bytes / (1 << 30):.3g} GB"
        return Problem("needs_memory", f"Reading this file needs more memory than {size}. {_LESS}")
    if death.kind == "time":
        seconds = f"{limits.cpu_seconds} s of computing or {limits.wall_seconds:g} s in all"
        return Problem("needs_time", f"Reading this file needs more time than {seconds}. {_LESS}")
    message = "Reading this file crashed twice: it is damaged. Write it again, for example as CSV."
    return Problem("crashes_reader", message)


class _Zygote:
    """One running `python -m scoring.zygote` for one of the steps."""

    def __init__(self, step: str) -> None:
        # A socket, because a pipe carries no descriptors.
        self._requests, requests = socket.socketpair()
        environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "scoring.zygote", step],
            stdin=requests.fileno(),
            stdout=subprocess.PIPE,
            bufsize=0,
            env=environment | _FIXED,
            close_fds=True,
            # The caller handles a Ctrl-C in the terminal.
            start_new_session=True,
        )
        requests.close()
        self._requests.setblocking(False)
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        self._answers = self._process.stdout
        widen(self._answers.fileno())

    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def ask(self, request: Frame, file: int | None, seconds: float) -> Frame:
        """The answer to a request about an open file; BadFrame, TimedOut or OSError."""
        socket.send_fds(self._requests, [b"?"], [] if file is None else [file])
        write_frame(self._requests.fileno(), request.message, request.payload, seconds)
        return read_frame(self._answers.fileno(), MOST_PAYLOAD, seconds)

    def close(self) -> None:
        """Closes its input, upon which it ends, and kills it if it does not."""
        self._requests.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        self.kill()

    def kill(self) -> None:
        """Ends it at once; its children die with it."""
        self._process.kill()
        self._process.wait()
        self._requests.close()
        self._answers.close()
