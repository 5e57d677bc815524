"""The folder that a run has to itself, and what becomes of it when its worker is killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

_PREFIX = "baseline-"


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
    for folder in settings.FILE_UPLOAD_TEMP_DIR.glob(f"{_PREFIX}*"):
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
