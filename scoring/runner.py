"""`Scorer`: score files in limited processes, from any process, a Celery worker included.

It starts `python -m scoring.zygote` by exec on first use and talks to it over pipes. It uses no
multiprocessing, so it works in a daemonic process, and every wait has a timeout. Instances belong
to one process; calls from several threads take turns.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from scoring.frames import BadFrame, Frame, TimedOut, read_frame, widen, write_frame
from scoring.result import Checked, Failed, Limits, Outcome, Rejected, Scored, from_message

__all__ = ["Checked", "Failed", "Limits", "Rejected", "Scored", "Scorer"]

_ATTEMPTS = 2
_MAX_PAYLOAD = 1 << 31
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

    Scoring and checking have a zygote each: the one that checks never holds a solution.
    `start_seconds` bounds the time to start and to load a solution, beyond a file's own limits.
    """

    def __init__(self, start_seconds: float = 60.0) -> None:
        self._start_seconds = start_seconds
        self._zygotes: dict[str, _Zygote] = {}
        self._lock = threading.Lock()

    def score(
        self,
        *,
        file: Path,
        dataset: Path,
        solution: Path,
        limits: Limits | None = None,
        headline: str | None = None,
    ) -> Scored | Rejected | Failed:
        """The scores of a file, its problems, or why it could not be scored; never raises.

        `dataset` is the path of dataset.json, `solution` that of solution.parquet. `headline`
        names the metric whose influence values go into rows.npz.
        """
        request = {"action": "score", "solution": str(solution), "headline": headline}
        outcome = self._ask(request, file, dataset, limits or Limits())
        return Failed("the zygote checked only") if isinstance(outcome, Checked) else outcome

    def check(
        self, *, file: Path, dataset: Path, test: Path, limits: Limits | None = None
    ) -> Checked | Rejected | Failed:
        """Whether a file is valid for the ids of `test` (a test.parquet); never raises."""
        request = {"action": "check", "test": str(test)}
        outcome = self._ask(request, file, dataset, limits or Limits())
        return Failed("the zygote scored") if isinstance(outcome, Scored) else outcome

    def close(self) -> None:
        """Ends the zygotes; the next call would start them again."""
        with self._lock:
            for action in list(self._zygotes):
                self._zygotes.pop(action).close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, request: dict[str, Any], file: Path, dataset: Path, limits: Limits) -> Outcome:
        full = {**request, "file": str(file), "dataset": str(dataset), "limits": asdict(limits)}
        seconds = self._start_seconds + _ATTEMPTS * (limits.wall_seconds + 1)
        with self._lock:
            try:
                frame = self._zygote(request["action"]).ask(full, seconds)
                return from_message(frame.message, frame.payload)
            except TimedOut:
                reason = f"the scoring process did not answer within {seconds:g} s"
            except (BadFrame, OSError, KeyError, TypeError, ValueError) as error:
                reason = f"the scoring process died or misbehaved ({type(error).__name__})"
            # Anything it may still write belongs to this request, so it cannot serve another.
            if zygote := self._zygotes.pop(request["action"], None):
                zygote.kill()
            return Failed(reason)

    def _zygote(self, action: str) -> _Zygote:
        zygote = self._zygotes.get(action)
        if zygote is None or not zygote.alive():
            if zygote is not None:
                zygote.kill()
            zygote = self._zygotes[action] = _Zygote()
        return zygote


class _Zygote:
    """One running `python -m scoring.zygote`."""

    def __init__(self) -> None:
        environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "scoring.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=environment | _FIXED,
            close_fds=True,
            # The caller handles a Ctrl-C in the terminal.
            start_new_session=True,
        )
        assert self._process.stdin is not None  # noqa: S101 - both were asked for above
        assert self._process.stdout is not None  # noqa: S101
        self._requests, self._answers = self._process.stdin, self._process.stdout
        widen(self._answers.fileno())

    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], seconds: float) -> Frame:
        """The answer to a request; BadFrame, TimedOut or OSError."""
        write_frame(self._requests.fileno(), request)
        return read_frame(self._answers.fileno(), _MAX_PAYLOAD, seconds)

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
