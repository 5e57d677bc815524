"""Rows for tests, made by plain functions. Files are written only by tests that need them."""

import hashlib
import io
from datetime import timedelta
from itertools import count
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.core.files.base import ContentFile
from django.db.models import F, QuerySet
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.archives.models import Archive, ArchiveState, Edition
from podium.catalog.actions import editors, offers
from podium.catalog.models import (
    DataEditor,
    DatasetVersion,
    Import,
    Kind,
    RawFile,
    Solution,
    VersionState,
)
from podium.challenges.models import Announcement, Challenge, Organizer, Role, Task, Track
from podium.corrections.models import Correction
from podium.discussions.models import Addressee, Answer, Message, Question
from podium.integrity.models import Case, CaseEntry
from podium.integrity.models import Kind as CaseKind
from podium.notices.models import How, Notice
from podium.notices.models import Kind as NoticeKind
from podium.standings import reveal as standings
from podium.standings import tasks
from podium.standings.actions import on_team_relabelled
from podium.submissions.models import (
    IN_FLIGHT,
    Checking,
    Evaluation,
    Part,
    PartialUpload,
    Score,
    State,
    Submission,
    Validation,
)
from podium.teams.models import Membership, Team
from podium.winners.models import Certificate
from podium.writeups.models import Attachment, WriteUp, WriteUpVersion

HEADLINES = {Kind.MATCHING: "average_precision", Kind.CLASSIFICATION: "accuracy"}
_numbers = count(1)


def make_user(name: str, **extra: Any) -> User:
    """Return a user whose e-mail address is <name>@example.org and who signs in by force_login."""
    return User.objects.create_user(f"{name}@example.org", name=name.title(), **extra)


def make_challenge(slug: str = "cup", **fields: Any) -> Challenge:
    """Return an open challenge in its second month, without tracks."""
    now = timezone.now()
    times = {
        "announced_at": now - timedelta(days=40),
        "opens_at": now - timedelta(days=30),
        "team_freeze_at": now + timedelta(days=60),
        "closes_at": now + timedelta(days=90),
        "reveal_at": now + timedelta(days=97),
    }
    shown = fields.get("reveal_at")
    if shown and shown <= now:
        times["revealed_at"] = shown
    texts = {"title": f"The {slug}", "summary": "Who matches best?", "rules": "Be fair."}
    return Challenge.objects.create(slug=slug, **{**texts, **times, **fields})


def tell_owners() -> None:
    """Let all owners have been mailed of their reveal yesterday."""
    yesterday = timezone.now() - timedelta(days=1)
    Challenge.objects.update(reveal_told_of=F("reveal_at"), reveal_told_at=yesterday)


def reveal(challenge: Challenge) -> bool:
    """Reveal a challenge that is due, whose owners know."""
    tell_owners()
    is_done = standings.reveal(challenge)
    challenge.refresh_from_db()
    return is_done


def reveal_due() -> None:
    """Reveal all challenges that are due, whose owners know."""
    tell_owners()
    tasks.reveal_due()


def make_facts(kind: str, name: str) -> dict[str, Any]:
    """Return the content of a small dataset.json."""
    title = {"name": "title", "type": "text", "description": "A title.", "missing": 0.0}
    matching = {
        "negative_label": "0",
        "positive_label": "1",
        "match_semantics": "exact",
        "columns": [
            *({**title, "name": f"{side}_id", "type": "id"} for side in ("left", "right")),
            *({**title, "name": f"{side}_title"} for side in ("left", "right")),
        ],
        "records": {"records": [title]},
    }
    labels = {"classes": ["cat", "dog", "owl"], "columns": [title]}
    return {
        "format": "podium-dataset/1",
        "name": name,
        "title": name.title(),
        "description": "Made for tests.",
        "kind": kind,
        **(matching if kind == Kind.MATCHING else labels),
        "rows": {"train": 20, "test": 10},
        "label_counts": {"train": {}},
        "licence": {"name": "CC0", "url": "https://creativecommons.org/publicdomain/zero/1.0/"},
        "citation": "None.",
        "origin": "Made for tests.",
        "split": {"train_test": "random", "public_private": "salted hash", "public_share": 0.3},
        "files": {"train.csv": {"sha256": "a" * 64, "bytes": 100}},
        "content_hash": "b" * 64,
    }


