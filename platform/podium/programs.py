"""Programs that a worker starts on data: walled in, without credentials, in their own folder.

None outlives its worker, and what a killed worker leaves in its folder the next one removes.
"""

import ctypes
import fcntl
import json
import mmap
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from celery.signals import worker_init, worker_shutting_down
from django.conf import settings

from podium import walls
from scoring import sandbox

LOG_LINES = 200
MAX_LINE = 20_000
# What a program that is told to end has for removing its own scratch folder.
TERM_SECONDS = 2.0
PR_SET_PDEATHSIG = 1
PASSED = ("PATH", "PYTHONPATH", "HF_HOME")  # the last is where pretrained networks are kept
_PREFIX = "work-"

# Shared with the pool processes, which are forked from the worker that hears of its end.
_stopping = mmap.mmap(-1, 1)


class OutOfTime(Exception):
    """A program ran longer than it may, and was ended."""


class Program:
    """What a program that was started has said so far, and at last the code it ended with.

    It speaks on standard output, one JSON object a line: `progress` (0 to 1) with a `message`, or
    anything else, whose `last` line is returned. All other lines, and those on standard error, are
    its `log`.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.pid = process.pid
        self.progress = 0.0
        self.message = "starting"
        self.last: dict[str, object] = {}
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self.code: int | None = None
        self._readers = [
            threading.Thread(target=self._listen, args=(process.stdout, self._hear), daemon=True),
            threading.Thread(target=self._listen, args=(process.stderr, self._note), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def close(self, code: int | None) -> None:
        """Hear the rest of what it said."""
        for reader in self._readers:
            reader.join(timeout=5)
        self.code = code

    @staticmethod
    def _listen(lines: Iterable[str] | None, take: Callable[[str], None]) -> None:
        for line in lines or ():
            take(line)

    def _note(self, line: str) -> None:
        self.log.append(line.rstrip()[:MAX_LINE])

    def _hear(self, line: str) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        match said:
            case {"progress": int() | float() as progress, "message": str() as message}:
                self.progress, self.message = min(1.0, max(0.0, progress)), message
            case dict():
                self.last = said
            case _:
                self._note(line)


def run(
    command: Sequence[str],
    *,
    scratch: Path,
    tick: Callable[[Program], None],
    every: float,
    seconds: float,
    folder: Path | None = None,
    reads: Sequence[Path] = (),
    writes: Sequence[Path] = (),
    limits: Sequence[tuple[int, int]] = (),
    variables: Mapping[str, str] | None = None,
) -> Program:
    """Run a command to its end, whatever that is, and return what it said.

    It runs in `folder` and finds the code and what it `reads` and `writes`; its home and temporary
    files go to `scratch`. `limits` are pairs of a `resource.RLIMIT_…` and its value, `variables`
    are set for it. `tick` is called each `every` seconds; what it raises ends the program. Raises
    OutOfTime after `seconds`.
    """
    with (
        walls.around(readable=reads, writable=[scratch, *writes]) as files,
        _started(command, folder, scratch, files, limits, variables or {}) as process,
    ):
        program = Program(process)
        deadline = time.monotonic() + seconds
        try:
            while process.poll() is None:
                tick(program)
                if time.monotonic() > deadline:
                    raise OutOfTime
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=every)
        finally:
            _end(process)  # ends what the readers wait for
            program.close(process.returncode)
    return program


def stop_all() -> None:
    """Let all pool processes of this worker give their work back. Called in its main process."""
    _stopping[0] = 1


def is_stopping() -> bool:
    """Return whether this worker was asked to stop."""
    return bool(_stopping[0])


@contextmanager
def _started(
    command: Sequence[str],
    folder: Path | None,
    scratch: Path,
    files: int | None,
    limits: Sequence[tuple[int, int]],
    variables: Mapping[str, str],
) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a process group that does not outlive the block, nor this process."""
    # Nothing else of ours: it needs no secret, no database, no queue.
    passed = {name: os.environ[name] for name in PASSED if name in os.environ}
    environment = {
        **passed,
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        # The folder `platform/` must not shadow the standard library's module.
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        **variables,
    }
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=lambda: _confine(files, limits),  # a few system calls; no lock is held here
    ) as process:
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """End the whole group: on SIGTERM a program removes its scratch folder, if it gets to it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=TERM_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


_libc = ctypes.CDLL(None)


def _confine(files: int | None, limits: Sequence[tuple[int, int]]) -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    for kind, most in limits:
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
    sandbox.confine(files)


# Folders ----------------------------------------------------------------------------------------


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give an empty folder and remove it afterwards; first remove those of killed workers.

    The folder is locked as long as this process lives, by which the others know that it is in use.
    """
    sweep_scratch()
    folder, lock = _make()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep_scratch() -> None:
    """Remove the folders whose process is gone."""
    for folder in Path(settings.FILE_UPLOAD_TEMP_DIR).glob(f"{_PREFIX}*"):
        if (lock := _lock(folder, fcntl.LOCK_NB)) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _make() -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=settings.FILE_UPLOAD_TEMP_DIR))
        lock = _lock(folder)
        if lock is not None and folder.exists():  # no sweep came between the two lines above
            return folder, lock
        if lock is not None:
            os.close(lock)


def _lock(folder: Path, how: int = 0) -> int | None:
    """Return a descriptor that holds the folder's lock; None: it is gone, or somebody has it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


@worker_init.connect
def _clean_up(**_: object) -> None:
    sweep_scratch()


@worker_shutting_down.connect
def _give_back(**_: object) -> None:
    stop_all()
