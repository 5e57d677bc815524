"""Checking a file without submitting it: read and compared only with the public ids and classes.

No solution is opened, no number is made from labels, and no attempt is used. The file is deleted
as soon as it is checked; what a lost process left behind, the hourly tidying deletes.
"""

import uuid
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Phase, Task
from podium.challenges.permissions import Permission, has_permission
from podium.jobs import LostClaim
from podium.refusals import Refused
from podium.submissions import originals
from podium.submissions.actions import TOO_LATE, keep, refuse_file
from podium.submissions.jobs.evaluating import operator_text, record_crashes
from podium.submissions.models import UNCHECKED, Checking, Validation
from podium.submissions.problems import redact_for_sender
from podium.uploads.receiving import Upload
from scoring import Limits
from scoring.naming import suffix_of
from scoring.runner import Checked, Failed, Rejected, Scorer

log = structlog.get_logger(__name__)
PER_HOUR = 30
ROWS_KEPT = timedelta(days=7)
# Storing a file may take this long; after that its process is assumed dead.
STORING = timedelta(hours=1)


def validate(*, task: Task, upload: Upload, by: User) -> Validation:
    """Return the new, queued check of a file. Raises Refused, and then nothing of it is kept.

    It needs no team and costs no attempt; the rate per person is limited. It is open from the
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
            row.send()
    except BaseException:
        files.private().delete(row.file)
        row.delete()
        raise
    row.refresh_from_db()
    return row


def refuse_person(task: Task, by: User, at: datetime) -> None:
    """Raise Refused unless the person may send files for the task at that time.

    From the announcement to the close; organizers also while it is a draft, to try it. The rules
    are for submitting: a file may be sent and checked before they are accepted.
    """
    challenge = task.challenge
    organizes = has_permission(by, Permission.SEE_DRAFT, challenge)
    phase = challenge.phase(at)
    if phase == Phase.DRAFT and not organizes:
        raise Refused("not_open", "This challenge is not announced yet. Check once it is.")
    if phase not in {Phase.DRAFT, Phase.ANNOUNCED, Phase.OPEN}:
        closed = in_words(challenge.closed_at)
        raise Refused("closed", f"The challenge closed at {closed}. {TOO_LATE}")


def check(claimed: Validation, scorer: Scorer) -> None:
    """Check the claimed file, store the outcome and delete the file."""
    row = claimed.held().select_related("task__dataset_version", "user").first()
    if row is None:
        raise LostClaim  # for example, it was deleted with its person's account
    try:
        with row.renewing():
            outcome = _outcome(row, scorer)
    except Exception as error:
        outcome = Failed(operator_text(error))
    log.info("check ended", validation=str(row.pk), outcome=type(outcome).__name__.lower())
    if isinstance(outcome, Checked):
        _end(row, Checking.VALID, notes=list(outcome.notes))
    elif isinstance(outcome, Rejected):
        problems = redact_for_sender(outcome.problems, row.task.dataset_version, row.user)
        _end(row, Checking.INVALID, problems=problems)
    elif row.attempt < row.attempt_limit:
        row.release(failure=outcome.reason)
    else:
        fail(row, outcome.reason)


def fail(row: Validation, reason: str) -> None:
    """End a claimed check that failed on our side."""
    log.error("check failed", validation=str(row.pk), reason=reason)
    _end(row, Checking.FAILED, failure=reason)


def left_over() -> QuerySet[Validation]:
    """Return the checks whose file is to be deleted: done, or never stored to the end."""
    never_stored = Q(queued_at__isnull=True, created_at__lt=timezone.now() - STORING)
    done = ~Q(state__in=UNCHECKED) & ~Q(file="")
    return Validation.objects.filter(done | (never_stored & Q(state=Checking.QUEUED)))


def drop(row: Validation) -> None:
    """End a check that is left over, and delete its file."""
    Validation.objects.filter(pk=row.pk, state=Checking.QUEUED).update(
        state=Checking.FAILED, finished_at=timezone.now(), failure="It was never stored."
    )
    _drop_file(row)


def out_of_date() -> QuerySet[Validation]:
    """Return the checks whose rows have been kept for long enough."""
    return Validation.objects.filter(file="", finished_at__lt=timezone.now() - ROWS_KEPT)


def forget(row: Validation) -> None:
    """Delete the row of a check whose file is deleted."""
    row.delete()


def _begin(task: Task, upload: Upload, by: User) -> Validation:
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
            file=upload.stored_name(f"checks/{pk.hex}{suffix_of(upload.name)}"),
            created_at=now,
        )
        record(Verb.ASKED_FOR_A_CHECK, subject=row, by=by, challenge=task.challenge.slug)
    return row


def _refuse_often(by: User, now: datetime) -> None:
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


def _outcome(row: Validation, scorer: Scorer) -> Checked | Rejected | Failed:
    """Return what the scorer says of the file. Raises OSError."""
    folder = row.task.dataset_version.folder
    with files.private().open(row.file) as stored:
        outcome = scorer.check(
            file=originals.path_of(stored),
            dataset=files.local(files.public(), f"{folder}/dataset.json"),
            test=files.local(files.public(), f"{folder}/test.parquet"),
            limits=Limits(
                memory_bytes=settings.SCORING_MEMORY_BYTES,
                cpu_seconds=settings.SCORING_WALL_SECONDS,
                wall_seconds=settings.SCORING_WALL_SECONDS,
            ),
        )
    record_crashes(scorer, row)
    return outcome


def _end(row: Validation, state: Checking, **values: object) -> None:
    """Move a claimed check to a final state and delete its file."""
    if row.finish(state, **values):
        _drop_file(row)


def _drop_file(row: Validation) -> None:
    # The row names the file until it is gone: interrupted in between, the tidying does this again.
    if row.file:
        files.private().delete(row.file)
        Validation.objects.filter(pk=row.pk).update(file="")
