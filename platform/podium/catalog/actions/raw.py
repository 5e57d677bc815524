"""Receiving raw files: piece by piece; an upload that broke off goes on where it stopped."""

import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Sum

from podium import files, pieces
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog.actions.imports import CannotImport
from podium.catalog.models import Import, ImportState, RawFile, VersionState

MAX_FILES = 2_000
_OPEN = (ImportState.UPLOADING, ImportState.DRAFTED, ImportState.FAILED)
_FORBIDDEN = set('<>:"|?*\\') | {chr(code) for code in range(32)} | {"\x7f"}


class WrongOffset(CannotImport):
    """A piece does not begin where the file stops so far; `received` says where that is."""

    def __init__(self, name: str, received: int) -> None:
        super().__init__(f"`{name}` has arrived up to byte {received:,}. Go on from there.")
        self.received = received


def add_raw_file(
    *, source: Import, name: str, size: int, offset: int, stream: pieces.Stream, by: Any = None
) -> RawFile:
    """Return the raw file after one more piece of it: what `stream` has, from `offset` on.

    `size` is that of the whole file in bytes. The first piece begins the file; a later piece must
    begin where the file stops so far, or WrongOffset tells where that is. A file that has arrived
    in full starts over with a first piece once it was removed. Raises CannotImport, and then
    nothing of the piece is kept.
    """
    file = _begin(source, name, size)
    if offset != file.received:
        raise WrongOffset(name, file.received)
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as target:
        length = _copy(stream, target, name, size - offset)
        if length:
            _refuse_closed(source)
            _keep_piece(file, offset, length, Path(target.name))
    with transaction.atomic():
        # Of two senders of the same place one wins; the other's piece leads nowhere.
        changed = RawFile.objects.filter(pk=file.pk, received=offset).update(
            received=F("received") + length
        )
        file.refresh_from_db()
        if not changed:
            raise WrongOffset(name, file.received)
        if file.is_complete:
            record(Verb.UPLOADED_RAW_FILE, subject=source, by=by, file=name, bytes=size)
    return file


def find_raw_file(*, source: Import, name: str) -> RawFile | None:
    """Return the raw file of that name, arrived in full or not; None if there is none."""
    if "\0" in name:  # about which not every database can be asked
        return None
    return RawFile.objects.filter(source=source, name=name).first()


def remove_raw_file(*, source: Import, name: str, by: Any = None) -> None:
    """Delete a raw file, arrived in full or not. Raises CannotImport."""
    _refuse_closed(source)
    file = find_raw_file(source=source, name=name)
    if file is None:
        raise CannotImport(f"There is no raw file {name[:200]!r} here.")
    folder = str(file.folder)
    with transaction.atomic():
        file.delete()
        record(Verb.REMOVED_RAW_FILE, subject=source, by=by, file=name)
    files.delete_folder(files.private(), folder)


def collect(file: RawFile, target: Path, tick: Callable[[], None]) -> None:
    """Write a raw file that has arrived in full to `target`, which must not exist."""
    pieces.collect(str(file.folder), file.size, target, tick)


def _keep_piece(file: RawFile, offset: int, length: int, piece: Path) -> None:
    """Store a piece. Raises WrongOffset if another sender stores or has stored this place."""
    received = RawFile.objects.filter(pk=file.pk).values_list("received", flat=True).first()
    if received is None:
        raise CannotImport(f"`{file.name}` was removed in the same moment. Upload it again.")
    if received != offset:
        raise WrongOffset(file.name, received)
    try:
        pieces.keep(str(file.folder), offset, length, piece)
    except FileExistsError as error:
        raise WrongOffset(file.name, offset) from error


def safe_name(name: str) -> str:
    """Return the name if a file can safely have it. Raises CannotImport.

    It may contain folders, separated by `/`.
    """
    parts = name.split("/")
    ok = (
        0 < len(name) <= 200
        and name.isprintable()
        and not _FORBIDDEN & set(name)
        and all(part.strip(" .") and not part.startswith("-") for part in parts)
        and all(len(part.encode()) <= 255 for part in parts)
    )
    if not ok:
        raise CannotImport(
            f"{name[:200]!r} cannot be a file's name here. Use letters, digits, spaces and .-_, at "
            "most 200 of them."
        )
    return name


def _begin(source: Import, name: str, size: int) -> RawFile:
    """Return the row of the file, made if this is its first piece. Raises CannotImport."""
    safe_name(name)
    _refuse_closed(source)
    with transaction.atomic():
        # Two files that begin at once must not both take the last room.
        Import.objects.select_for_update().get(pk=source.pk)
        file = RawFile.objects.filter(source=source, name=name).first()
        if file is None:
            _refuse_room(source, name, size)
            _refuse_clash(source, name)
            try:
                file = RawFile.objects.create(source=source, name=name, size=size)
            except IntegrityError as error:
                raise CannotImport(f"`{name}` was begun twice in the same moment.") from error
    if file.size != size:
        raise CannotImport(
            f"`{name}` was begun with {file.size:,} bytes, and now is said to have {size:,}. "
            "Remove it and upload it again."
        )
    return file


def _refuse_room(source: Import, name: str, size: int) -> None:
    rows = RawFile.objects.filter(source=source)
    if size <= 0:
        raise CannotImport(f"`{name}` is empty.")
    taken = rows.aggregate(total=Sum("size"))["total"] or 0
    limit = settings.DATASET_UPLOAD_BYTES
    if taken + size > limit:
        raise CannotImport(
            f"`{name}` has {size:,} bytes; together with the other files that is more than the "
            f"{limit:,} bytes that one import may take. Compress it, or write it as Parquet."
        )
    if rows.count() >= MAX_FILES:
        raise CannotImport(f"An import takes up to {MAX_FILES:,} files. Upload one zip instead.")


def _refuse_clash(source: Import, name: str) -> None:
    """Raise CannotImport if the file could not lie in one folder with those that are there.

    A zip becomes a folder of its name; a file of that name, or in it, would be in its way.
    """
    own = _place(name)
    for other in source.raw_files.values_list("name", flat=True):
        place = _place(other)
        if own == place or own in place.parents or place in own.parents:
            raise CannotImport(
                f"`{name}` and `{other}` clash: one of them is a folder, or will be one "
                "when the zip is unpacked, in the place of the other. Rename one of them."
            )


def _place(name: str) -> PurePosixPath:
    """Return where a raw file will lie, without regard to case, as on other systems."""
    return PurePosixPath(name.casefold().removesuffix(".zip"))


def _refuse_closed(source: Import) -> None:
    is_open = Import.objects.filter(
        pk=source.pk, state__in=_OPEN, version__state=VersionState.DRAFT
    )
    if not is_open.exists():
        raise CannotImport("Raw files cannot be changed now. Wait for the work to end.")


def _copy(stream: pieces.Stream, target: IO[bytes], name: str, room: int) -> int:
    """Copy the stream to its end and return the bytes; CannotImport if there are more than room."""
    try:
        return pieces.copy(stream, target, room)
    except pieces.TooLong as error:
        raise CannotImport(
            f"`{name}` has more bytes than was announced. Upload it again."
        ) from error
