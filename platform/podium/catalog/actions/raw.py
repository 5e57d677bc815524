"""Receiving raw files in chunks; an upload that broke off goes on where it stopped."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Sum

from podium import files
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog.actions.imports import CannotImport
from podium.catalog.models import Import, ImportState, RawFile, VersionState
from podium.uploads import chunks

MAX_FILES = 2_000
_OPEN = (ImportState.UPLOADING, ImportState.DRAFTED, ImportState.FAILED)
_FORBIDDEN = set('<>:"|?*\\') | {chr(code) for code in range(32)} | {"\x7f"}


def add_raw_file(
    *,
    source: Import,
    name: str,
    size: int,
    offset: int,
    stream: chunks.Stream,
    by: User | None = None,
) -> RawFile:
    """Return the raw file after one more chunk of it: what `stream` has, from `offset` on.

    `size` is that of the whole file in bytes. The first chunk begins the file; a later one must
    begin where the file ends so far, or WrongOffset says where that is. Raises Refused, and then
    nothing of the chunk counts.
    """
    file = _begin(source, name, size)

    def then() -> None:
        if file.is_complete:
            record(Verb.UPLOADED_RAW_FILE, subject=source, by=by, file=name, bytes=size)

    chunks.append(
        file, offset=offset, stream=stream, guard=lambda: _refuse_closed(source), then=then
    )
    return file


def find_raw_file(*, source: Import, name: str) -> RawFile | None:
    """Return the raw file of that name, arrived in full or not; None if there is none."""
    if "\0" in name:  # about which not every database can be asked
        return None
    return RawFile.objects.filter(source=source, name=name).first()


def remove_raw_file(*, source: Import, name: str, by: User | None = None) -> None:
    """Delete a raw file, arrived in full or not. Raises CannotImport."""
    _refuse_closed(source)
    file = find_raw_file(source=source, name=name)
    if file is None:
        raise CannotImport(f"There is no raw file {name[:200]!r} here.")
    folder = file.folder
    with transaction.atomic():
        file.delete()
        record(Verb.REMOVED_RAW_FILE, subject=source, by=by, file=name)
    files.delete_folder(files.private(), folder)


def collect(file: RawFile, target: Path, tick: Callable[[], None]) -> None:
    """Write a raw file that has arrived in full to `target`, which must not exist.

    `tick` is called now and then; what it raises ends the copying.
    """
    with target.open("xb") as copy:
        for block in chunks.blocks(file):
            tick()
            copy.write(block)


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
    """Return the row of the file, made if this is its first chunk. Raises CannotImport."""
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
    """Raise CannotImport if the file clashes with those in its folder.

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