def put_train(version: DatasetVersion, **columns: list[Any]) -> None:
    """Store train.parquet of a version, from values per column, and count its rows."""
    table = pa.table(columns)
    written = io.BytesIO()
    pq.write_table(table, written)
    files.public().save(str(version.folder / "train.parquet"), ContentFile(written.getvalue()))
    version.facts["rows"] = {**version.facts["rows"], "train": table.num_rows}
    version.save()


def put_many_groups(
    version: DatasetVersion, table: str, ids: list[str], *, rows_of_a_group: int
) -> None:
    """Store a table of ids and nothing else in row groups of that size, and count its rows."""
    written = io.BytesIO()
    pq.write_table(pa.table({"id": ids}), written, row_group_size=rows_of_a_group)
    name = str(version.folder / f"{table}.parquet")
    files.public().delete(name)
    files.public().save(name, ContentFile(written.getvalue()))
    version.facts["rows"] = {**version.facts["rows"], table: len(ids)}
    version.save()


def make_dataset_version(kind: str, name: str = "", **fields: Any) -> DatasetVersion:
    """Return the row of a published version of a data set; its files do not exist."""
    name = name or f"{kind}-{next(_numbers)}"
    defaults = {
        "number": 1,
        "state": VersionState.PUBLISHED,
        "published_at": timezone.now(),
        "content_hash": f"{next(_numbers):064x}",
        "title": name.title(),
    }
    return DatasetVersion.objects.create(
        name=name, kind=kind, facts=make_facts(kind, name), **{**defaults, **fields}
    )


def make_draft(name: str = "drafted", **fields: Any) -> DatasetVersion:
    """Return a draft version that waits for raw files."""
    version = DatasetVersion.objects.create(
        **{"name": name, "number": 1, "title": name.title(), **fields}
    )
    Import.objects.create(version=version, importer="table", options={"label": "kind"})
    return version


def make_offer(name: str, email: str) -> DataEditor:
    """Return an offer to the address to edit the data set."""
    return DataEditor.objects.get_or_create(name=name, email=email)[0]


def make_editor(name: str, user: User, by: User) -> None:
    """Let the person edit the data set: it is offered, and they accept."""
    editors.offer_editing(name=name, email=user.email, by=by)
    accept(DataEditor.objects.get(name=name, email=user.email), user)


def accept(row: DataEditor, user: User) -> None:
    """Let the person accept the offer as it is now."""
    read = offers.read_offer(pk=row.pk, user=user)
    assert read is not None
    offers.accept_offer(pk=row.pk, fingerprint=read.fingerprint, by=user)


def make_raw_file(version: DatasetVersion) -> RawFile:
    """Return a raw file that has arrived for an import of the version; its pieces do not exist."""
    source, _ = Import.objects.get_or_create(
        version=version,
        defaults={"importer": "table", "draft": {"secret": 1}, "findings": ["secret"]},
    )
    return RawFile.objects.create(source=source, name="raw.csv", size=100, received=100)


def make_solution(version: DatasetVersion, **fields: Any) -> Solution:
    """Return a solution row of a version; its file does not exist."""
    defaults = {
        "number": 1,
        "file": f"solutions/{version.name}/secret-solution.parquet",
        "sha256": "5ec4e7" + "0" * 58,
        "public_rows": 3,
        "private_rows": 7,
        "public_counts": [15_000, 15_000],  # so many that no step is coarser for them
    }
    return Solution.objects.create(dataset_version=version, **{**defaults, **fields})


def make_task(challenge: Challenge, kind: str, slug: str = "", **fields: Any) -> Task:
    """Return a task in the challenge's track of that kind, which is made if it is missing."""
    track, _ = Track.objects.get_or_create(
        challenge=challenge, kind=kind, defaults={"title": kind.title()}
    )
    version = make_dataset_version(kind)
    slug = slug or f"{kind}-task"
    defaults = {
        "title": slug.replace("-", " ").title(),
        "dataset_version": version,
        "solution": make_solution(version),
        "headline": HEADLINES[Kind(kind)],
        "step": "0.01",
    }
    return Task.objects.create(
        track=track, challenge=challenge, slug=slug, **{**defaults, **fields}
    )


