"""A scratch folder that is removed when the process ends, also after SIGTERM."""

import fcntl
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from baselines.memory import family

EXIT_TERMINATED = 128 + signal.SIGTERM
_PREFIX = "podium-baseline-"


@contextmanager
def scratch_folder(unfinished: Path) -> Iterator[Path]:
    """An empty folder, removed at the end together with the file ``unfinished`` if it exists.

    First it removes the folders of runs that were killed: each run holds a lock on its own. A
    separate thread handles SIGTERM, cleans up and ends the process: a Python signal handler would
    have to wait until native training code returns. For that the signal is blocked in every other
    thread, so enter this before anything that starts threads is imported.
    """
    _sweep()
    folder, lock = _make()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_on_sigterm, args=(folder, unfinished), daemon=True).start()
    try:
        yield folder
    finally:
        _remove(folder, unfinished)
        os.close(lock)


def end_now(folder: Path, unfinished: Path, sentence: str, code: int) -> NoReturn:
    """Ends this process and what it has started, from any thread, and removes both paths.

    The sentence is the last line of standard error.
    """
    for pid in family(os.getpid()) - {os.getpid()}:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _remove(folder, unfinished)
    # Training may have written a file while the folder was being removed.
    _remove(folder, unfinished)
    os.write(2, f"{sentence}\n".encode())
    os._exit(code)


def _end_on_sigterm(folder: Path, unfinished: Path) -> None:
    signal.sigwait({signal.SIGTERM})
    end_now(folder, unfinished, "Stopped by SIGTERM.", EXIT_TERMINATED)


def _remove(folder: Path, unfinished: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.unlink(missing_ok=True)


def _make() -> tuple[Path, int]:
    """A new folder, and the descriptor that holds its lock as long as this process lives."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = _lock(folder)
        if lock is not None and folder.exists():  # no sweep happened between the two lines above
            return folder, lock
        if lock is not None:
            os.close(lock)


def _sweep() -> None:
    """Removes the folders whose process is gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if (lock := _lock(folder)) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock; None: it is gone, or belongs to another run."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
