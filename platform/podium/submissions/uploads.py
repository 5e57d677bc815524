"""Receiving an upload: it streams to a temporary file while it is hashed and measured."""

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import structlog
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.utils import timezone

log = structlog.get_logger(__name__)
SUFFIXES = (".csv", ".csv.gz", ".csv.zst", ".parquet")
NO_ROOM = "There is no room for the file on our side. This cost no attempt; try again in an hour."
_MAGIC = {".csv.gz": b"\x1f\x8b", ".csv.zst": b"\x28\xb5\x2f\xfd", ".parquet": b"PAR1"}


@dataclass(frozen=True)
class Upload:
    """A received file: where it lies for now, what it was called, and what it is."""

    path: Path
    name: str
    sha256: str
    size: int
    head: bytes
    first_byte_at: datetime

    def problem(self) -> str:
        """Return what is wrong with the kind of file, or an empty text. Nothing is parsed."""
        if problem := problem_of_name(self.name):
            return problem
        suffix = suffix_of(self.name)
        if self.size == 0:
            return f"`{self.name}` is empty. Choose a file with predictions."
        for kind, magic in _MAGIC.items():
            if (suffix == kind) != self.head.startswith(magic):
                return f"`{self.name}` is not what its name says. Check how it was written."
        return ""


def suffix_of(name: str) -> str:
    """Return which of the accepted endings a file name has, or an empty text."""
    return next((s for s in sorted(SUFFIXES, key=len) if name.lower().endswith(s)), "")


def problem_of_name(name: str) -> str:
    """Return why a file of that name is not taken, or an empty text."""
    if not suffix_of(name):
        return (
            f"`{name}` is neither CSV nor Parquet. "
            f"Upload a file whose name ends in {', '.join(SUFFIXES)}."
        )
    return ""


class LimitedUpload(FileUploadHandler):
    """Writes the file of a form to a temporary file, hashing it, and stops at a limit.

    When the limit is passed, or the disk is full, the rest is read and dropped, so that the sender
    gets an answer. The temporary file has no name: it is gone with this process, however that ends.
    """

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self.max_bytes = max_bytes
        self.first_byte_at = timezone.now()
        self.too_large = False
        self.no_room = False
        self.partial: IO[bytes] | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if hasattr(self, "target"):
            raise SkipFile  # one file is asked for, and the limit is one file's
        super().new_file(*args, **kwargs)
        self.hash = hashlib.sha256()
        self.size = 0
        self.head = b""
        self.target: IO[bytes] = tempfile.TemporaryFile(  # noqa: SIM115  (outlives this method)
            dir=settings.FILE_UPLOAD_TEMP_DIR, buffering=0
        )
        self.partial = self.target

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.size += len(raw_data)
        if self.size > self.max_bytes:
            self.too_large = True
            self.drop_partial()
            raise SkipFile
        self.head = self.head or raw_data[:4]
        self.hash.update(raw_data)
        self._write(raw_data)

    def _write(self, block: bytes) -> None:
        try:
            while block:  # without a buffer a write may take a part alone
                block = block[self.target.write(block) :]
        except OSError:
            log.exception("upload not stored")
            self.no_room = True
            self.drop_partial()
            raise SkipFile from None

    def file_complete(self, file_size: int) -> "UploadedFile[Any]":
        self.target.seek(0)
        self.partial = None
        file = UploadedFile(self.target, self.file_name, self.content_type, self.size)
        file.upload = Upload(  # type: ignore[attr-defined]
            path=Path(f"/dev/fd/{self.target.fileno()}"),
            name=Path(self.file_name or "predictions").name[-200:],
            sha256=self.hash.hexdigest(),
            size=self.size,
            head=self.head,
            first_byte_at=self.first_byte_at,
        )
        return file

    def drop_partial(self) -> None:
        """Give back the room of a file that has not come to its end. Safe to call at any time."""
        if self.partial:
            self.partial.close()


def from_path(path: Path, *, name: str = "", first_byte_at: datetime | None = None) -> Upload:
    """Return a file of this machine as an upload, begun now unless another time is given."""
    content = hashlib.sha256()
    with path.open("rb") as handle:
        head = handle.read(4)
        handle.seek(0)
        while block := handle.read(1 << 20):
            content.update(block)
    return Upload(
        path=path,
        name=name or path.name,
        sha256=content.hexdigest(),
        size=path.stat().st_size,
        head=head,
        first_byte_at=first_byte_at or timezone.now(),
    )