def make_organizer(challenge: Challenge, user: User, role: str = Role.OWNER) -> Organizer:
    """Return the row that makes a person an organizer of the challenge."""
    return Organizer.objects.create(challenge=challenge, user=user, role=role)


def make_team(challenge: Challenge, name: str, *members: User, **fields: Any) -> Team:
    """Return a team of these members; the first one is its captain."""
    team = Team.objects.create(
        challenge=challenge,
        name=name,
        slug=name.lower().replace(" ", "-"),
        captain=members[0] if members else None,
        **fields,
    )
    for user in members:
        Membership.objects.create(team=team, challenge=challenge, user=user)
    return team


def make_submission(team: Team, task: Task, state: str = State.SCORED, **fields: Any) -> Submission:
    """Return a submission row in that state; its file does not exist."""
    now = timezone.now()
    number = Submission.objects.filter(team=team, task=task).count() + 1
    defaults = {
        "number": number,
        "submitted_by": team.captain,
        "file": f"submissions/{next(_numbers)}.csv",
        "original_name": "predictions.csv",
        "sha256": f"{next(_numbers):064x}",
        "size": 1000,
        "first_byte_at": now,
        "received_at": now,
        "queued_at": now,
        "quota_day": now.date(),
        "lease_until": now + timedelta(seconds=30) if state == State.SCORING else None,
        "finished_at": None if state in IN_FLIGHT else now,
    }
    return Submission.objects.create(team=team, task=task, state=state, **{**defaults, **fields})


def make_check(task: Task, user: User, state: str = Checking.VALID, **fields: Any) -> Validation:
    """Return the row of a file's check in that state; the file does not exist."""
    now = timezone.now()
    is_over = state in {Checking.VALID, Checking.INVALID, Checking.FAILED}
    defaults = {
        "original_name": "predictions.csv",
        "sha256": f"{next(_numbers):064x}",
        "size": 1000,
        "created_at": now,
        "queued_at": now,
        "lease_until": now + timedelta(seconds=30) if state == Checking.CHECKING else None,
        "finished_at": now if is_over else None,
    }
    return Validation.objects.create(user=user, task=task, state=state, **{**defaults, **fields})


def make_partial(task: Task, user: User, **fields: Any) -> PartialUpload:
    """Return the row of an upload in parts before anything has arrived."""
    defaults = {
        "name": "predictions.csv",
        "size": 1000,
        "sha256": f"{next(_numbers):064x}",
        "created_at": timezone.now(),
    }
    return PartialUpload.objects.create(user=user, task=task, **{**defaults, **fields})


def make_evaluation(submission: Submission, *, public: float, private: float) -> Evaluation:
    """Return the evaluation of a submission with its headline score on both parts."""
    task = submission.task
    evaluation = Evaluation.objects.create(
        submission=submission,
        solution=task.solution,
        scorer_version=task.scorer_version,
        seconds=0.1,
        rows=f"rows/secret-{submission.pk}.npz",
    )
    for part, value in ((Part.PUBLIC, public), (Part.PRIVATE, private)):
        Score.objects.create(
            evaluation=evaluation,
            part=part,
            metric=task.headline,
            value=value,
            low=value - 0.01,
            high=value + 0.01,
            standard_error=0.005,
            n=3,
        )
    return evaluation


def make_question(challenge: Challenge, author: User, **fields: Any) -> Question:
    """Return a question about the challenge, without notices."""
    words = {"title": "May we use other data?", "body": "Some of us would like to."}
    return Question.objects.create(challenge=challenge, author=author, **{**words, **fields})


def make_answer(question: Question, author: User, **fields: Any) -> Answer:
    """Return an answer, without notices."""
    return Answer.objects.create(
        question=question, author=author, **{"body": "No, you may not.", **fields}
    )


def make_message(team: Team, author: User, **fields: Any) -> Message:
    """Return a message between the team and the organizers, without notices."""
    return Message.objects.create(team=team, author=author, **{"body": "May we?", **fields})


def make_addressed(team: Team) -> Announcement:
    """Return an announcement that only this team reads, without notices."""
    news = team.challenge.announcements.create(title="For you", body="Go.", audience="some teams")
    Addressee.objects.create(announcement=news, team=team)
    return news


