"""What happens to submissions: submit, withdraw, retry."""

import uuid
from datetime import UTC, datetime
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from podium import files
from podium.audit.actions import record
from podium.challenges.models import UPLOAD_GRACE, Phase, Task
from podium.submissions import quota
from podium.submissions.models import State, Submission
from podium.submissions.signals import submission_withdrawn
from podium.submissions.uploads import NO_ROOM, Upload, suffix_of
from podium.teams.models import Team

log = structlog.get_logger(__name__)
ATTEMPTS = 3


class Refused(Exception):
    """A submission is not taken. `code` is for programs, the text for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def submit(
    *,
    team: Team,
    task: Task,
    upload: Upload,
    by: Any = None,
    method: str = "",
    note: str = "",
) -> Submission:
    """Return the new, queued submission. Raises Refused, and then nothing is kept.

    Web, client and baselines all come through here. Baselines are exempt from the quota.
    """
    _refuse_file(task, upload)
    name = f"uploads/{task.pk}/{uuid.uuid4().hex}{suffix_of(upload.name)}"
    try:
        _keep(upload, name)
        with transaction.atomic():
            return _store(team, task, upload, name, by=by, method=method, note=note)
    except BaseException:
        files.private().delete(name)
        raise


def refuse_time(task: Task, first_byte_at: datetime, now: datetime) -> None:
    """Raise Refused unless a file whose first byte came then is in time."""
    challenge = task.challenge
    phase = challenge.phase(first_byte_at)
    if phase in {Phase.DRAFT, Phase.ANNOUNCED}:
        raise Refused("not_open", f"Submissions open at {challenge.opens_at:%Y-%m-%d %H:%M} UTC.")
    if phase != Phase.OPEN:
        raise Refused(
            "closed", f"The challenge closed at {challenge.closes_at:%Y-%m-%d %H:%M} UTC."
        )
    if now > challenge.closes_at + UPLOAD_GRACE:
        raise Refused("too_late", "The upload ended more than 15 minutes after the close.")


def withdraw(*, submission: Submission, by: Any) -> None:
    """Take a submission off the boards; it stays counted and can be put back. Raises Refused."""
    _set_withdrawn(submission, timezone.now(), "withdrew submission", by)


def restore(*, submission: Submission, by: Any) -> None:
    """Put a withdrawn submission back on the boards. Raises Refused."""
    _set_withdrawn(submission, None, "restored submission", by)


def retry(*, submission: Submission, by: Any = None) -> bool:
    """Queue a failed submission again. Tells whether it was failed."""
    with transaction.atomic():
        changed = Submission.objects.filter(pk=submission.pk, state=State.FAILED).update(
            state=State.QUEUED,
            attempt_limit=F("attempt") + ATTEMPTS,
            finished_at=None,
            queued_at=timezone.now(),
            failure="",
        )
        if changed:
            # It was refunded when it failed; a second try is on us and stays free.
            Submission.objects.filter(pk=submission.pk).update(quota_day=None)
            record("retried submission", subject=submission, by=by, challenge=_slug(submission))
            enqueue(submission.pk)
    return bool(changed)


def enqueue(submission_id: int) -> None:
    """Send the submission to the workers when this transaction commits."""
    from podium.submissions.tasks import score_submission  # the task module imports this one

    transaction.on_commit(lambda: _send(score_submission, submission_id), robust=True)


def _send(task: Any, submission_id: int) -> None:
    # Redis is a hint: should it be away, the sweep finds the queued row and sends it again.
    task.delay(submission_id)


def _refuse_file(task: Task, upload: Upload) -> None:
    if upload.size > task.max_bytes:
        raise Refused(
            "too_large",
            f"The file has {upload.size:,} bytes; this task takes up to {task.max_bytes:,}. "
            f"Parquet or .csv.gz is smaller.",
        )
    if problem := upload.problem():
        raise Refused("not_a_table", problem)


def _keep(upload: Upload, name: str) -> None:
    try:
        files.put(files.private(), name, upload.path)
    except OSError as error:
        log.exception("upload not stored")
        raise Refused("no_room", NO_ROOM) from error


def _store(
    team: Team, task: Task, upload: Upload, name: str, *, by: Any, method: str, note: str
) -> Submission:
    """Reserve quota, give the number and write row and event. Runs in a transaction."""
    # The lock orders a team's submissions; rows that point to the team do not wait for it.
    locked = Team.objects.select_for_update(no_key=True).filter(pk=team.pk)
    if (found := locked.first()) is None:
        raise Refused("no_team", "Your team has just been left by its last member. Upload again.")
    team = found
    now = timezone.now()
    if not team.is_baseline:
        refuse_time(task, upload.first_byte_at, now)
        if team.disqualified_at:
            raise Refused("disqualified", "Your team is disqualified. Write to the organizers.")
        if refusal := quota.allowance(team, task, now).refusal:
            raise Refused("quota", refusal)
        quota.reserve(team, task, now.astimezone(UTC).date())
    last = Submission.objects.filter(team=team, task=task).aggregate(n=Max("number"))["n"]
    submission = Submission.objects.create(
        team=team,
        task=task,
        number=int(last or 0) + 1,
        submitted_by=by,
        file=name,
        original_name=upload.name,
        sha256=upload.sha256,
        size=upload.size,
        method=method.strip()[:120],
        note=note.strip(),
        first_byte_at=upload.first_byte_at,
        received_at=now,
        queued_at=now,
        quota_day=None if team.is_baseline else now.astimezone(UTC).date(),
    )
    record(
        "submitted",
        subject=submission,
        by=by,
        challenge=task.challenge.slug,
        sha256=upload.sha256,
        size=upload.size,
    )
    enqueue(submission.pk)
    return submission


def _set_withdrawn(submission: Submission, at: datetime | None, verb: str, by: Any) -> None:
    # A withdrawal chooses what counts as a final selection does, and is locked with these.
    if not submission.task.challenge.takes_choices():
        closes_at = submission.task.challenge.closes_at
        raise Refused("closed", f"What counts was locked at {closes_at:%Y-%m-%d %H:%M} UTC.")
    with transaction.atomic():
        changed = Submission.objects.filter(
            pk=submission.pk, withdrawn_at__isnull=at is not None
        ).update(withdrawn_at=at)
        if changed:
            submission.refresh_from_db()
            record(verb, subject=submission, by=by, challenge=_slug(submission))
            for listener in submission_withdrawn:
                listener(submission)


def _slug(submission: Submission) -> str:
    return submission.task.challenge.slug
