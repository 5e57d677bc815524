"""Files to the site: small ones in one form, large ones in chunks that resume after an
interruption. A small file per site, task and content stores the state: the idempotency key of the
submission, and the id of a large upload.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from podium_client import config
from podium_client.errors import (
    FileError,
    NotFoundError,
    PodiumError,
    RefusedError,
    SiteError,
    UsageError,
)
from podium_client.progress import Progress, silent
from podium_client.site import Site, body_of

LARGE = 8 << 20
CHUNK = 8 << 20


@dataclass
class Pending:
    """The state of a file on its way: its key, and the id of its upload, if any."""

    file: Path
    key: str
    upload: str = ""

    def keep(self) -> None:
        """Store the state. Errors: UsageError."""
        config.write(self.file, {"key": self.key, "upload": self.upload})

    def forget(self) -> None:
        """Delete the state, so that the next command starts from the beginning."""
        self.file.unlink(missing_ok=True)


@dataclass(frozen=True)
class Sending:
    """A file that goes to a task, by the task's path in the API and the name to send it under."""

    site: Site
    base: str
    file: Path
    name: str
    sha256: str
    pending: Pending

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return self.file.stat().st_size


def remembered(folder: Path, url: str, base: str, sha256: str) -> Pending:
    """Return the stored state of this file for this task, or a new key."""
    name = hashlib.sha256(json.dumps([url, base, sha256]).encode()).hexdigest()[:32]
    file = folder / "uploads" / f"{name}.json"
    try:
        known = config.read(file)
    except UsageError:  # damaged, for example by a full disk; not needed
        known = {}
    return Pending(file, known.get("key") or uuid.uuid4().hex, known.get("upload", ""))


def submit(
    sending: Sending, fields: Mapping[str, str], progress: Progress = silent
) -> tuple[dict[str, Any], bool]:
    """Send a file to be scored; return the submission, and whether it existed already. It is
    created once, also if the response is lost and the command is run again.
    """
    sending.pending.keep()
    try:
        answer = _sent(sending, "submissions", fields, progress, key=sending.pending.key)
    except (FileError, RefusedError) as error:
        if isinstance(error, FileError) or error.code == "key_reused":
            sending.pending.forget()
        raise
    sending.pending.forget()
    return body_of(answer), answer.headers.get("Idempotent-Replayed") == "true"


def validate(sending: Sending, progress: Progress = silent) -> dict[str, Any]:
    """Send a file to be checked; return the validation, which has just begun."""
    return body_of(_sent(sending, "validations", {}, progress))


def _sent(
    sending: Sending, what: str, fields: Mapping[str, str], progress: Progress, *, key: str = ""
) -> httpx.Response:
    path = f"{sending.base}/{what}"
    if sending.size <= LARGE:
        return sending.site.post_file(path, sending.file, sending.name, fields, key=key)
    said = {name: value == "true" if name == "again" else value for name, value in fields.items()}
    upload = transfer(sending, progress)
    try:
        return sending.site.post(path, {**said, "upload": upload}, key=key)
    except NotFoundError:  # used or expired meanwhile: start again from the first byte
        sending.pending.upload = ""
        upload = transfer(sending, progress)
        return sending.site.post(path, {**said, "upload": upload}, key=key)


def transfer(sending: Sending, progress: Progress = silent) -> str:
    """Send all chunks and return the upload's id. Errors: PodiumError."""
    upload = _resumed(sending) or _begun(sending)
    size = sending.size
    offset, most = int(upload["offset"]), min(int(upload.get("chunk_bytes") or CHUNK), CHUNK)
    attempt = 0
    with sending.file.open("rb") as content:
        while offset < size:
            progress(offset, size)
            content.seek(offset)
            attempt += 1
            try:
                reached = _append(sending, str(upload["id"]), offset, content.read(most))
            except PodiumError as error:
                reached = _after(sending, str(upload["id"]), error, attempt)
            attempt = 0 if reached > offset else attempt
            offset = reached
    progress(size, size)
    return str(upload["id"])


def _resumed(sending: Sending) -> dict[str, Any] | None:
    """Return the upload that an earlier run began, if the site still has it."""
    if not sending.pending.upload:
        return None
    try:
        upload: dict[str, Any] = sending.site.get(f"uploads/{sending.pending.upload}")
    except NotFoundError:
        return None
    return upload if upload.get("bytes") == sending.size else None


def _begun(sending: Sending) -> dict[str, Any]:
    facts = {"name": sending.name, "bytes": sending.size, "sha256": sending.sha256}
    # Announcing it twice gives one upload, so it can be sent again.
    answer = sending.site.send("POST", f"{sending.base}/uploads", json=facts, again=True)
    upload = body_of(answer)
    sending.pending.upload = str(upload["id"])
    sending.pending.keep()
    return upload


def _append(sending: Sending, upload: str, offset: int, block: bytes) -> int:
    headers = {"Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}
    answer = sending.site.send("PATCH", f"uploads/{upload}", content=block, headers=headers)
    return int(body_of(answer)["offset"])


def _after(sending: Sending, upload: str, error: PodiumError, attempt: int) -> int:
    """Wait and return the offset to resume from after a failed chunk; else raise its error."""
    broken = isinstance(error, SiteError) and error.code in ("unreachable", "site")
    if not (broken or error.code == "offset") or attempt >= sending.site.retries.attempts:
        raise error
    sending.site.retries.sleep(sending.site.retries.pause(attempt))
    return int(sending.site.get(f"uploads/{upload}")["offset"])
