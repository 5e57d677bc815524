"""Predictions files that arrive in chunks, so that a large one resumes where it stopped.

A file belongs to the person who began it and to one task. Nothing here looks at what others have
sent: the same bytes from somebody else do not help.
"""

import io
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.challenges.models import UPLOAD_GRACE, Task
from podium.refusals import Refused
from podium.submissions.actions import TOO_LATE, refuse_size
from podium.submissions.jobs.validations import refuse_person
from podium.submissions.models import PartialUpload
from podium.teams.actions import team_of
from podium.teams.models import Team
from podium.uploads import chunks
from podium.uploads.receiving import MOST_NAME, NO_ROOM, Receiver, Upload
from scoring.naming import empty, problem_of_name

log = structlog.get_logger(__name__)
LIFE = timedelta(hours=24)
MOST_OPEN = 5
CHUNK_BYTES = 16 << 20
_SHA256 = re.compile("[0-9a-f]{64}")


def begin(*, task: Task, name: str, size: int, sha256: str, by: User) -> PartialUpload:
    """Return the upload of a file of this size. Raises Refused.

    The same person's upload of the same file to the same task goes on: see its `received`. It is
    kept for `LIFE`.
    """
    now = timezone.now()
    name = Path(name).name
    _refuse(task, name, size, sha256)
    refuse_person(task, by, now)
    team = team_of(by, task.challenge)
    if team and team.disqualified_at:
        raise Refused("disqualified", "Your team is disqualified. Write to the organizers.")
    return _begin(task, team, name=name, size=size, sha256=sha256, by=by, now=now)


def keep(*, task: Task, upload: Upload, by: User) -> PartialUpload:
    """Return a file that came in one go as an upload that has arrived in full. Raises Refused.

    So it need not be sent again after a check, or when the rules were not accepted.
    """
    _refuse(task, upload.name, upload.size, upload.sha256)
    _refuse_closed(task)
    row = _begin(
        *(task, team_of(by, task.challenge)),
        name=upload.name,
        size=upload.size,
        sha256=upload.sha256,
        by=by,
        now=timezone.now(),
    )
    mine = PartialUpload.objects.filter(pk=row.pk)
    mine.filter(first_byte_at=None).update(first_byte_at=upload.first_byte_at)
    with upload.as_sent() as file:
        file.seek(row.received)
        while row.received < row.size:
            append(partial=row, offset=row.received, stream=io.BytesIO(file.read(CHUNK_BYTES)))
    return row


def _begin(
    task: Task, team: Team | None, *, name: str, size: int, sha256: str, by: User, now: datetime
) -> PartialUpload:
    """Return the upload of a file, begun now or before. Raises Refused for one too many."""
    with transaction.atomic():
        # The lock orders one person's requests, so that they cannot pass the limit together.
        get_user_model().objects.select_for_update(no_key=True).get(pk=by.pk)
        mine = PartialUpload.objects.filter(user=by)
        found = mine.filter(task=task, name=name, size=size, sha256=sha256).first()
        if found and not is_over(found):
            return found
        if found:
            discard(partial=found)
        _make_room(mine, now)
        if mine.filter(created_at__gt=now - LIFE).count() >= MOST_OPEN:
            raise Refused(
                "too_many",
                f"{MOST_OPEN} uploads of yours have not come to their end. Go on with one of "
                f"them, or wait: each is dropped after {LIFE.total_seconds() / 3600:.0f} hours.",
            )
        return PartialUpload.objects.create(
            user=by, team=team, task=task, name=name, size=size, sha256=sha256, created_at=now
        )


def _make_room(mine: QuerySet[PartialUpload], now: datetime) -> None:
    """Discard the oldest file that has arrived in full and was not submitted, if a place is needed.

    Files wait after a check; they never keep a person from sending another one.
    """
    current = list(mine.filter(created_at__gt=now - LIFE).order_by("created_at"))
    if len(current) >= MOST_OPEN:
        for oldest in [each for each in current if each.is_complete][:1]:
            discard(partial=oldest)