def make_writeup(team: Team, track: Track, *, published: bool = False, **words: Any) -> WriteUp:
    """Return a write-up with one more version, by the captain; no files."""
    writeup, _ = WriteUp.objects.get_or_create(team=team, track=track)
    content = {"title": "How it works", "body": "We *matched* well.", **words}
    number = writeup.versions.count() + 1
    version = WriteUpVersion.objects.create(
        writeup=writeup, number=number, by=team.captain, **content
    )
    if published:
        writeup.published_version, writeup.published_at = version, timezone.now()
        writeup.save()
    return writeup


def make_notice(user: User, submission: Submission, **fields: Any) -> Notice:
    """Return the notice to a person that a submission is scored, which is not mailed."""
    defaults = {
        "challenge": submission.task.challenge,
        "kind": NoticeKind.SCORED,
        "key": str(submission.pk),
        "facts": {"submission": submission.pk},
        "mail": How.OFF,
    }
    return Notice.objects.create(user=user, **{**defaults, **fields})


def make_attachment(writeup: WriteUp, content: bytes = b"%PDF-1.7 made for tests") -> Attachment:
    """Return a stored PDF of a write-up, which none of its versions has yet."""
    file = files.private().save(f"writeups/{next(_numbers)}.pdf", ContentFile(content))
    sha256 = hashlib.sha256(content).hexdigest()
    return Attachment.objects.create(
        writeup=writeup, name="paper.pdf", sha256=sha256, size=len(content), file=file
    )


def make_correction(task: Task, **fields: Any) -> Correction:
    """Return a corrected solution that waits to be compared; its file does not exist."""
    given = {"name": "labels.csv", "upload": "corrections/secret", "queued_at": timezone.now()}
    return Correction.objects.create(task=task, compared_with=task.solution, **{**given, **fields})


def make_certificate(
    team: Team, track: Track, *, is_over: bool = True, **fields: Any
) -> Certificate:
    """Return the captain's certificate of taking part, in a challenge that is over."""
    now = timezone.now()
    ended = Challenge.objects.filter(pk=track.challenge_id if is_over else None)
    ended.update(
        opens_at=now - timedelta(days=9),
        team_freeze_at=now - timedelta(days=3),
        closes_at=now - timedelta(days=2),
        reveal_at=now - timedelta(days=1),
        revealed_at=now - timedelta(days=1),
    )
    said = {"person": "Alice", "team_name": team.name, "rank": None, "ranked": 3, **fields}
    made = {"code": f"CERTIFICATE{next(_numbers)}", "day": now.date()}
    certificate, _ = Certificate.objects.get_or_create(
        user=team.captain, track=track, team=team, **said, defaults=made
    )
    return certificate


def make_archive(challenge: Challenge, **fields: Any) -> Archive:
    """Return an archive that is ready to be downloaded."""
    given = {"edition": Edition.FULL, "state": ArchiveState.DONE, "finished_at": timezone.now()}
    archive = Archive.objects.create(
        challenge=challenge,
        **{"file": "archives/made.zip", "queued_at": timezone.now(), **given, **fields},
    )
    if archive.file:
        files.private().delete(archive.file)
        files.private().save(archive.file, ContentFile(b"PK made for tests"))
    return archive


def make_case(team: Team, task: Task, **fields: Any) -> Case:
    """Return an open case that a team probes row by row."""
    given = {
        "kind": CaseKind.PROBING,
        "key": f"{task.slug}:{team.pk}",
        "counts": {"few": 6, "pairs": 7, "rows": 3, "usual": 0.02},
        "p": 4e-10,
        "strength": 6.0,
        "found_at": timezone.now(),
        "seen_at": timezone.now(),
    }
    case = Case.objects.create(challenge=team.challenge, task=task, **{**given, **fields})
    CaseEntry.objects.create(case=case, team=team)
    return case


def relabel(teams: QuerySet[Team], **labels: Any) -> None:
    """Change labels of teams, on boards too."""
    ids = list(teams.values_list("pk", flat=True))
    teams.update(**labels)
    for team in Team.objects.filter(pk__in=ids):
        on_team_relabelled(team)
