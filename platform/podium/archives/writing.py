"""Write an event as one archive: rows, files, boards, and a manifest with the hash of each part."""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, Any

from django.db import models
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.analysis.bundles import ANYBODY, NoBoard, NotYet, bundle
from podium.archives.models import Edition
from podium.archives.tables import TABLES, Table, consenting, written
from podium.archives.words import citation, readme
from podium.boards import export
from podium.catalog.models import Access, DatasetVersion, Solution
from podium.challenges.export import definition_text
from podium.challenges.models import Challenge, Task, Track
from podium.discussions.models import Answer, Question
from podium.files import Json
from podium.refusals import Refused
from podium.standings.models import Board, Revision
from podium.standings.visible import visible_board
from podium.submissions import originals
from podium.submissions.models import Evaluation, Part, Submission
from podium.teams.models import Membership
from podium.uploads import compression
from podium.writeups.models import Attachment, WriteUpVersion

FORMAT = "podium-archive/1"
MANIFEST = "archive.json"
PEOPLE = "people.jsonl"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_PACKED = (".parquet", ".zip", ".npz", ".pdf", ".png", ".jpg", ".jpeg", ".gz", ".zst")
_BLOCK = 1 << 20
# Texts under which the site shows the names of their authors to everybody.
_SIGNED: dict[type[models.Model], str] = {
    Question: "author",
    Answer: "author",
    WriteUpVersion: "by",
}


@dataclass
class _Zip:
    """An archive that is being written, and what its manifest says of it."""

    file: zipfile.ZipFile
    parts: dict[str, Json] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def add(self, name: str, blocks: Iterable[bytes]) -> str:
        """Write a part block by block and return its name."""
        entry = zipfile.ZipInfo(name, _EPOCH)
        entry.compress_type = zipfile.ZIP_STORED if name.endswith(_PACKED) else zipfile.ZIP_DEFLATED
        digest, size = hashlib.sha256(), 0
        with self.file.open(entry, "w", force_zip64=True) as target:
            for block in blocks:
                digest.update(block)
                size += len(block)
                target.write(block)
        self.parts[name] = {"sha256": digest.hexdigest(), "bytes": size}
        return name

    def add_text(self, name: str, text: str) -> None:
        self.add(name, [text.encode()])


def write(
    challenge: Challenge, edition: str, target: IO[bytes], *, with_solutions: bool = False
) -> Json:
    """Write the archive of a revealed challenge and return its manifest. Raises Refused.

    The full edition always has the solutions; the public one has them `with_solutions`.
    """
    refuse_unfinished(challenge)
    is_public = edition == Edition.PUBLIC
    with_solutions = with_solutions or not is_public
    before = _revisions(challenge)
    with zipfile.ZipFile(target, "w") as made:
        archive = _Zip(made)
        _write_versions(archive, challenge, is_public=is_public)
        people = _People()
        rows = {
            table.name: _write_table(
                archive, table, challenge, people, is_public=is_public, solutions=with_solutions
            )
            for table in TABLES
            if table.public or not is_public
        }
        _write_people(archive, people, challenge, is_public=is_public)
        _write_boards(archive, challenge)
        if _revisions(challenge) != before:
            raise Refused("moved", "A board has changed meanwhile. Try again.")
        manifest: Json = {
            "format": FORMAT,
            "edition": str(edition),
            "made_at": timezone.now().isoformat(),
            "challenge": {"slug": challenge.slug, "title": challenge.title},
            "has_solutions": with_solutions,
            "rows": rows,
            "left_out": archive.left_out,
        }
        if not is_public:
            archive.add_text("challenge.yaml", definition_text(challenge))
        archive.add_text("CITATION.cff", citation(challenge))
        archive.add_text("README.md", readme(challenge, manifest))
        manifest["files"] = archive.parts
        text = json.dumps(manifest, indent=1, ensure_ascii=False)
        made.writestr(zipfile.ZipInfo(MANIFEST, _EPOCH), text, zipfile.ZIP_DEFLATED)
    return manifest


def refuse_unfinished(challenge: Challenge) -> None:
    """Raise Refused unless the event is over: before the reveal an archive would tell labels."""
    if not challenge.is_revealed():
        raise Refused(
            "not_revealed",
            "The private boards are still hidden. Wait for the reveal, then archive the event.",
        )
    waiting = Submission.objects.filter(task__challenge=challenge).in_flight().count()
    if waiting:
        raise Refused(
            "in_flight", f"{waiting} submissions are still being scored. Try again when they are."
        )


@dataclass
class _People:
    """The people whom the rows name, and those of them who signed a text that is public."""

    named: set[int] = field(default_factory=set)
    signed: set[int] = field(default_factory=set)

    def see(self, row: models.Model, keys: Sequence[str]) -> None:
        """Take note of the people that these fields of a row name."""
        found = {getattr(row, key) for key in keys} - {None}
        self.named |= found
        if signed := _SIGNED.get(type(row)):
            self.signed.add(getattr(row, f"{signed}_id"))
        elif isinstance(row, Membership):
            self.signed.add(row.user_id)


def _revisions(challenge: Challenge) -> list[tuple[int, int]]:
    boards = Board.objects.filter(
        models.Q(task__challenge=challenge) | models.Q(track__challenge=challenge)
    )
    return list(boards.order_by("pk").values_list("pk", "revision"))


