"""Running one baseline: a subprocess of its own that sees the public files alone."""

import ctypes
import json
import mmap
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from podium import files
from podium.audit.actions import record
from podium.baseline_runs.actions import LEASE, baseline_team, give_back, held
from podium.baseline_runs.models import BaselineRun, RunState
from podium.baseline_runs.scratch import scratch_folder
from podium.submissions.actions import Refused, submit
from podium.submissions.models import Submission
from podium.submissions.uploads import from_path

log = structlog.get_logger(__name__)
SEED = 1
LOG_LINES = 60
UPDATE_SECONDS = 1.0
# What a run may take beyond its time limit for loading, features and prediction.
OVERTIME_SECONDS = 300
TERM_SECONDS = 2.0
PR_SET_PDEATHSIG = 1


# Shared with the pool processes, which are forked from the worker that hears of its end.
_stopping = mmap.mmap(-1, 1)


class LostClaim(Exception):
    """The run is another worker's now, or given back; this one stops."""


class DidNotFinish(Exception):
    """The method ended without predictions; the text is its own last word."""


def stop_all() -> None:
    """Let all pool processes of this worker give their runs back. Called in its main process."""
    _stopping[0] = 1


def train(run: BaselineRun) -> None:
    """Train the claimed run's method and submit its predictions."""
    with scratch_folder() as folder:
        out = folder / "predictions.parquet"
        try:
            _Training(run, out).watch()
            submission = _hand_in(run, out)
        except LostClaim:
            return
        except (DidNotFinish, Refused) as error:
            _fail(run, str(error))
            return
    log.info("baseline finished", run=str(run), submission=submission.pk)


def _hand_in(run: BaselineRun, out: Path) -> Submission:
    """Submit the predictions and end the run. Raises LostClaim, DidNotFinish or Refused.

    Both happen or neither: a worker that dies in between would leave a run to be repeated, and its
    predictions would be submitted a second time.
    """
    if not out.is_file():
        raise DidNotFinish("The method ended without a predictions file.")
    with transaction.atomic():
        ended = held(run).update(
            state=RunState.FINISHED,
            lease_until=None,
            finished_at=timezone.now(),
            progress=1,
            message="predictions submitted",
        )
        if not ended:
            raise LostClaim
        submission = submit(
            team=baseline_team(run.task.challenge, run.method),
            task=run.task,
            upload=from_path(out),
            method=run.method,
        )
        BaselineRun.objects.filter(pk=run.pk).update(submission=submission)
    return submission


def _fail(run: BaselineRun, reason: str) -> None:
    log.error("baseline failed", run=str(run), reason=reason)
    with transaction.atomic():
        failed = held(run).update(
            state=RunState.FAILED,
            lease_until=None,
            finished_at=timezone.now(),
            message=reason[:300],
        )
        if failed:
            record("baseline failed", subject=run, challenge=run.task.challenge.slug)


class _Training:
    """The subprocess of one run, and what it says on the way."""

    def __init__(self, run: BaselineRun, out: Path) -> None:
        self.run = run
        self.held = held(run)
        self.scratch = out.parent
        self.progress = 0.0
        self.message = "starting"
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self.command = [
            *(sys.executable, "-m", "baselines", "run", run.method),
            *("--data", str(_public_folder(run)), "--out", str(out)),
            *("--time-limit", str(settings.BASELINE_SECONDS), "--seed", str(SEED)),
            "--json-progress",
        ]

    def watch(self) -> None:
        """Follow the subprocess to its end. Raises DidNotFinish or LostClaim."""
        with _group(self.command, self.scratch) as process:
            readers = [
                threading.Thread(target=self._read_progress, args=(process,), daemon=True),
                threading.Thread(target=self._read_log, args=(process,), daemon=True),
            ]
            for reader in readers:
                reader.start()
            try:
                self._follow(process)
            finally:
                _kill_group(process)  # ends what the readers wait for
                for reader in readers:
                    reader.join(timeout=5)
            self._store()
            if process.returncode != 0:
                raise DidNotFinish(self._last_words(process.returncode))

    def _follow(self, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + settings.BASELINE_SECONDS + OVERTIME_SECONDS
        while process.poll() is None:
            self._store()
            if _stopping[0]:
                give_back(self.run)
                raise LostClaim
            if time.monotonic() > deadline:
                raise DidNotFinish(f"The method ran {OVERTIME_SECONDS} s over its time limit.")
            time.sleep(UPDATE_SECONDS)

    def _read_progress(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            try:
                said = json.loads(line)
                self.progress, self.message = float(said["progress"]), str(said["message"])
            except (ValueError, KeyError, TypeError):
                self.log.append(line.rstrip())

    def _read_log(self, process: subprocess.Popen[str]) -> None:
        for line in process.stderr or ():
            self.log.append(line.rstrip()[:500])

    def _store(self) -> None:
        """Keep progress and log, and renew the lease. Raises LostClaim."""
        changed = self.held.update(
            lease_until=timezone.now() + LEASE,
            progress=self.progress,
            message=self.message[:300],
            log="\n".join(list(self.log)),
        )
        if not changed:
            raise LostClaim

    def _last_words(self, code: int) -> str:
        if code == -signal.SIGKILL:
            return "The method was killed, most likely because memory ran out."
        return next((line for line in reversed(self.log) if line), f"It ended with code {code}.")


def _public_folder(run: BaselineRun) -> Path:
    return files.local(files.public(), str(run.task.dataset_version.folder))


@contextmanager
def _group(command: list[str], scratch: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a process group that does not outlive the block, nor this process.

    What it writes to its home or as temporary files goes to `scratch`.
    """
    # Nothing else of ours: a method needs no secret, no database, no queue.
    passed = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    environment = {
        **passed,
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        # The folder `platform/` must not shadow the standard library's module.
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
    }
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=_die_with_parent,  # one libc call; no lock is held here
    ) as process:
        try:
            yield process
        finally:
            _kill_group(process)


def _kill_group(process: subprocess.Popen[str]) -> None:
    """End the whole group: on SIGTERM a method removes its scratch folder, if it gets to it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=TERM_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)


_libc = ctypes.CDLL(None)


def _die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
