"""Downloads: resumed after interruptions, checked by hash, then put in place."""

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
    """A local file. `state` is downloaded, resumed, or kept if it was here already."""

    name: str
    path: Path
    bytes: int
    sha256: str
    state: str

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {**asdict(self), "path": str(self.path)}


class _StaleError(Exception):
    """The partial file does not match the site's file."""


def fetch(
    site: Site, file: File, folder: Path, *, force: bool = False, progress: Progress = silent
) -> Fetched:
    """Return the file below the folder, downloaded unless the same one exists already. After a
    broken connection, `<name>.part` holds the first bytes, and this run or the next one resumes.
    Errors: PodiumError; SiteError if the hash differs from the announced one.
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
    """Return a file with this content below the folder, written atomically unless it exists."""
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
    """Complete the partial file; return whether an earlier one was resumed. A partial file that
    does not belong to the file is started again, once.
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
    """Download the missing bytes, over as many connections as it takes. Errors: _StaleError."""
    attempt, had = 0, _size(part)
    while had < file["bytes"] or not part.exists():
        attempt += 1
        try:
            _append(site, file, part, progress)
        except httpx.TransportError as error:
            if _size(part) > had:  # it continues, however often the connection breaks
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
    """Append one response to the partial file, or start again if the site sends all of it."""
    have = _size(part) if file["sha256"] else 0
    # A compressed transfer would have other offsets.
    headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
    if have:
        # If the file has changed meanwhile, the site sends all of the new one.
        headers |= {"Range": f"bytes={have}-", "If-Range": f'"{file["sha256"]}"'}
    with site.stream(file["url"], headers) as answer:
        if answer.status_code == 206:
            if not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                raise _StaleError
        else:
            have = 0
        with part.open("ab" if have else "wb") as target:
            # Unbuffered: a larger block would be lost when the connection breaks.
            for block in answer.iter_raw():
                target.write(block)
                have += len(block)
                if have > file["bytes"]:
                    raise _StaleError
                progress(have, file["bytes"])


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
