"""Receiving a file: its bytes are hashed as sent and stored in their one form as they arrive."""

import hashlib
import io
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.utils import timezone

from podium.uploads import compression

log = structlog.get_logger(__name__)
NO_ROOM = "There is no room for the file on our side. This cost no attempt; try again in an hour."
MOST_NAME = 200
_BLOCK = 1 << 20
_HEAD = 8


@dataclass(frozen=True)
class Upload:
    """A received file in a temporary file, in the form in which it is stored.

    `sha256`, `size` and `head` (its first bytes) are those of the bytes as sent.
    """

    file: io.FileIO
    name: str
    sha256: str
    size: int
    head: bytes
    first_byte_at: datetime
    is_compressed: bool

    @property
    def path(self) -> Path:
        """Where this process can open the stored form."""
        return Path(f"/dev/fd/{self.file.fileno()}")

    def as_sent(self) -> Any:
        """Open the file to be read from its beginning as it was sent (`compression.as_sent`)."""
        return compression.as_sent(self.path.open("rb"), self.stored_name(""))

    def stored_name(self, name: str) -> str:
        """Return the name for the private storage, from which readers learn the form."""
        return name + compression.SUFFIX if self.is_compressed else name


class _Temporary(io.FileIO):
    """A file without a name: gone with its last reference or this process, however that ends."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, buffering=0) as file:
            super().__init__(os.dup(file.fileno()), "rb+")

    def __del__(self) -> None:
        self.close()


class Receiver:
    """Hashes a file's bytes as sent and writes its stored form to a temporary file.

    A file that is known to be dense is stored as it is, whatever it begins with.
    """

    def __init__(self, first_byte_at: datetime | None = None, *, is_dense: bool = False) -> None:
        self.first_byte_at = first_byte_at or timezone.now()
        self.size = 0
        self._is_dense = is_dense
        self._hash = hashlib.sha256()
        self._head = b""
        self._file = _Temporary()

    def write(self, block: bytes) -> None:
        """Take the next bytes as sent. Raises OSError if there is no room."""
        self._head = self._head or block[:_HEAD]
        self._hash.update(block)
        self.size += len(block)
        stored = compression.compress(block) if self._is_compressed else block
        while stored:  # an unbuffered write may write less than it was given
            stored = stored[self._file.write(stored) :]

    @property
    def _is_compressed(self) -> bool:
        return not self._is_dense and compression.is_worthwhile(self._head)

    def finish(self, name: str) -> Upload:
        """Return the file, which has arrived in full. It is deleted with the last reference."""
        self._file.seek(0)
        return Upload(
            file=self._file,
            name=Path(name).name[-MOST_NAME:],
            sha256=self._hash.hexdigest(),
            size=self.size,
            head=self._head,
            first_byte_at=self.first_byte_at,
            is_compressed=self._is_compressed,
        )

    def close(self) -> None:
        """Delete what has arrived. Safe to call at any time."""
        self._file.close()


class LimitedUpload(FileUploadHandler):
    """Receives the one file of a form, up to a limit on the bytes as sent.

    When the limit is passed, or the disk is full, the rest is read and dropped, so that the sender
    gets an answer.
    """

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self.max_bytes = max_bytes
        self.first_byte_at = timezone.now()
        self.too_large = False
        self.no_room = False
        self._receiver: Receiver | None = None
        self._is_finished = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if self._receiver:
            raise SkipFile  # one file is asked for, and the limit is one file's
        super().new_file(*args, **kwargs)
        self._receiver = Receiver(self.first_byte_at)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self._receiver  # noqa: S101  (for the type checker)
        if self._receiver.size + len(raw_data) > self.max_bytes:
            self.too_large = True
            self.drop_partial()
            raise SkipFile
        try:
            self._receiver.write(raw_data)
        except OSError:
            log.exception("upload not stored")
            self.no_room = True
            self.drop_partial()
            raise SkipFile from None

    def file_complete(self, file_size: int) -> "UploadedFile[Any]":
        assert self._receiver  # noqa: S101  (for the type checker)
        upload = self._receiver.finish(self.file_name or "predictions")
        self._is_finished = True
        file = UploadedFile(upload.file, self.file_name, self.content_type, upload.size)
        file.upload = upload  # type: ignore[attr-defined]
        return file

    def drop_partial(self) -> None:
        """Delete a file that has not arrived in full. Safe to call at any time."""
        if self._receiver and not self._is_finished:
            self._receiver.close()


def from_path(path: Path, *, name: str = "", first_byte_at: datetime | None = None) -> Upload:
    """Return a file of this machine as an upload, begun now unless another time is given."""
    receiver = Receiver(first_byte_at)
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK):
            receiver.write(block)
    return receiver.finish(name or path.name)
