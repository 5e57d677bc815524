"""Where uploads, solutions and artefacts lie: the private storage, and local copies of it."""

import shutil
from pathlib import Path

from django.core.files import File
from django.core.files.storage import Storage, storages


def public() -> Storage:
    """The storage of published data set files."""
    return storages["default"]


def private() -> Storage:
    """The storage of solutions, uploads and artefacts. No view serves from it by name."""
    return storages["private"]


def put(storage: Storage, name: str, source: Path) -> None:
    """Store a file under exactly this name, replacing what a broken attempt may have left."""
    storage.delete(name)
    with source.open("rb") as handle:
        stored = storage.save(name, File(handle))
    if stored != name:
        storage.delete(stored)
        raise FileExistsError(f"{name} is being written by somebody else.")


def put_folder(storage: Storage, name: str, source: Path) -> None:
    """Store a folder with everything in it, replacing what a broken attempt may have left."""
    target = Path(storage.path(name))
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target)


def local(storage: Storage, name: str) -> Path:
    """Return the path of a stored file or folder on this machine."""
    return Path(storage.path(name))
