"""The one form in which a file is stored: text compressed with zstd, everything else as it is.

Each block is a frame of its own. Frames in a row are a valid zstd file, so a stored CSV can be
read by the scorer like one that was sent compressed.
"""

import io
from contextlib import closing
from typing import IO, Any

import pyarrow as pa

SUFFIX = ".stored.zst"
"""What the name of a file ends in that is stored compressed but was not sent so."""
_BLOCK = 1 << 20
# gzip, zstd, Parquet, PDF, zip
_DENSE = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1", b"%PDF", b"PK\x03\x04")

_DENSE_NAMES = (".gz", ".zst", ".parquet", ".pdf", ".zip", ".bz2", ".xz", ".png", ".jpg", ".jpeg")


def is_dense_name(name: str) -> bool:
    """Return whether a file of that name, or a chunk of it, is not worth compressing."""
    return name.lower().endswith(_DENSE_NAMES)


def is_worthwhile(head: bytes) -> bool:
    """Return whether a file that begins so is stored compressed."""
    return not head.startswith(_DENSE)


def compress(block: bytes) -> bytes:
    """Return a block as one zstd frame."""
    frame: bytes = pa.compress(block, codec="zstd", asbytes=True)
    return frame


def as_sent(stored: IO[bytes], name: str) -> Any:
    """Return a reader of the bytes as sent of an open stored file of that name.

    It has `read`, `close`, and `seek` from the beginning to a later byte.
    """
    return _Decompressed(stored) if name.endswith(SUFFIX) else stored


class _Decompressed(io.RawIOBase):
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
        """Read up to a byte; only from the beginning."""
        left = position
        while left and (block := self.read(min(left, _BLOCK))):
            left -= len(block)
        return position - left

    def close(self) -> None:
        with closing(self._stored):
            self._stream.close()
        super().close()
