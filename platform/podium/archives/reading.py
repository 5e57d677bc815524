"""Read an archive into this site: the same event with the same boards, under new ids."""

import csv
import hashlib
import io
import json
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.archives.tables import TABLES, Table
from podium.archives.writing import FORMAT, MANIFEST, PEOPLE, board_csv, board_of, boards_of
from podium.audit.actions import record
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.catalog import public_zip
from podium.catalog.actions.profiles import request_profile
from podium.catalog.actions.versions import drop_files
from podium.catalog.models import DatasetVersion, Solution
from podium.challenges.models import Challenge, Organizer, Role
from podium.files import Json
from podium.refusals import Refused
from podium.standings.document import BoardTable
from podium.standings.history import ranked_at
from podium.standings.models import BoardDocument, Revision
from podium.submissions.models import Evaluation, Submission
from podium.teams.departure import FORMER
from podium.teams.models import Team
from podium.uploads.receiving import Receiver
from podium.writeups.models import Attachment

_BLOCK = 1 << 20
_BATCH = 500
_NO_REASON = "Not said in the public archive."


class BadArchive(Refused):
    """The file cannot be read as an archive; the message says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_archive", message)


@dataclass(frozen=True)
class Imported:
    """An imported event, how many boards it has, and those that differ from the archive's."""

    challenge: Challenge
    boards: int
    different: list[str]


@dataclass
class _Import:
    """An import on its way: the open archive, and the new id of each row by model and old id."""

    file: zipfile.ZipFile
    manifest: Json
    folder: str = field(default_factory=lambda: f"archived/{uuid.uuid4().hex}")
    ids: dict[type[models.Model], dict[int, int]] = field(default_factory=dict)
    later: list[tuple[models.Model, dict[str, Any]]] = field(default_factory=list)
    stored: list[tuple[DatasetVersion, list[str]]] = field(default_factory=list)

    def lines(self, name: str) -> Iterator[tuple[int, Json]]:
        """Yield the numbered objects of a part, none if the archive lacks it."""
        if name not in self.manifest["files"]:
            return
        with self.file.open(name) as part:
            for number, line in enumerate(part, start=1):
                try:
                    yield number, dict(json.loads(line))
                except (ValueError, TypeError) as error:
                    raise BadArchive(f"{name}, line {number} is damaged: {error}") from error

    def blocks(self, name: str) -> Iterator[bytes]:
        with self.file.open(name) as part:
            while block := part.read(_BLOCK):
                yield block


def read(
    source: Path,
    *,
    owner: User,
    slug: str = "",
    folder: str = "",
    confirm: Callable[[Challenge], object] = lambda _: None,
) -> Imported:
    """Import an archive as a challenge that this person owns. Raises Refused; then nothing stays.

    Nobody gets an account by it: people in it become accounts without a way to sign in and without
    an address, which their own accounts on this site are not linked with. Files of submissions go
    to `folder` in the private storage, by default a new one. `confirm` is called in the transaction
    of the import: what it raises undoes it all.
    """
    try:
        with zipfile.ZipFile(source) as file:
            archive = _Import(file, _checked(file))
            archive.folder = folder or archive.folder
            try:
                return _imported(archive, owner, slug, confirm)
            except BaseException:
                files.delete_folder(files.private(), archive.folder)
                for version, solutions in archive.stored:
                    drop_files(version, solutions)
                raise
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise BadArchive(f"{source.name} cannot be read as an archive: {error}") from error


def _checked(file: zipfile.ZipFile) -> Json:
    """Return the manifest of an archive whose parts are as it says."""
    try:
        manifest: Json = json.loads(file.read(MANIFEST))
        parts = {str(name): (of["sha256"], of["bytes"]) for name, of in manifest["files"].items()}
        made_by = manifest["format"]
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadArchive(f"This file has no {MANIFEST}. Choose an archive of an event.") from error
    if made_by != FORMAT:
        raise BadArchive(f"This archive is {made_by}; this site reads {FORMAT}. Update it first.")
    names = [entry.filename for entry in file.infolist() if entry.filename != MANIFEST]
    if sorted(names) != sorted(parts):
        raise BadArchive("The archive lacks parts or has others. Copy it again from its source.")
    for entry in file.infolist():
        if entry.filename == MANIFEST:
            continue
        expected, size = parts[entry.filename]
        if entry.file_size != size or _sha256(file, entry) != expected:
            raise BadArchive(f"{entry.filename} is damaged. Copy the archive again.")
    return manifest