def append(*, partial: PartialUpload, offset: int, stream: chunks.Stream) -> int:
    """Store what `stream` has as the file's chunk from `offset` on; return how much has arrived.

    Raises WrongOffset and Refused as `chunks.append` does; then nothing of it counts.
    """
    chunks.append(
        partial,
        offset=offset,
        stream=stream,
        guard=lambda: _refuse_over(partial),
        most=CHUNK_BYTES,
        values={"first_byte_at": Coalesce("first_byte_at", timezone.now())},
    )
    return partial.received


@contextmanager
def finished(*, partial: PartialUpload) -> Iterator[Upload]:
    """Give a file that has arrived in full as an upload, as long as the block runs.

    Its first byte came with the first chunk. The chunks stay until `discard`. Raises Refused if the
    file has not arrived in full, or is not what was announced; then it is discarded, because its
    chunks cannot be repaired.
    """
    _refuse_over(partial)
    received = chunks.received(partial)
    if received != partial.size or partial.first_byte_at is None:
        raise Refused(
            "incomplete",
            f"{received:,} of {partial.size:,} bytes have arrived. Send the rest first.",
        )
    receiver = Receiver(partial.first_byte_at)
    with closing(receiver):
        try:
            for block in chunks.blocks(partial):
                receiver.write(block)
        except FileNotFoundError as error:
            log.exception("chunks are gone", partial=str(partial.pk))
            raise _damaged(partial) from error
        except OSError as error:
            log.exception("upload not collected")
            raise Refused("no_room", NO_ROOM) from error
        upload = receiver.finish(partial.name)
        if upload.sha256 != partial.sha256:
            raise _damaged(partial)
        yield upload


def key_of(partial: PartialUpload) -> str:
    """Return the key with which an upload is submitted, so that it makes one submission."""
    return f"upload {partial.pk}"


def discard(*, partial: PartialUpload) -> None:
    """Delete an upload with all that has arrived of it."""
    # The row first: a chunk that arrives meanwhile finds none, and takes the folder along.
    folder = partial.folder
    PartialUpload.objects.filter(pk=partial.pk).delete()
    files.delete_folder(files.private(), folder)


def is_over(partial: PartialUpload) -> bool:
    """Return whether the upload has expired."""
    return timezone.now() >= partial.created_at + LIFE


def out_of_date() -> QuerySet[PartialUpload]:
    """Return the uploads that have expired."""
    return PartialUpload.objects.filter(created_at__lte=timezone.now() - LIFE)


def drop(partial: PartialUpload) -> None:
    """Delete an upload that is out of date. It may be interrupted and done again."""
    files.delete_folder(files.private(), partial.folder)
    discard(partial=partial)


def _refuse(task: Task, name: str, size: int, sha256: str) -> None:
    """Raise Refused if the file could not be taken once it had arrived."""
    if problem := problem_of_name(name):
        raise Refused(problem.code, problem.message)
    if len(name) > MOST_NAME or not name.isprintable():
        raise Refused("bad_name", f"Rename the file: up to {MOST_NAME} printable characters.")
    if size <= 0:
        problem = empty(name)
        raise Refused(problem.code, problem.message)
    refuse_size(task, size)
    if not _SHA256.fullmatch(sha256):
        raise Refused("bad_sha256", "A sha256 is 64 of the signs 0-9 and a-f. Hash the file again.")


def _refuse_over(partial: PartialUpload) -> None:
    """Raise Refused if the upload has expired, or its task takes no more of it."""
    if is_over(partial):
        raise Refused("gone", "This upload began too long ago and is dropped. Begin it again.")
    _refuse_closed(partial.task)


def _refuse_closed(task: Task) -> None:
    """Raise Refused if the task takes no more of any file."""
    closed_at = task.challenge.closed_at
    if timezone.now() > closed_at + UPLOAD_GRACE:
        raise Refused("closed", f"The challenge closed at {in_words(closed_at)}. {TOO_LATE}")


def _damaged(partial: PartialUpload) -> Refused:
    discard(partial=partial)
    return Refused(
        "damaged",
        "What arrived is not the file that was announced: its sha256 is another one. Nothing of it "
        "is kept. Upload it again.",
    )
