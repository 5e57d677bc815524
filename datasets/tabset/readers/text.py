"""A text file of any encoding as a stream of UTF-8, with findings about its bytes."""

import codecs
import io
from dataclasses import dataclass
from typing import IO, cast

import pyarrow as pa

from tabset.errors import DatasetError
from tabset.readers.files import BUFFER_BYTES, RawFile
from tabset.readers.raw import Report, TextFormat, faults_of
from tabset.readers.survey import UTF8, Survey, survey


@dataclass(frozen=True)
class TextFile:
    """A surveyed text file."""

    file: RawFile
    facts: Survey

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.file.path.name

    def characters(self, newline: str | None = None) -> io.TextIOWrapper:
        """Its content as text; `newline` is that of `open`."""
        raw = cast(io.RawIOBase, self.utf8())
        return io.TextIOWrapper(io.BufferedReader(raw), UTF8, newline=newline)

    def utf8(self, offset: int = 0) -> IO[bytes]:
        """Its content in UTF-8 without a byte order mark, from a byte of that content on."""
        if self.facts.encoding != UTF8:
            stream: IO[bytes] = io.BufferedReader(
                _Transcoded(self.file.open(), self.facts.encoding), BUFFER_BYTES
            )
        elif not self.file.codec:
            # Read by Arrow without Python in between.
            native: IO[bytes] = pa.OSFile(str(self.file.path))
            native.seek(len(self.facts.bom) + offset)
            return native
        else:
            stream = self.file.open()
            stream.read(len(self.facts.bom))
        stream.read(offset)
        return stream


def open_text(file: RawFile, report: Report, form: TextFormat) -> TextFile:
    """The surveyed file, after findings about encoding and line ends; refuses an empty one."""
    with faults_of(file.path, "save it again as CSV UTF-8"):
        facts = survey(file, form.encoding)
    if facts.size == len(facts.bom):
        raise DatasetError(f"{file.path.name} is empty")
    _tell_bom(file.path.name, facts, report)
    _tell_line_ends(file.path.name, facts, report)
    return TextFile(file, facts)


def _tell_bom(name: str, facts: Survey, report: Report) -> None:
    if facts.bom == codecs.BOM_UTF8:
        report.info("encoding", f"{name} begins with a byte order mark, which is left out")
    elif facts.bom:
        report.info("encoding", f"{name} is {facts.encoding.upper()} and is read as such")


def _tell_line_ends(name: str, facts: Survey, report: Report) -> None:
    if not facts.carriage_returns:
        return
    lone = {
        "CRLF": facts.crlf,
        "LF": facts.line_feeds - facts.crlf,
        "CR": facts.carriage_returns - facts.crlf,
    }
    found = [f"{count} {kind}" for kind, count in lone.items() if count > 0]
    mixed = "; line ends inside of quoted cells stay as they are" if len(found) > 1 else ""
    report.info("line-ends", f"{name} has the line ends {' and '.join(found)}{mixed}")


class _Transcoded(io.RawIOBase):
    """A binary stream in UTF-8 of one in another encoding."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready = b""
        self._begun = False
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        while not self._ready and not self._ended:
            raw = self._stream.read(BUFFER_BYTES)
            self._ended = not raw
            text = self._decoder.decode(raw, self._ended)
            if text and not self._begun:
                text = text.removeprefix("\ufeff")
                self._begun = True
            self._ready = text.encode()
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()