def _sha256(file: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    with file.open(entry) as part:
        digest = hashlib.sha256()
        while block := part.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _imported(
    archive: _Import, owner: User, slug: str, confirm: Callable[[Challenge], object]
) -> Imported:
    _refuse_taken(archive, slug)
    with transaction.atomic():
        _read_people(archive)
        for table in TABLES:
            try:
                _read_table(archive, table, slug)
            except (DatabaseError, ValidationError, ValueError, TypeError, KeyError) as error:
                raise BadArchive(
                    f"The rows of {table.name} do not fit: {error}. Ask for a new archive."
                ) from error
        _link(archive)
        for version, _ in archive.stored:
            request_profile(version)
        challenge = Challenge.objects.get(pk=next(iter(archive.ids[Challenge].values())))
        Organizer.objects.create(challenge=challenge, user=owner, role=Role.OWNER)
        _write_documents(challenge)
        record(
            Verb.IMPORTED_ARCHIVE,
            subject=challenge,
            by=owner,
            challenge=challenge.slug,
            edition=str(archive.manifest["edition"]),
            made_at=str(archive.manifest["made_at"]),
        )
        confirm(challenge)
    return _compared(archive, challenge)


def _refuse_taken(archive: _Import, slug: str) -> None:
    for _, row in archive.lines("tables/challenge.jsonl"):
        name = slug or str(row.get("slug"))
        if Challenge.objects.filter(slug=name).exists():
            raise BadArchive(f"A challenge has the address {name} already. Give another one.")
        if not row.get("revealed_at"):
            raise BadArchive("The event in this archive is not over. Choose another archive.")
        return
    raise BadArchive("The archive has no challenge in it. Choose an archive of an event.")


def _read_people(archive: _Import) -> None:
    """Make a row for each person whom others point to: an account that nobody can sign in to."""
    known = archive.ids.setdefault(User, {})
    for _, person in archive.lines(PEOPLE):
        user = User(
            name=str(person.get("name") or FORMER)[:80],
            email=f"archived-{uuid.uuid4().hex}@podium.invalid",
            is_active=False,
        )
        user.set_unusable_password()
        user.save()
        known[int(person["id"])] = user.pk


def _read_table(archive: _Import, table: Table, slug: str) -> None:
    rows: list[tuple[int, models.Model, dict[str, Any]]] = []
    for number, values in archive.lines(f"tables/{table.name}.jsonl"):
        if table.model is DatasetVersion and (found := _known_version(archive, values)):
            archive.ids.setdefault(DatasetVersion, {})[values["id"]] = found.pk
            continue
        if table.model is Solution and (same := _known_solution(archive, values)):
            archive.ids.setdefault(Solution, {})[values["id"]] = same.pk
            continue
        try:
            row, later = _row(archive, table, values)
        except (ValidationError, ValueError, TypeError, KeyError) as error:
            raise BadArchive(
                f"tables/{table.name}.jsonl, line {number} does not fit: {error}. "
                "Ask for a new archive."
            ) from error
        _adapt(archive, row, values, slug)
        rows.append((values["id"], row, later))
    _create(archive, table, rows)


def _row(archive: _Import, table: Table, values: Json) -> tuple[models.Model, dict[str, Any]]:
    """Return an unsaved row, and the values to set once all rows of the archive are there."""
    row, later = table.model(), {}
    for each in table.fields(is_public=False):
        if each.name not in values:
            continue
        value = values[each.name]
        if each.name == table.file:
            continue  # `_adapt` stores the file and names it
        is_link = each.related_model is not None and value is not None
        if not is_link and not isinstance(each, models.JSONField):
            value = each.to_python(value)
        if each.name in table.later:
            later[each.attname] = value
            continue
        setattr(row, each.attname, _new_id(archive, each, value) if is_link else value)
    return row, later


def _new_id(archive: _Import, each: "models.Field[Any, Any]", value: int) -> int | None:
    new = archive.ids.get(each.related_model, {}).get(value)  # type: ignore[arg-type]
    if new is None and not each.null:
        raise ValueError(f"{each.name} {value} is not in the archive")
    return new


def _adapt(archive: _Import, row: models.Model, values: Json, slug: str) -> None:
    """Change in a row what names this site's address, ids or files."""
    if isinstance(row, Challenge):
        row.slug = slug or row.slug
        row.archived_at = row.archived_at or timezone.now()
    elif isinstance(row, Team) and row.disqualified_at and not row.disqualified_reason:
        row.disqualified_reason = _NO_REASON
    elif isinstance(row, Revision):
        row.study = _study(archive.ids.get(Team, {}), row.study)
    elif isinstance(row, Event):
        row.challenge = slug or row.challenge
        row.actor = row.actor or "organizers"
        row.actor_id = archive.ids[User].get(values.get("actor_id") or 0)
        row.subject = _subject(archive, row.subject)
    elif isinstance(row, DatasetVersion):
        _store_version(archive, row)
    elif isinstance(row, Solution):
        _store_solution(archive, row, str(values.get("file") or ""))
    elif isinstance(row, Submission | Evaluation | Attachment):
        field_name = "rows" if isinstance(row, Evaluation) else "file"
        if member := str(values.get(field_name) or ""):
            is_compressible = isinstance(row, Submission)
            stored = _store_file(archive, member, is_compressible=is_compressible)
            setattr(row, field_name, stored)


def _study(teams: dict[int, int], study: Json) -> Json:
    """Return a board's study by the teams' ids of this site."""
    changed: Json = dict(study)
    if rows := study.get("rows"):
        changed["rows"] = {str(teams[int(team)]): of for team, of in rows.items()}
    if brackets := study.get("brackets"):
        changed["brackets"] = [[str(teams[int(end)]) for end in ends] for ends in brackets]
    if keys := study.get("friedman", {}).get("keys"):
        renamed = [str(teams[int(team)]) for team in keys]
        changed["friedman"] = {**study["friedman"], "keys": renamed}
    return changed


def _subject(archive: _Import, subject: str) -> str:
    """Return the subject of an event by the ids of this site."""
    name, _, pk = subject.partition(":")
    for table in TABLES:
        if table.name == name and pk.isdecimal():
            return f"{name}:{archive.ids.get(table.model, {}).get(int(pk), 0)}"
    return subject


def _create(
    archive: _Import, table: Table, rows: list[tuple[int, models.Model, dict[str, Any]]]
) -> None:
    """Save rows in the order of their ids, so that the order of the new ids is the same."""
    made = [row for _, row, _ in rows]
    automatic = [
        each
        for each in table.model._meta.concrete_fields
        if getattr(each, "auto_now_add", False) or getattr(each, "auto_now", False)
    ]
    kept = [[getattr(row, each.attname) for each in automatic] for row in made]
    manager = table.model._base_manager
    manager.bulk_create(made, batch_size=_BATCH)
    new = archive.ids.setdefault(table.model, {})
    new |= {old: row.pk for (old, _, _), row in zip(rows, made, strict=True)}
    for row, times in zip(made, kept, strict=True):
        for each, at in zip(automatic, times, strict=True):
            setattr(row, each.attname, at)
    if automatic:
        manager.bulk_update(made, [each.name for each in automatic], batch_size=_BATCH)
    archive.later += [(row, later) for _, row, later in rows if any(later.values())]


def _link(archive: _Import) -> None:
    """Set the foreign keys to rows that came after their own, and what goes with them."""
    for row, later in archive.later:
        for each in row._meta.concrete_fields:
            if each.attname in later:
                value = later[each.attname]
                value = _new_id(archive, each, value) if each.related_model else value
                setattr(row, each.attname, value)
        row.save(update_fields=list(later))


def _known_version(archive: _Import, values: Json) -> DatasetVersion | None:
    """Return this site's version if it has the same content. Raises BadArchive if it has another.

    Raises it too if this site has none and the archive does not have the files.
    """
    name, number = str(values["name"]), int(values["number"])
    found = DatasetVersion.objects.filter(name=name, number=number).first()
    if found and found.content_hash != values["content_hash"]:
        raise BadArchive(f"This site has another {name} {number}. Choose another site.")
    if not found and f"datasets/{name}/{number}/dataset.json" not in archive.manifest["files"]:
        raise BadArchive(f"The archive lacks the files of {name} {number}. Import that data first.")
    return found


def _known_solution(archive: _Import, values: Json) -> Solution | None:
    """Return this site's solution with the same labels. Raises BadArchive if it has others."""
    version = archive.ids[DatasetVersion].get(values["dataset_version"])
    found = Solution.objects.filter(dataset_version=version, number=values["number"]).first()
    if found and found.sha256 != values["sha256"]:
        raise BadArchive(f"This site has another {found}. Choose another site.")
    return found


def _store_version(archive: _Import, version: DatasetVersion) -> None:
    """Store the public files of a version that is new to this site."""
    version.full_clean(exclude=["created_by", "facts"], validate_constraints=False)
    prefix = f"{version.folder}/"
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as scratch:
        for name in archive.manifest["files"]:
            if not name.startswith(prefix):
                continue
            inside = PurePosixPath(name.removeprefix(prefix))
            if ".." in inside.parts or inside.is_absolute():
                raise BadArchive(f"{name} cannot be the name of a file. Ask for a new archive.")
            path = Path(scratch, inside)
            path.parent.mkdir(parents=True, exist_ok=True)
            _copy(archive, name, path)
        archive.stored.append((version, []))
        files.put_folder(files.public(), str(version.folder), Path(scratch))
        public_zip.store(version, version.facts, Path(scratch))


def _store_solution(archive: _Import, solution: Solution, member: str) -> None:
    if not member:
        solution.file = ""
        return
    version = DatasetVersion.objects.get(pk=solution.dataset_version_id)
    solution.file = f"{version.solutions_folder}/{int(solution.number)}.parquet"
    archive.stored.append((version, [solution.file]))
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as scratch:
        _copy(archive, member, Path(scratch.name))
        files.put(files.private(), solution.file, Path(scratch.name))


def _store_file(archive: _Import, member: str, *, is_compressible: bool) -> str:
    """Store a part in the private storage in the form that uploads have; return its name there."""
    receiver = Receiver(is_dense=not is_compressible)
    for block in archive.blocks(member):
        receiver.write(block)
    upload = receiver.finish(PurePosixPath(member).name)
    name = upload.stored_name(f"{archive.folder}/{member}")
    files.put(files.private(), name, upload.path)
    return name


def _copy(archive: _Import, member: str, target: Path) -> None:
    with target.open("wb") as copy:
        for block in archive.blocks(member):
            copy.write(block)


def _write_documents(challenge: Challenge) -> None:
    """Write the document of the present state of each board, from its rows."""
    for _, subject, part in boards_of(challenge):
        board = board_of(subject, part)
        revision = Revision.objects.get(board=board, number=board.revision)
        table = BoardTable.of(ranked_at(board, subject, None))
        BoardDocument.objects.create(revision=revision, data=table.encode())


def _compared(archive: _Import, challenge: Challenge) -> Imported:
    """Return the event with the names of the boards that are not as in the archive."""
    names, different = 0, []
    for name, subject, part in boards_of(challenge):
        names += 1
        theirs = b"".join(archive.blocks(f"boards/{name}.csv"))
        if not is_same_board(board_csv(subject, part), theirs):
            different.append(name)
    return Imported(challenge, names, different)


def is_same_board(ours: bytes, theirs: bytes) -> bool:
    """Return whether a board has the rows of an archive's, in all columns that this one has.

    Columns that boards did not have when the archive was written are not compared.
    """
    if ours == theirs:
        return True
    wanted = list(csv.DictReader(io.StringIO(theirs.decode("utf-8"), newline="")))
    found = csv.DictReader(io.StringIO(ours.decode("utf-8"), newline=""))
    if not wanted or not set(wanted[0]) <= set(found.fieldnames or ()):
        return False
    return [{name: row[name] for name in wanted[0]} for row in found] == wanted
