"""Raw files as byte streams: what kind of file a path is, and its bytes after decompression."""

import io
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa

from tabset.errors import DatasetError
from tabset.readers.raw import faults_of

BUFFER_BYTES = 1 << 20
PARQUET_MAGIC = b"PAR1"
_COMPRESSIONS = {  # codec of Arrow: (suffix, the bytes such a file begins with)
    "gzip": (".gz", b"\x1f\x8b"),
    "bz2": (".bz2", b"BZh"),
    "zstd": (".zst", b"\x28\xb5\x2f\xfd"),
}
_BZ2_BLOCK = b"1AY&SY"  # follows `BZh` and a digit; a header may begin with just "BZh"
_ZIP_MAGIC = b"PK\x03\x04"
_OLD_EXCEL_MAGIC = b"\xd0\xcf\x11\xe0"
_EXCEL = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")


@dataclass(frozen=True)
class RawFile:
    """A regular file; `suffix` is that below the compression's, `codec` is empty if plain."""

    path: Path
    suffix: str
    codec: str
    head: bytes

    def open(self) -> IO[bytes]:
        """Its bytes from the start, decompressed."""
        if not self.codec:
            return self.path.open("rb", buffering=BUFFER_BYTES)
        stream = pa.CompressedInputStream(pa.OSFile(str(self.path)), self.codec)
        return io.BufferedReader(stream, BUFFER_BYTES)


def look_at(path: Path) -> RawFile:
    """The file at a path; `DatasetError` if it is not a regular, readable file of a table."""
    _require_regular(path)
    with faults_of(path, "check that it is readable"), path.open("rb") as file:
        start = file.read(16)
    suffix = path.suffix.lower()
    _refuse_office(path, suffix, start)
    codec = _codec(path, suffix, start)
    if not codec:
        return RawFile(path, suffix, "", start)
    inner = path.with_suffix("") if suffix == _COMPRESSIONS[codec][0] else path
    packed = RawFile(path, inner.suffix.lower(), codec, b"")
    with faults_of(path, "compress it again"), packed.open() as stream:
        head = stream.read(16)
    if head.startswith(PARQUET_MAGIC):
        raise DatasetError(f"{path.name} is a compressed Parquet file; decompress it first")
    return RawFile(path, packed.suffix, codec, head)


def _require_regular(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError as error:
        raise DatasetError(f"{path} does not exist") from error
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be opened: {error}") from error
    if stat.S_ISLNK(mode):
        raise DatasetError(f"{path} is a symbolic link; give the file it points to")
    if stat.S_ISDIR(mode):
        raise DatasetError(f"{path} is a folder; give the files in it")
    if not stat.S_ISREG(mode):
        raise DatasetError(f"{path} is not a regular file")


def _refuse_office(path: Path, suffix: str, start: bytes) -> None:
    if suffix in _EXCEL or start.startswith(_OLD_EXCEL_MAGIC):
        raise DatasetError(f"{path.name} is a spreadsheet; save its sheet as CSV UTF-8")
    if start.startswith(_ZIP_MAGIC):
        raise DatasetError(
            f"{path.name} is a zip archive or a spreadsheet; unpack it, or save the sheet "
            "as CSV UTF-8"
        )


def _codec(path: Path, suffix: str, start: bytes) -> str:
    for codec, (ending, magic) in _COMPRESSIONS.items():
        found = start.startswith(magic) and (codec != "bz2" or start[4:10] == _BZ2_BLOCK)
        if found:
            return codec
        if suffix == ending:
            raise DatasetError(
                f"{path.name} is not a {ending} file by its content; give it the right suffix"
            )
    return ""
