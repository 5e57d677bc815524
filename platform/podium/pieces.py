"""Files that arrive in pieces, so that an upload that broke off goes on where it stopped.

A piece is an object of its own in the private storage, named by where it begins and how long it
is: any storage can keep it, and a piece that broke off leaves nothing behind that counts. Which
pieces count is the business of the row that says how much has arrived.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol

from podium import files

_BLOCK = 1 << 20


class Stream(Protocol):
    """What bytes are read from: an open file or a request."""

    def read(self, size: int, /) -> bytes: ...


class TooLong(Exception):
    """A stream has more bytes than there is room for."""


def copy(stream: Stream, target: IO[bytes], room: int) -> int:
    """Copy the stream to its end and return its bytes. Raises TooLong if it has more than room."""
    length = 0
    while block := stream.read(_BLOCK):
        length += len(block)
        if length > room:
            raise TooLong
        target.write(block)
    target.flush()
    return length


def keep(folder: str, offset: int, length: int, piece: Path) -> str:
    """Store a piece and return its name. Raises FileExistsError if another is stored just now."""
    name = f"{folder}/{_name(offset, length)}"
    files.put(files.private(), name, piece)
    return name


def collect(folder: str, size: int, target: Path, tick: Callable[[], None] | None = None) -> None:
    """Write a file that has arrived in full to `target`, which must be empty or not exist.

    Raises FileNotFoundError if pieces are gone from the storage.
    """
    storage = files.private()
    pieces = [piece.split("-") for piece in storage.listdir(folder)[1]]
    lengths = {int(offset): int(length) for offset, length in _leading_on(pieces, size)}
    target.touch()
    while length := lengths.pop(target.stat().st_size, 0):
        begin = target.stat().st_size
        files.fetch(storage, f"{folder}/{_name(begin, length)}", target, tick)
    if target.stat().st_size != size:
        raise FileNotFoundError(f"pieces of {folder} are gone from the storage")


def _leading_on(pieces: list[list[str]], size: int) -> Iterator[tuple[str, str]]:
    """Yield the pieces, as offset and length, that end where another begins or the file does."""
    begins = {int(offset) for offset, _ in pieces} | {size}
    for offset, length in pieces:
        if int(offset) + int(length) in begins:
            yield offset, length


def _name(offset: int, length: int) -> str:
    return f"{offset:020d}-{length}"