def _write_versions(archive: _Zip, challenge: Challenge, *, is_public: bool) -> None:
    versions = DatasetVersion.objects.filter(task__challenge=challenge).distinct()
    for version in versions.order_by("pk"):
        if is_public and version.access != Access.PUBLIC:
            archive.left_out.append(f"The files of {version}: not everybody may download them.")
            continue
        names = ["dataset.json", *version.facts["files"]]
        for name in names:
            path = f"{version.folder}/{name}"
            archive.add(path, _stored(path, is_private=False))


def _write_table(
    archive: _Zip,
    table: Table,
    challenge: Challenge,
    people: _People,
    *,
    is_public: bool,
    solutions: bool,
) -> int:
    """Write the files of a table's rows, then the rows; return how many there are."""
    fields = table.fields(is_public=is_public)
    keys = [each.attname for each in fields if each.related_model is User]
    consent = set(consenting(challenge).values_list("pk", flat=True)) if is_public else None
    lines = []
    for row in table.chosen(challenge, is_public=is_public).iterator(chunk_size=500):
        values = written(row, fields)
        people.see(row, keys)
        if table.file:
            has_file = solutions if isinstance(row, Solution) else _agreed(row, consent)
            values[table.file] = _write_file(archive, row) if has_file else ""
        if isinstance(row, Revision) and row.number != row.board.revision:
            values |= {"study": {}, "studied_at": None}
        lines.append(json.dumps(values, ensure_ascii=False, separators=(",", ":")))
    archive.add(f"tables/{table.name}.jsonl", (f"{line}\n".encode() for line in lines))
    return len(lines)


def _agreed(row: models.Model, consent: set[int] | None) -> bool:
    """Return whether the edition has the file of this row; None: of every row."""
    if consent is None:
        return True
    if isinstance(row, Submission):
        return row.team_id in consent
    return isinstance(row, Attachment)


def _write_file(archive: _Zip, row: Any) -> str:
    """Write the file of a row and return its name, or "" if it has been deleted."""
    if isinstance(row, Submission):
        suffix = "".join(PurePosixPath(row.original_name.lower()).suffixes[-2:])
        known = suffix if suffix in {".csv.gz", ".csv.zst"} else suffix[suffix.rfind(".") :]
        try:
            return archive.add(f"submissions/{row.pk}{known}", originals.blocks(row))
        except originals.UploadGone:
            return ""
    if isinstance(row, Evaluation):
        return archive.add(f"rows/{row.pk}.npz", _stored(row.rows)) if row.rows else ""
    if isinstance(row, Solution):
        return archive.add(f"solutions/{row.pk}.parquet", _stored(row.file))
    return archive.add(f"attachments/{row.pk}.pdf", _attached(row))


def _stored(name: str, *, is_private: bool = True) -> Iterator[bytes]:
    storage = files.private() if is_private else files.public()
    with storage.open(name) as source:
        while block := source.read(_BLOCK):
            yield block


def _attached(row: Attachment) -> Iterator[bytes]:
    with closing(compression.as_sent(files.private().open(row.file), row.file)) as reader:
        while block := reader.read(_BLOCK):
            yield block


def _write_people(archive: _Zip, people: _People, challenge: Challenge, *, is_public: bool) -> None:
    """Write who the rows name: in the public edition only names that the site shows everybody."""
    lines = []
    for user in User.objects.filter(pk__in=people.named).order_by("pk"):
        person: Json = {"id": user.pk, "name": user.name}
        if is_public:
            person["name"] = user.name if user.pk in people.signed else ""
        elif user.is_active:
            person["email"] = user.email
        lines.append(json.dumps(person, ensure_ascii=False))
    archive.add(PEOPLE, (f"{line}\n".encode() for line in lines))


def _write_boards(archive: _Zip, challenge: Challenge) -> None:
    """Write each board as CSV and as the bundle from which anyone recomputes it."""
    for name, subject, part in boards_of(challenge):
        archive.add(f"boards/{name}.csv", [board_csv(subject, part)])
        try:
            given = bundle(subject, part, in_worker=True)
        except (NoBoard, NotYet) as reason:
            archive.left_out.append(f"The bundle of the board {name}: {reason}")
            continue
        with given.file as source:
            archive.add(f"boards/{name}.zip", iter(lambda: source.read(_BLOCK), b""))


def boards_of(challenge: Challenge) -> Iterator[tuple[str, Task | Track, str]]:
    """Yield name, subject and part of each board that the challenge has."""
    related = ("challenge", "track__challenge", "dataset_version", "solution")
    tasks = Task.objects.filter(challenge=challenge).select_related(*related)
    tracks = Track.objects.filter(challenge=challenge).select_related("challenge")
    subjects: list[tuple[str, Task | Track]] = [
        *((f"track-{track.kind}", track) for track in tracks),
        *((f"task-{task.slug}", task) for task in tasks),
    ]
    for part in Part.values:
        for name, subject in subjects:
            if subject.boards.filter(part=part).exists():
                yield f"{name}-{part}", subject, part


def board_of(subject: Task | Track, part: str) -> Board:
    """Return the board of a task or track on a part."""
    return subject.boards.get(part=part)


def board_csv(subject: Task | Track, part: str) -> bytes:
    """Return a board as everybody sees it."""
    board = visible_board(ANYBODY, subject, part=part)
    about = export.about(subject, board, None)
    return export.FORMS["csv"].write(export.table(subject, board, board.rows), about)
