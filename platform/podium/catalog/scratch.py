"""Folders on this machine: one for the step that runs, one for each draft between its steps."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from podium.catalog.models import Import

_WORK = "import-"
_DRAFT = "draft-"


@contextmanager
def work_folder() -> Iterator[Path]:
    """Give an empty folder and remove it afterwards; first remove what nobody needs.

    The folder is locked as long as this process lives, by which the others know that it is in use.
    """
    sweep_work()
    _sweep_drafts()
    folder, lock = _make()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def draft_folder(source: Import) -> Path:
    """Return where the staged tables of the import's last reading lie, if they are on this machine.

    They can be made anew from the raw files at any time.
    """
    return Path(settings.FILE_UPLOAD_TEMP_DIR) / f"{_DRAFT}{source.pk}-{source.staged}"


def sweep_work() -> None:
    """Remove the work folders whose process is gone."""
    for folder in Path(settings.FILE_UPLOAD_TEMP_DIR).glob(f"{_WORK}*"):
        if (lock := _lock(folder, fcntl.LOCK_NB)) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _sweep_drafts() -> None:
    """Remove the folders of drafts that were read again, published or discarded."""
    needed = Import.objects.filter(version__published_at=None)
    kept = {draft_folder(source).name for source in needed.only("pk", "staged")}
    # A step that runs keeps its folder under its own attempt, which is stored when it ends.
    kept |= {f"{_DRAFT}{pk}-{attempt}" for pk, attempt in needed.values_list("pk", "attempt")}
    for folder in Path(settings.FILE_UPLOAD_TEMP_DIR).glob(f"{_DRAFT}*"):
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _make() -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_WORK, dir=settings.FILE_UPLOAD_TEMP_DIR))
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
