"""A board as files from which anyone can recompute it: `board.json` and arrays of rows.

docs/leaderboard.md describes the format. A bundle is a folder or a ZIP file with equal members.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FORMAT = "podium-board/1"
BOARD = "board.json"

Arrays = Mapping[str, npt.NDArray[Any]]
Document = Mapping[str, Any]


class BadBundle(Exception):
    """The files are not a bundle: the message says what is missing or malformed."""


@dataclass(frozen=True)
class Bundle:
    """The document of `board.json`, its SHA-256, and the bytes of the files that it lists.

    ``damaged`` names the listed files that are missing or have another hash; they are not in
    ``members``.
    """

    document: Document
    sha256: str
    members: Mapping[str, bytes]
    damaged: tuple[str, ...]

    def arrays(self, name: str) -> Arrays:
        """The arrays of one of the members; BadBundle if it is not one or cannot be read."""
        if name not in self.members:
            raise BadBundle(f"{name} is not there as {BOARD} lists it")
        try:
            with np.load(io.BytesIO(self.members[name]), allow_pickle=False) as arrays:
                return {each: arrays[each] for each in arrays.files}
        except (ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise BadBundle(f"{name} holds no arrays: {error}") from error


def pack(document: Document, arrays: Mapping[str, Arrays] | None = None) -> bytes:
    """The bytes of a bundle as a ZIP file; equal inputs give equal bytes.

    ``arrays`` are the arrays of each file by its name; their hashes and the format are added to the
    document.
    """
    members: dict[str, bytes] = {}
    for name, each in (arrays or {}).items():
        buffer = io.BytesIO()
        np.savez(buffer, **each)  # type: ignore[arg-type]
        members[name] = buffer.getvalue()
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    full = {"format": FORMAT, **document, "files": hashes}
    text = json.dumps(full, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, data in {BOARD: text.encode(), **members}.items():
            # An explicit ZipInfo has a fixed date, so the bytes do not depend on the time.
            file.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def read(path: Path) -> Bundle:
    """The bundle in a folder or ZIP file. BadBundle if there is none."""
    try:
        if path.is_dir():
            return _bundle({each.name: each for each in sorted(path.iterdir())})
        with zipfile.ZipFile(path) as file:
            return _bundle({name: zipfile.Path(file, name) for name in file.namelist()})
    except (OSError, RuntimeError, zipfile.BadZipFile) as error:  # RuntimeError: encrypted
        raise BadBundle(f"{path} cannot be read: {error}") from error


def _bundle(found: Mapping[str, Any]) -> Bundle:
    """The bundle of files by name: paths, in a folder or in a ZIP file."""
    if BOARD not in found:
        raise BadBundle(f"there is no {BOARD}")
    raw = found[BOARD].read_bytes()
    try:
        document = json.loads(raw)
        if document["format"] != FORMAT:
            raise BadBundle(f"the format is {document['format']!r} and not {FORMAT}")
        hashes = dict(document["files"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadBundle(f"{BOARD} is malformed: {type(error).__name__}: {error}") from error
    members, damaged = {}, []
    for name, expected in sorted(hashes.items()):
        data = found[name].read_bytes() if name in found else None
        if data is None:
            damaged.append(f"{name}: is missing")
        elif hashlib.sha256(data).hexdigest() != expected:
            damaged.append(f"{name}: has another SHA-256 than {BOARD} says")
        else:
            members[name] = data
    return Bundle(document, hashlib.sha256(raw).hexdigest(), members, tuple(damaged))
