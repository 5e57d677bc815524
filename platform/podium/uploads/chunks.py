"""Files that arrive in chunks, so that an interrupted upload resumes where it stopped.

A chunk is an object of its own in the private storage, named by its offset and length: any storage
can hold it, and an interrupted chunk leaves nothing behind that counts. The file's row says how
much has arrived, and so which chunks count.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Protocol

import structlog
from django.db import transaction
from django.db.models import F

from podium import files
from podium.refusals import Refused
from podium.uploads import compression
from podium.uploads.models import ChunkedFile
from podium.uploads.receiving import NO_ROOM, Receiver

log = structlog.get_logger(__name__)
_BLOCK = 1 << 20


class Stream(Protocol):
    """A source of bytes: an open file or a request."""

    def read(self, size: int, /) -> bytes: ...


class WrongOffset(Refused):
    """A chunk does not begin where the file ends so far; `received` says where that is."""

    def __init__(self, received: int) -> None:
        super().__init__(
            "offset", f"The file has arrived up to byte {received:,}. Go on from there."
        )
        self.received = received


def append(
    file: ChunkedFile,
    *,
    offset: int,
    stream: Stream,
    guard: Callable[[], None],
    most: int | None = None,
    values: Mapping[str, object] | None = None,
    then: Callable[[], None] | None = None,
) -> None:
    """Store what `stream` has as the file's chunk from `offset` on, and refresh the row.

    An empty chunk changes nothing. `guard` raises Refused if the file is complete; it is called
    before and after the chunk arrives. `values` are set on the row, and `then` is called, in the
    transaction that counts the chunk. Raises WrongOffset and Refused; then nothing of it counts.
    """
    guard()
    _refuse_offset(file, offset)
    receiver = Receiver(is_dense=compression.is_dense_name(file.name))
    with closing(receiver):
        _copy(stream, receiver, left=file.size - offset, most=most)
        if not receiver.size:
            return
        guard()
        _refuse_offset(file, offset)  # another sender was quicker; its chunk must stay as it is
        _store(file, offset, receiver)
    rows = type(file)._default_manager.filter(pk=file.pk, received=offset)
    with transaction.atomic():
        # Of two senders of the same chunk one wins; the other's leads nowhere.
        changed = rows.update(received=F("received") + receiver.size, **(values or {}))
        if changed:
            file.refresh_from_db()
            if then:
                then()
    if not changed:
        raise WrongOffset(received(file))


def received(file: ChunkedFile) -> int:
    """Return how much has arrived by now. Raises Refused if the file was removed."""
    rows = type(file)._default_manager.filter(pk=file.pk)
    found = rows.values_list("received", flat=True).first()
    if found is None:
        files.delete_folder(files.private(), file.folder)
        raise Refused("gone", f"The upload of `{file.name}` was removed. Begin it again.")
    return int(found)


def blocks(file: ChunkedFile) -> Iterator[bytes]:
    """Yield a file that has arrived in full, as sent, block by block.

    Raises FileNotFoundError if chunks are gone from the storage.
    """
    storage, folder = files.private(), file.folder
    names = _leading_on(storage.listdir(folder)[1], file.size)
    offset = 0
    while name := names.pop(offset, ""):
        with closing(compression.as_sent(storage.open(f"{folder}/{name}"), name)) as chunk:
            while block := chunk.read(_BLOCK):
                offset += len(block)
                yield block
    if offset != file.size:
        raise FileNotFoundError(f"chunks of {folder} are gone from the storage")


def _refuse_offset(file: ChunkedFile, offset: int) -> None:
    if offset != (so_far := received(file)):
        raise WrongOffset(so_far)


def _copy(stream: Stream, receiver: Receiver, *, left: int, most: int | None) -> None:
    """Receive the stream to its end. Raises Refused if it has more bytes than may come."""
    room = left if most is None else min(left, most)
    while block := stream.read(_BLOCK):
        if receiver.size + len(block) > room:
            if room == left:
                raise Refused(
                    "too_long", "The file has more bytes than was announced. Begin it again."
                )
            raise Refused(
                "chunk_too_large", f"A chunk has up to {room:,} bytes. Send smaller ones."
            )
        try:
            receiver.write(block)
        except OSError as error:
            log.exception("chunk not received")
            raise Refused("no_room", NO_ROOM) from error


def _store(file: ChunkedFile, offset: int, receiver: Receiver) -> None:
    chunk = receiver.finish(file.name)
    name = chunk.stored_name(f"{file.folder}/{offset:020d}-{chunk.size}")
    try:
        files.put(files.private(), name, chunk.path)
    except FileExistsError as error:
        raise WrongOffset(offset) from error
    except OSError as error:
        log.exception("chunk not stored")
        raise Refused("no_room", NO_ROOM) from error


def _leading_on(names: list[str], size: int) -> dict[int, str]:
    """Return by their offsets the chunks that end where another begins or the file does."""
    chunks = {name: _span(name) for name in names}
    begins = {begin for begin, _ in chunks.values()} | {size}
    return {begin: name for name, (begin, end) in chunks.items() if end in begins}


def _span(name: str) -> tuple[int, int]:
    offset, length = name.removesuffix(compression.SUFFIX).split("-")
    return int(offset), int(offset) + int(length)
