"""Checking a file without submitting it: read and compared with the public ids and classes alone.

No solution is opened, no number is made from labels, and no attempt is used. The file is deleted
as soon as it is checked; what a lost process left behind, the hourly tidying deletes.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from podium import celery, files
from podium.audit.actions import record
from podium.challenges.models import Phase, Task
from podium.challenges.permissions import Permission, has_permission
from podium.submissions import kept
from podium.submissions.actions import ATTEMPTS, TOO_LATE, Refused, keep, refuse_file
from podium.submissions.evaluating import operator_text
from podium.submissions.leases import LEASE, is_lost, renewing
from podium.submissions.models import UNCHECKED, Checking, Validation
from podium.submissions.problems import told
from podium.submissions.uploads import Upload, suffix_of
from podium.teams.actions import has_accepted_rules, last_acceptance
from podium.teams.steps import why_rules
from scoring import Limits
from scoring.runner import Checked, Failed, Rejected, Scorer

log = structlog.get_logger(__name__)
PER_HOUR = 30
ROWS_KEPT = timedelta(days=7)
# So long may it take to store a file; after that its process is taken for lost.
STORING = timedelta(hours=1)


def validate(*, task: Task, upload: Upload, by: Any) -> Validation:
    """Return the new, queued check of a file. Raises Refused, and then nothing of it is kept.

    It needs no team and costs no attempt; a person has so many an hour. It is open from the
    announcement, so that files are right when the challenge opens, until the close, after which no
    file can be submitted any more.
    """
    refuse_person(task, by, upload.first_byte_at)
    refuse_file(task, upload)
    row = _begin(task, upload, by)
    try:
        keep(upload, row.file)
        with transaction.atomic():
            stored = Validation.objects.filter(pk=row.pk, state=Checking.QUEUED)
            if not stored.update(queued_at=timezone.now()):
                raise Refused("too_slow", "It took too long to store the file. Try again.")
            enqueue(row.pk)
    except BaseException:
        files.private().delete(row.file)
        row.delete()
        raise
    row.refresh_from_db()
    return row


def refuse_person(task: Task, by: Any, at: datetime) -> None:
    """Raise Refused unless the person may send files for the task at that time.

    From the announcement to the close, with the rules accepted; organizers also while it is a
    draft, to try it.
    """
    challenge = task.challenge
    organizes = has_permission(by, Permission.SEE_DRAFT, challenge)
    phase = challenge.phase(at)
    if phase == Phase.DRAFT and not organizes:
        raise Refused("not_open", "This challenge is not announced yet. Check once it is.")
    if phase not in {Phase.DRAFT, Phase.ANNOUNCED, Phase.OPEN}:
        closed = f"{challenge.closed_at:%Y-%m-%d %H:%M}"
        raise Refused("closed", f"The challenge closed at {closed} UTC. {TOO_LATE}")
    if not organizes and not has_accepted_rules(by, challenge):
        why = why_rules(challenge, last_acceptance(by, challenge))
        raise Refused("rules", f"{why} Read them and accept them.")


def enqueue(pk: uuid.UUID) -> None:
    """Send the check to the workers when this transaction commits."""
    celery.send("submissions.validate", str(pk))


@dataclass(frozen=True)
class Claim:
    """The right of one worker to store the outcome of one attempt."""

    pk: uuid.UUID
    attempt: int

    def mine(self) -> QuerySet[Validation]:
        """Return the claimed row alone, and nothing once the claim does not hold."""
        return Validation.objects.filter(pk=self.pk, state=Checking.CHECKING, attempt=self.attempt)


def claim(pk: str) -> Claim | None:
    """Return a claim on a check that waits, or whose worker let its lease run out.

    None: it is taken, done, or has used its attempts (then it has failed now).
    """
    now = timezone.now()
    row = Validation.objects.filter(_is_free(now), pk=pk)
    with transaction.atomic():
        if row.filter(attempt__lt=ATTEMPTS).update(
            state=Checking.CHECKING, attempt=F("attempt") + 1, lease_until=now + LEASE
        ):
            found = Validation.objects.get(pk=pk)
            return Claim(found.pk, found.attempt)
    _end(
        row.filter(attempt__gte=ATTEMPTS),
        Checking.FAILED,
        failure="No worker lived to the end of its check.",
    )
    return None


def check(held: Claim, scorer: Scorer) -> None:
    """Check the claimed file, store what came of it, and delete the file."""
    row = held.mine().select_related("task__dataset_version", "user").first()
    if row is None:
        return  # it went with its person's account
    try:
        with renewing(held.mine()):
            outcome = _outcome(row, scorer)
    except Exception as error:
        outcome = Failed(operator_text(error))
    log.info("check ended", validation=str(row.pk), outcome=type(outcome).__name__.lower())
    if isinstance(outcome, Checked):
        _end(held.mine(), Checking.VALID, notes=list(outcome.notes))
    elif isinstance(outcome, Rejected):
        problems = told(outcome.problems, row.task.dataset_version, row.user)
        _end(held.mine(), Checking.INVALID, problems=problems)
    elif held.attempt < ATTEMPTS:
        # No message: the sweep sends it again in a few seconds, as it does submissions.
        held.mine().update(state=Checking.QUEUED, lease_until=None, failure=outcome.reason)
    else:
        log.error("check failed", validation=str(row.pk), reason=outcome.reason)
        _end(held.mine(), Checking.FAILED, failure=outcome.reason)


def waiting() -> QuerySet[Validation]:
    """Return the checks that wait for a worker."""
    return Validation.objects.filter(state=Checking.QUEUED, queued_at__isnull=False)


def sweep(*, in_broker: int) -> int:
    """Send again what got lost, as `scoring_runs.sweep` does. Returns how many were sent."""
    lost = Validation.objects.filter(is_lost(timezone.now()), state=Checking.CHECKING)
    queued = waiting().order_by("queued_at")
    without_message = max(0, queued.count() - in_broker)
    ids = [
        *lost.values_list("pk", flat=True),
        *queued.values_list("pk", flat=True)[:without_message],
    ]
    for pk in ids:
        enqueue(pk)
    return len(ids)


def left_over() -> QuerySet[Validation]:
    """Return the checks whose file is to be deleted: done, or never stored to the end."""
    never_stored = Q(queued_at__isnull=True, created_at__lt=timezone.now() - STORING)
    done = ~Q(state__in=UNCHECKED) & ~Q(file="")
    return Validation.objects.filter(done | (never_stored & Q(state=Checking.QUEUED)))


def drop(row: Validation) -> None:
    """End a check that is left over, and delete its file."""
    rows = Validation.objects.filter(pk=row.pk)
    _end(rows.filter(state=Checking.QUEUED), Checking.FAILED, failure="It was never stored.")
    _drop_files(rows)


def out_of_date() -> QuerySet[Validation]:
    """Return the checks whose rows have been kept for long enough."""
    return Validation.objects.filter(file="", finished_at__lt=timezone.now() - ROWS_KEPT)


def forget(row: Validation) -> None:
    """Delete the row of a check whose file is deleted."""
    row.delete()


def _begin(task: Task, upload: Upload, by: Any) -> Validation:
    """Return the row of a new check, whose file is not stored yet. Raises Refused."""
    now = timezone.now()
    pk = uuid.uuid4()
    with transaction.atomic():
        # The lock orders one person's requests, so that they cannot pass the limit together.
        get_user_model().objects.select_for_update(no_key=True).get(pk=by.pk)
        _refuse_often(by, now)
        row = Validation.objects.create(
            pk=pk,
            user=by,
            task=task,
            original_name=upload.name,
            sha256=upload.sha256,
            size=upload.size,
            file=f"checks/{pk.hex}{suffix_of(upload.name)}",
            created_at=now,
        )
        record("asked for a check", subject=row, by=by, challenge=task.challenge.slug)
    return row


def _refuse_often(by: Any, now: datetime) -> None:
    hour = timedelta(hours=1)
    recent = Validation.objects.filter(user=by, created_at__gt=now - hour).order_by("-created_at")
    times = list(recent.values_list("created_at", flat=True)[:PER_HOUR])
    if len(times) == PER_HOUR:
        again = times[-1] + hour
        raise Refused(
            "too_often",
            f"A person can check {PER_HOUR} files an hour. The next is possible at "
            f"{again:%Y-%m-%d %H:%M:%S} UTC. A submission checks the file too.",
            again,
        )


def _is_free(now: datetime) -> Q:
    waits = Q(state=Checking.QUEUED, queued_at__isnull=False)
    return waits | (Q(state=Checking.CHECKING) & is_lost(now))


def _outcome(row: Validation, scorer: Scorer) -> Checked | Rejected | Failed:
    """Return what the scorer says of the file. Raises OSError."""
    folder = row.task.dataset_version.folder
    with files.private().open(row.file) as stored:
        return scorer.check(
            file=kept.path_of(stored),
            dataset=files.local(files.public(), f"{folder}/dataset.json"),
            test=files.local(files.public(), f"{folder}/test.parquet"),
            limits=Limits(
                memory_bytes=settings.SCORING_MEMORY_BYTES,
                cpu_seconds=settings.SCORING_WALL_SECONDS,
                wall_seconds=settings.SCORING_WALL_SECONDS,
            ),
        )


def _end(rows: QuerySet[Validation], state: Checking, **values: object) -> None:
    """Move a check to a final state and delete its file, unless somebody else has taken it."""
    pk = rows.values_list("pk", flat=True).first()
    ended = {"state": state, "lease_until": None, "finished_at": timezone.now()}
    if pk and rows.update(**ended, **values):
        _drop_files(Validation.objects.filter(pk=pk))


def _drop_files(rows: QuerySet[Validation]) -> None:
    # The row names the file until it is gone: interrupted in between, the tidying does this again.
    for name in rows.exclude(file="").values_list("file", flat=True):
        files.private().delete(name)
        rows.filter(file=name).update(file="")
