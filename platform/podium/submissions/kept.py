"""Uploads as they are kept: read as they were sent, packed to save room, deleted under the rule.

Under which name a file lies changes by guarded UPDATEs alone, and a file is deleted only when no
row needs it any more or will. `leftover` names the second file of a row from before it is written
until it is deleted. So an interruption at any point loses nothing, the next tidying ends what it
left, and two tidyings at once do each other no harm.
"""

import io
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from django.conf import settings
from django.core.files import File

from podium import files
from podium.submissions.models import Kept, Submission

PACKED = ".packed.zst"
_BLOCK = 1 << 20
# Saving less than a tenth is not worth the unpacking.
_WORTH = 0.9


class UploadGone(Exception):
    """The uploaded file was deleted under the retention rule."""

    def __init__(self) -> None:
        super().__init__("The uploaded file was deleted under the retention rule.")


@contextmanager
def as_sent(submission: Submission) -> Iterator[Path]:
    """Give the path of the uploaded file, byte for byte as it was sent. Raises UploadGone.

    It stays readable inside the block, whatever the tidying does meanwhile. What was packed is
    unpacked to a file without a name, which is gone with this process, however that ends.
    """
    with closing(_open(submission)) as stored:
        if submission.kept != Kept.PACKED:
            yield path_of(stored)
            return
        with _temporary() as plain:
            for block in _blocks(_Unpacked(stored)):
                plain.write(block)
            plain.flush()
            yield path_of(plain)


def original(submission: Submission) -> Iterator[bytes]:
    """Return the uploaded file in blocks, byte for byte as it was sent. Raises UploadGone."""
    return _blocks(reader(submission))


def reader(submission: Submission) -> Any:
    """Open the uploaded file to be read from its beginning as it was sent. Raises UploadGone.

    It has `read`, `close`, and `seek` to a byte further on.
    """
    stored = _open(submission)
    return _Unpacked(stored) if submission.kept == Kept.PACKED else stored


def pack(submission: Submission) -> None:
    """Keep a final submission's file packed from now on, if that makes it smaller."""
    old, new = submission.file, f"{submission.file}.{uuid.uuid4().hex[:8]}{PACKED}"
    row = Submission.objects.filter(pk=submission.pk)
    if not row.filter(kept=Kept.SENT, file=old, leftover="").update(
        kept=Kept.PACKING, leftover=new
    ):
        return
    mine = row.filter(kept=Kept.PACKING, leftover=new)
    try:
        if not _store_packed(submission, new):
            mine.update(kept=Kept.PLAIN, leftover="")
        elif mine.update(kept=Kept.PACKED, file=new, leftover=old):
            drop_leftover(submission)
        else:
            files.private().delete(new)  # somebody took this for interrupted
    except Exception:
        mine.update(kept=Kept.SENT)
        drop_leftover(submission)
        raise


def delete(submission: Submission) -> None:
    """Delete a final submission's file under the retention rule. The row tells that it is gone."""
    file = submission.file
    row = Submission.objects.filter(pk=submission.pk, file=file, leftover="").exclude(file="")
    if row.update(kept=Kept.GONE, file="", leftover=file):
        drop_leftover(submission)


def drop_leftover(submission: Submission) -> None:
    """Delete the stored file beside the one that counts, if there is one."""
    row = Submission.objects.filter(pk=submission.pk).exclude(leftover="")
    # From here on the packing, should it still go on somewhere, ends in nothing.
    row.filter(kept=Kept.PACKING).update(kept=Kept.SENT)
    for name in row.values_list("leftover", flat=True):
        files.private().delete(name)
        row.filter(leftover=name).update(leftover="")


def _store_packed(submission: Submission, name: str) -> bool:
    """Store the file packed under this name. False: it would not be smaller."""
    with closing(_open(submission)) as stored, _temporary() as packed:
        _write_packed(stored, packed)
        if packed.seek(0, os.SEEK_END) > _WORTH * submission.size:
            return False
        packed.seek(0)
        files.private().save(name, File(packed))
    return True


def _open(submission: Submission) -> Any:
    """Open the stored file. The row is read again if the tidying has just replaced the file."""
    for attempt in (1, 2):
        if submission.kept == Kept.GONE:
            break
        try:
            return files.private().open(submission.file)
        except FileNotFoundError:
            if attempt == 2:
                raise
            submission.refresh_from_db(fields=["file", "kept"])
    raise UploadGone


def _temporary() -> Any:
    return tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)


def path_of(opened: IO[bytes]) -> Path:
    """Return a path by which other processes of this user can open what this one has open."""
    return Path(f"/proc/{os.getpid()}/fd/{opened.fileno()}")


def _blocks(stored: Any) -> Iterator[bytes]:
    with closing(stored):
        while block := stored.read(_BLOCK):
            yield block


class _Unpacked(io.RawIOBase):
    """Reads a packed file as it was before."""

    def __init__(self, stored: IO[bytes]) -> None:
        self._stored = stored
        self._stream = pa.CompressedInputStream(pa.PythonFile(stored, "r"), "zstd")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._stream.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def seek(self, position: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte that is so far from where it stands at first, by reading what is between."""
        left = position
        while left and (block := self.read(min(left, _BLOCK))):
            left -= len(block)
        return position - left

    def close(self) -> None:
        with closing(self._stored):
            self._stream.close()
        super().close()


def _write_packed(stored: IO[bytes], packed: IO[bytes]) -> None:
    # A descriptor of its own: the stream closes what it writes to.
    with (
        os.fdopen(os.dup(packed.fileno()), "wb") as sink,
        pa.CompressedOutputStream(pa.PythonFile(sink, "w"), "zstd") as stream,
    ):
        for block in iter(lambda: stored.read(_BLOCK), b""):
            stream.write(block)
