"""Folders that one program fills, completely or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tabset.errors import DatasetError

# The process that creates it owns the folder; it is removed when the folder is complete.
MARK = ".being-written"


@contextmanager
def filled(folder: Path, advice: str) -> Iterator[None]:
    """Holds a new or empty folder while it is filled, and empties it again if that fails.

    `advice` says what to do about one that has something in it. Raises `DatasetError` if it has,
    if somebody else fills it, or if it cannot be made.
    """
    _take(folder, advice)
    try:
        yield
        (folder / MARK).unlink()
    except BaseException:
        _empty(folder)
        raise


def _take(folder: Path, advice: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
        if is_empty:
            (folder / MARK).touch(exist_ok=False)
    except FileExistsError as error:
        if folder.is_dir():
            raise DatasetError(f"{folder} is being written by somebody else; {advice}") from error
        raise DatasetError(f"{folder} cannot be made: {error.strerror}") from error
    except OSError as error:
        raise DatasetError(f"{folder} cannot be made: {error.strerror}") from error
    if not is_empty:
        raise DatasetError(f"{folder} is not empty; {advice}")


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
