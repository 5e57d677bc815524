"""Files from the site: resumed where they broke off, checked by their hash, then put in place."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from podium_client.errors import SiteError
from podium_client.files import inside, sha256_of
from podium_client.progress import Progress, silent
from podium_client.shapes import File
from podium_client.site import Site


@dataclass(frozen=True)
class Fetched:
    """A file that is here now. `state` is downloaded, resumed, or kept for one that was here."""

    name: str
    path: Path
    bytes: int
    sha256: str
    state: str

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {**asdict(self), "path": str(self.path)}


class _StaleError(Exception):
    """What is here of the file does not go with what the site has."""


def fetch(
    site: Site, file: File, folder: Path, *, force: bool = False, progress: Progress = silent
) -> Fetched:
    """Return the file below the folder, fetched unless the same one is there already.

    What came before a broken connection waits in `<name>.part` and is gone on with, in this run or
    in the next one. Errors: PodiumError; SiteError if what came has another hash than announced.
    """
    target = inside(folder, file["name"])
    if not force and _is_here(target, file):
        return _fetched(file, target, "kept")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    resumed = _complete(site, file, part, progress)
    part.replace(target)
    return _fetched(file, target, "resumed" if resumed else "downloaded")


def write_small(name: str, folder: Path, content: bytes) -> Fetched:
    """Return a file with this content below the folder, written in one step unless it is there."""
    target, sha256 = inside(folder, name), hashlib.sha256(content).hexdigest()
    here = target.is_file() and target.read_bytes() == content
    if not here:
        part = target.with_name(f"{target.name}.part")
        part.write_bytes(content)
        part.replace(target)
    return Fetched(name, target, len(content), sha256, "kept" if here else "downloaded")


def _fetched(file: File, target: Path, state: str) -> Fetched:
    return Fetched(file["name"], target, target.stat().st_size, file["sha256"] or "", state)


def _is_here(target: Path, file: File) -> bool:
    if not file["sha256"] or not target.is_file():
        return False
    return target.stat().st_size == file["bytes"] and sha256_of(target) == file["sha256"]


def _complete(site: Site, file: File, part: Path, progress: Progress) -> bool:
    """Fill the part until it is the file; return whether an earlier one was gone on with.

    A part that turns out not to belong to the file is begun anew, once.
    """
    resumed = bool(file["sha256"]) and part.is_file() and part.stat().st_size > 0
    if not resumed:
        part.unlink(missing_ok=True)
    try:
        _fill(site, file, part, progress)
    except _StaleError:
        part.unlink(missing_ok=True)
        resumed = False
        try:
            _fill(site, file, part, progress)
        except _StaleError:
            part.unlink(missing_ok=True)
            raise SiteError(
                f"{file['name']} came with another checksum than the site gives for it, twice. It"
                " was deleted here; try again later.",
                title="The file was damaged on its way",
                code="checksum",
            ) from None
    return resumed


def _fill(site: Site, file: File, part: Path, progress: Progress) -> None:
    """Fetch what is missing, over as many connections as it takes. Errors: _StaleError."""
    attempt, had = 0, _size(part)
    while had < file["bytes"] or not part.exists():
        attempt += 1
        try:
            _append(site, file, part, progress)
        except httpx.TransportError as error:
            if _size(part) > had:  # it goes on, however often the connection breaks
                attempt = 1
            if not site.retries.after_error(attempt, error, again=True):
                raise site.unreachable(error) from error
        else:
            if _size(part) != file["bytes"]:
                raise _StaleError
        had = _size(part)
    if had != file["bytes"] or (file["sha256"] and sha256_of(part) != file["sha256"]):
        raise _StaleError


def _append(site: Site, file: File, part: Path, progress: Progress) -> None:
    """Append one answer's body to the part, or begin it anew if the site sends all of it."""
    have = _size(part) if file["sha256"] else 0
    # Packed on its way, a file would have other offsets.
    headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
    if have:
        # Should the file have changed in between, the site sends all of the new one.
        headers |= {"Range": f"bytes={have}-", "If-Range": f'"{file["sha256"]}"'}
    with site.stream(file["url"], headers) as answer:
        if answer.status_code == 206:
            if not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                raise _StaleError
        else:
            have = 0
        with part.open("ab" if have else "wb") as target:
            # As it comes: gathered into larger blocks, the last one would be lost with the line.
            for block in answer.iter_raw():
                target.write(block)
                have += len(block)
                if have > file["bytes"]:
                    raise _StaleError
                progress(have, file["bytes"])


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
