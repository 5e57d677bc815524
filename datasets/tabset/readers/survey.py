"""What the bytes of a text file say about it before it is parsed: encoding, line ends, escapes."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tabset.errors import DatasetError
from tabset.readers.files import RawFile

CHUNK_BYTES = 1 << 18  # so that a chunk stays in the processor's cache
UTF8 = "utf-8"
_BOMS = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Sequences of bytes that only UTF-8 is likely to have. A capital letter followed by a curly quote,
# an ellipsis, a dash or a no-break space is left out: it is as likely in Windows-1252.
_ONLY_UTF8 = re.compile(
    rb"[\xc2\xc3][\x80-\xbf]|[\xc4-\xdf][\x80-\x84\x86-\x90\x95\x98-\x9f\xa1-\xba\xbc-\xbf]"
    rb"|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_NOT_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_ESCAPES_NOTHING = re.compile(rb'(?<!\\)(?:\\\\)*\\(?!["\\])')
_ESCAPED_QUOTE = re.compile(rb'(?:^|[,;|\t\r\n])"[^"]*\\("[^",;|\t\r\n])', re.MULTILINE)
_DOUBLED_AFTER_BACKSLASH = re.compile(rb'\\""[^,;|\t\r\n]')


@dataclass
class Survey:
    """Facts about the bytes of a text file; offsets count bytes from 0, after decompression.

    `encoding` is what to decode with; `invalid` is the offset of the first byte that is not UTF-8
    (-1: none), `mixed` the offset of a character that only UTF-8 has in a file that is not UTF-8.
    `escaped_quote` is the offset of a quote after a backslash that can only be an escaped one.
    """

    size: int = 0
    bom: bytes = b""
    encoding: str = UTF8
    invalid: int = -1
    mixed: int = -1
    ends_with_line: bool = False
    has_nul: bool = False
    crlf: int = 0
    carriage_returns: int = 0
    line_feeds: int = 0
    quotes: int = 0
    quotes_after_backslash: int = 0
    escaped_quote: int = -1
    bare_backslash: bool = False
    doubled_after_backslash: bool = False

    @property
    def is_ascii_compatible(self) -> bool:
        """Whether a comma is the byte of a comma."""
        return not self.encoding.startswith(("utf-16", "utf-32"))


def survey(file: RawFile, encoding: str = "") -> Survey:
    """The facts about a whole text file, in one pass (two if it is not UTF-8).

    `encoding` is the one to use whatever the content says. Raises `DatasetError` if it is not
    known, or if the file has a byte that it does not allow.
    """
    facts = Survey()
    _look_for_bom(file, facts)
    if encoding:
        facts.encoding = _codec_name(encoding)
        facts.bom = facts.bom if facts.encoding == UTF8 else b""
    decoder = codecs.getincrementaldecoder(facts.encoding)()
    for chunk in _chunks(file):
        if facts.invalid < 0:
            _decode(decoder, chunk, facts)
        _count(chunk, facts)
        facts.size += len(chunk)
        facts.ends_with_line = chunk.endswith((b"\n", b"\r"))
    if facts.invalid < 0:
        _decode(decoder, b"", facts, final=True)
    if facts.invalid >= 0:
        _take_another_encoding(file, facts, encoding)
    return facts


def _look_for_bom(file: RawFile, facts: Survey) -> None:
    for bom, encoding in _BOMS:
        if file.head.startswith(bom):
            facts.bom, facts.encoding = bom, encoding
            return


def _codec_name(encoding: str) -> str:
    """The name under which Python knows an encoding of texts."""
    try:
        "".encode(encoding)
        return codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        raise DatasetError(
            f"the encoding {encoding!r} is not known; try utf-8, cp1252 or utf-16"
        ) from error


def _chunks(file: RawFile) -> Iterator[bytes]:
    """The bytes in pieces that end with a line where lines are not longer than a piece."""
    with file.open() as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk + stream.readline(CHUNK_BYTES)


def _decode(
    decoder: codecs.IncrementalDecoder, chunk: bytes, facts: Survey, *, final: bool = False
) -> None:
    pending = decoder.getstate()[0]
    if facts.encoding == UTF8 and not pending and chunk.isascii():
        return
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        facts.invalid = facts.size - len(pending) + error.start


def _count(chunk: bytes, facts: Survey) -> None:
    facts.has_nul = facts.has_nul or b"\0" in chunk
    facts.quotes += chunk.count(b'"')
    if b"\r" in chunk:
        facts.crlf += chunk.count(b"\r\n")
        facts.carriage_returns += chunk.count(b"\r")
        facts.line_feeds += chunk.count(b"\n")
    elif not facts.line_feeds and b"\n" in chunk:
        facts.line_feeds += 1
    if b"\\" in chunk:
        _count_escapes(chunk, facts)


def _count_escapes(chunk: bytes, facts: Survey) -> None:
    facts.bare_backslash = facts.bare_backslash or bool(_ESCAPES_NOTHING.search(chunk))
    escapes = chunk.count(b'\\"')
    if not escapes:
        return
    facts.quotes_after_backslash += escapes
    facts.doubled_after_backslash |= bool(_DOUBLED_AFTER_BACKSLASH.search(chunk))
    if facts.escaped_quote < 0 and (found := _ESCAPED_QUOTE.search(chunk)):
        facts.escaped_quote = facts.size + found.start(1)


def _take_another_encoding(file: RawFile, facts: Survey, forced: str) -> None:
    if forced or not facts.is_ascii_compatible:
        raise DatasetError(
            f"{file.path.name} is not {facts.encoding}: byte {facts.invalid} does not fit; "
            "save it as UTF-8, or name the right encoding"
        )
    facts.encoding = "cp1252"
    place = 0
    for chunk in _chunks(file):
        if facts.mixed < 0 and (found := _ONLY_UTF8.search(chunk)):
            facts.mixed = place + found.start()
        if _NOT_IN_CP1252.search(chunk):
            facts.encoding = "latin-1"
        place += len(chunk)
