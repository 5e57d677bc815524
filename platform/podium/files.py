"""Where uploads, solutions and artefacts lie: the storages, and local copies of what is in them."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.utils import timezone

# A JSON object as it was read.
Json = dict[str, Any]

_BLOCK = 1 << 20
# Give up on a store after this long; assume its process died.
STORING = timedelta(hours=6)


def public() -> Storage:
    """The storage of published data set files."""
    return storages["default"]


def private() -> Storage:
    """The storage of solutions, uploads and artefacts. No view serves from it by name."""
    return storages["private"]


class _Watched(File):  # type: ignore[type-arg]
    """A file that calls `tick` before each of its blocks."""

    def __init__(self, file: IO[bytes], tick: Callable[[], None]) -> None:
        super().__init__(file)
        self._tick = tick

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for chunk in super().chunks(chunk_size):
            self._tick()
            yield chunk


def put(storage: Storage, name: str, source: Path, tick: Callable[[], None] | None = None) -> None:
    """Store a file under exactly this name, replacing what a broken attempt may have left.

    `tick` is called now and then; what it raises ends the copying.
    """
    storage.delete(name)
    with source.open("rb") as handle:
        stored = storage.save(name, _Watched(handle, tick) if tick else File(handle))
    if stored != name:
        storage.delete(stored)
        raise FileExistsError(f"{name} is being written by somebody else.")


def put_folder(
    storage: Storage, name: str, source: Path, tick: Callable[[], None] | None = None
) -> None:
    """Store a folder with everything in it, replacing what a broken attempt may have left."""
    delete_folder(storage, name)
    for path in sorted(source.rglob("*")):
        if path.is_file():
            put(storage, f"{name}/{path.relative_to(source).as_posix()}", path, tick)


def delete_folder(storage: Storage, name: str) -> None:
    """Delete a folder with everything in it. One that is not there is no error."""
    try:
        folders, names = storage.listdir(name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for folder in folders:
        delete_folder(storage, f"{name}/{folder}")
    for file in names:
        storage.delete(f"{name}/{file}")
    storage.delete(name)  # where folders are more than a part of names


def delete_strays(storage: Storage, folder: str, known: Iterable[str]) -> int:
    """Delete old files of a folder that are not known, as a killed process leaves them; count them.

    `known` is read after the folder. What is being saved has no row yet, and is too young to go.
    """
    try:
        names = storage.listdir(folder)[1]
    except FileNotFoundError:
        return 0
    strays = {f"{folder}/{name}" for name in names} - set(known)
    old = [name for name in sorted(strays) if _is_old(storage, name)]
    for name in old:
        storage.delete(name)
    return len(old)


def _is_old(storage: Storage, name: str) -> bool:
    try:
        return storage.get_modified_time(name) < timezone.now() - STORING
    except FileNotFoundError:  # gone since it was listed
        return False


def fetch(
    storage: Storage, name: str, target: Path, tick: Callable[[], None] | None = None
) -> None:
    """Append a stored file to a local one, which is made if it is not there.

    `tick` is called now and then; what it raises ends the copying.
    """
    with storage.open(name) as source, target.open("ab") as copy:
        while block := source.read(_BLOCK):
            if tick:
                tick()
            copy.write(block)


def local(storage: Storage, name: str) -> Path:
    """Return the path of a stored file or folder on this machine."""
    return Path(storage.path(name))


def folder_on_disk(storage: Storage, name: str, files: Iterable[str], copy: Path) -> Path:
    """Return a local folder with these files of a stored one: itself, or else copied to `copy`."""
    try:
        return local(storage, name)
    except NotImplementedError:
        for file in files:
            target = copy / file
            target.parent.mkdir(parents=True, exist_ok=True)
            fetch(storage, f"{name}/{file}", target)
        return copy
