"""Hashes, names and states on this machine's disk."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from podium_client.errors import FileError, SiteError, UsageError

# Characters that Windows forbids in names, and its device names.
_FORBIDDEN = frozenset('<>:"|?*')
_DEVICES = {"CON", "PRN", "AUX", "NUL"} | {f"{d}{n}" for d in ("COM", "LPT") for n in range(1, 10)}
_LONGEST = 240  # bytes, with room for `.part`


def sha256_of(file: Path) -> str:
    """Return the sha256 of a file as 64 hexadecimal digits."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def inside(folder: Path, name: str) -> Path:
    """Return the path for the site's file `name`. Errors: SiteError if outside."""
    path = PurePosixPath(name)
    bad = not name or "\\" in name or ":" in name or not name.isprintable()
    if bad or path.is_absolute() or ".." in path.parts or not path.name:
        raise SiteError(
            f"The site names a file {name!r}, which is not a valid file name.", code="name"
        )
    return folder.joinpath(*path.parts)


def safe_name(name: str, otherwise: str) -> str:
    """Return a file name based on `name` that every system accepts. Takes the last part of a path
    and replaces forbidden characters by `_`; if nothing is left, returns `otherwise`.
    """
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join("_" if sign in _FORBIDDEN or not sign.isprintable() else sign for sign in last)
    kept = kept.strip(" ").rstrip(". ")
    if not kept.strip("._"):
        return otherwise
    if kept.split(".")[0].upper() in _DEVICES:
        kept = f"_{kept}"
    while len(kept.encode(errors="replace")) > _LONGEST:
        kept = kept[1:]  # the suffix says what it is
    return kept


def existing(file: str | Path) -> Path:
    """Return the path of a file to be sent. Errors: UsageError if there is none."""
    path = Path(file).expanduser()
    if not path.exists():
        raise UsageError(f"There is no file {path}.")
    if not path.is_file():
        raise UsageError(f"{path} is not a file.")
    return path


def check(path: Path, facts: Mapping[str, Any]) -> None:
    """Check a file against the task's limits before sending it. Errors: FileError."""
    size, most = path.stat().st_size, facts.get("max_bytes") or 0
    suffixes = tuple(str(suffix) for suffix in facts.get("accepted_suffixes") or ())
    if suffixes and not path.name.lower().endswith(suffixes):
        what = f"{path.name} has none of the suffixes {', '.join(suffixes)}. Rename or convert it."
        raise FileError(what, code="not_a_table")
    if size == 0:
        raise FileError(f"{path} is empty. Write the predictions again.", code="empty_file")
    if most and size > most:
        what = f"{path} has {size:,} bytes; the task takes {most:,} at most. Compress it."
        raise FileError(what, code="too_large")
