"""Unpacking an organizer's zip: within limits, and never outside its folder."""

import errno
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from django.conf import settings

from podium.catalog.actions.imports import CannotImport
from podium.catalog.actions.raw import safe_name

MAX_ENTRIES = 200_000
# A folder of text seldom shrinks to less than a hundredth; a bomb shrinks to a thousandth or less.
MAX_RATIO = 200
# Below this a ratio says nothing: a file of zeros is not an attack.
HARMLESS_BYTES = 50 * 2**20
ENCRYPTED = 0x1
_BLOCK = 1 << 20
# What operating systems add to archives.
_RUBBISH = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_FAULTS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError,
    EOFError, ValueError, NotImplementedError, LookupError, struct.error,
)  # fmt: skip
Tick = Callable[[float, str], None]


def is_zip(name: str) -> bool:
    """Tell by its name whether a raw file is a folder in a zip."""
    return name.lower().endswith(".zip")


@dataclass
class Room:
    """What the zips of one import may still unpack to."""

    bytes: int = field(default_factory=lambda: settings.DATASET_UPLOAD_BYTES)
    files: int = field(default_factory=lambda: MAX_ENTRIES)


def unpack(archive: Path, name: str, target: Path, room: Room, *, tick: Tick) -> None:
    """Unpack a zip into `target`, a folder that exists and is empty.

    What the zip says about its entries is checked first, and what really comes out of it while it
    comes. `name` is what messages call it; `room` shrinks by what is unpacked. Raises CannotImport.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = _checked(opened, name, archive.stat().st_size, room)
            total = sum(entry.file_size for entry in entries)
            room.bytes -= total
            room.files -= len(entries)
            done = 0
            for entry in entries:
                tick(done / max(total, 1), f"unpacking {name}")
                done += _extract(opened, entry, target / entry.filename, name)
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # the disk's fault, not the zip's
            raise
        raise _unreadable(name, error) from error
    except _FAULTS as error:
        raise _unreadable(name, error) from error
    except RuntimeError as error:  # of zipfile: a password is needed
        raise CannotImport(_encrypted(name)) from error


def _checked(opened: zipfile.ZipFile, name: str, size: int, room: Room) -> list[zipfile.ZipInfo]:
    """Return the entries that are files, if all entries are safe by what they say of themselves."""
    entries = opened.infolist()
    if len(entries) > room.files:
        raise CannotImport(
            f"`{name}` has {len(entries):,} files; the zips of one import may have {MAX_ENTRIES:,}."
        )
    found = [entry for entry in entries if not entry.is_dir() and not _is_rubbish(entry.filename)]
    if not found:
        raise CannotImport(f"`{name}` has no file in it.")
    seen: set[str] = set()
    for entry in found:
        _refuse_entry(entry, name)
        if entry.filename.casefold() in seen:
            raise CannotImport(f"`{name}` has the file `{entry.filename}` twice.")
        seen.add(entry.filename.casefold())
    for file in seen:
        if any(parent.as_posix() in seen for parent in PurePosixPath(file).parents):
            raise CannotImport(f"`{name}` has a name that is both a file and a folder: `{file}`.")
    _refuse_bomb(sum(entry.file_size for entry in found), size, name, room)
    return found


def _refuse_entry(entry: zipfile.ZipInfo, name: str) -> None:
    if entry.flag_bits & ENCRYPTED:
        raise CannotImport(_encrypted(name))
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise CannotImport(
            f"`{name}` has `{entry.filename}`, which is a link or a device. Put in the file itself."
        )
    try:
        safe_name(entry.filename)
    except CannotImport as error:
        raise CannotImport(f"In `{name}`: {error}") from error


def _refuse_bomb(total: int, size: int, name: str, room: Room) -> None:
    if total > room.bytes:
        raise CannotImport(
            f"`{name}` would unpack to {total:,} bytes, {room.bytes:,} of the "
            f"{settings.DATASET_UPLOAD_BYTES:,} that an import may take are left. Bring it in a "
            "compressed form that can be read as it is, such as Parquet or .csv.gz."
        )
    if total > HARMLESS_BYTES and total > MAX_RATIO * size:
        raise CannotImport(
            f"`{name}` would unpack to {total // max(size, 1)} times its size, which no honest "
            "table does. Bring it as Parquet or .csv.gz."
        )


def _extract(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, name: str) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    length = 0
    with opened.open(entry) as source, path.open("xb") as target:
        while block := source.read(_BLOCK):
            length += len(block)
            if length > entry.file_size:
                raise CannotImport(f"`{name}` is not what it says about `{entry.filename}`.")
            target.write(block)
    return length


def _is_rubbish(name: str) -> bool:
    return name.startswith(_RUBBISH[0]) or name.rpartition("/")[2] in _RUBBISH[1:]


def _unreadable(name: str, error: Exception) -> CannotImport:
    return CannotImport(
        f"`{name}` cannot be unpacked ({error}). Make the zip again, without a password and with "
        "an ordinary program."
    )


def _encrypted(name: str) -> str:
    return f"`{name}` is protected by a password. Make the zip without one."
