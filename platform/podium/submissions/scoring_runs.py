"""Scoring one submission: a fenced claim with a lease, the scoring child, the stored outcome."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from podium import files
from podium.audit.actions import record
from podium.challenges.models import Task
from podium.submissions import quota, rescoring
from podium.submissions.actions import enqueue
from podium.submissions.evaluating import operator_text, outcome_of, store
from podium.submissions.leases import LEASE, is_lost, renewing
from podium.submissions.models import State, Submission
from podium.submissions.problems import told
from podium.submissions.signals import evaluation_stored, submission_ended
from scoring.runner import Failed, Rejected, Scored, Scorer

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Claim:
    """The right of one worker to store the outcome of one attempt."""

    submission_id: int
    attempt: int

    def condition(self) -> Q:
        """The condition under which the claim still holds."""
        return Q(pk=self.submission_id, state=State.SCORING, attempt=self.attempt)

    def mine(self) -> QuerySet[Submission]:
        """Return the claimed submission alone, and nothing once the claim does not hold."""
        return Submission.objects.filter(self.condition())


def _is_free(now: datetime) -> Q:
    """Return the condition under which a submission waits, or its worker is gone."""
    return Q(state=State.QUEUED) | (Q(state=State.SCORING) & is_lost(now))


def claim(submission_id: int) -> Claim | None:
    """Return a claim on a queued submission, or on one whose worker let its lease run out.

    None: it is taken, final, or has used its attempts (then it is failed now).
    """
    now = timezone.now()
    free = _is_free(now)
    with transaction.atomic():
        changed = Submission.objects.filter(
            free, pk=submission_id, attempt__lt=F("attempt_limit")
        ).update(state=State.SCORING, attempt=F("attempt") + 1, lease_until=now + LEASE)
        if changed:
            return Claim(submission_id, Submission.objects.get(pk=submission_id).attempt)
    worn_out = Submission.objects.filter(
        free, pk=submission_id, attempt__gte=F("attempt_limit")
    ).first()
    if worn_out:
        _fail(Claim(submission_id, worn_out.attempt), "No worker lived to the end of its scoring.")
    return None


def score(held: Claim, scorer: Scorer) -> None:
    """Score the claimed submission and store the outcome, whatever it is."""
    needed = ("team", "task__challenge", "task__track", "task__dataset_version", "task__solution")
    submission = (
        Submission.objects.select_related(*needed)
        .defer("task__dataset_version__facts")
        .get(pk=held.submission_id)
    )
    try:
        with renewing(held.mine()):
            outcome = outcome_of(submission, submission.task.solution, scorer)
        _store(held, submission, outcome)
    except Exception as error:
        # The participant reads that we failed; the operator finds the reason in the console.
        _store_failed(held, submission, Failed(operator_text(error)))


def _store(held: Claim, submission: Submission, outcome: Scored | Rejected | Failed) -> None:
    log.info(
        "scoring ended",
        submission=submission.pk,
        attempt=held.attempt,
        outcome=type(outcome).__name__.lower(),
    )
    if isinstance(outcome, Scored):
        _store_scored(held, submission, outcome)
    elif isinstance(outcome, Rejected):
        _store_rejected(held, submission, outcome)
    else:
        _store_failed(held, submission, outcome)


def sweep(*, in_broker: int) -> int:
    """Send again what got lost: claims whose lease ran out, queued rows without a message.

    `in_broker` is how many messages wait in the queue: as long as every queued row can have one,
    none is sent. Returns how many submissions were sent.
    """
    lost = Submission.objects.filter(_is_free(timezone.now()), state=State.SCORING)
    queued = Submission.objects.filter(state=State.QUEUED).order_by("queued_at", "id")
    without_message = max(0, queued.count() - in_broker)
    ids = [
        *lost.values_list("pk", flat=True),
        *queued.values_list("pk", flat=True)[:without_message],
    ]
    for pk in ids:
        enqueue(pk)
    return len(ids)


def _finish(held: Claim, state: State, **values: object) -> bool:
    """Move the claimed submission to a final state. False: somebody else has taken it over."""
    changed = held.mine().update(
        state=state, lease_until=None, finished_at=timezone.now(), **values
    )
    return bool(changed)


def _store_scored(held: Claim, submission: Submission, outcome: Scored) -> None:
    name = f"rows/{submission.task_id}/{submission.pk}-{held.attempt}.npz"
    try:
        files.private().save(name, ContentFile(outcome.rows))
        with transaction.atomic():
            kept = _store_evaluation(held, submission, outcome, name)
    except BaseException:
        files.private().delete(name)
        raise
    if not kept:
        files.private().delete(name)


def _store_evaluation(held: Claim, submission: Submission, outcome: Scored, rows: str) -> bool:
    """Store scores and standings. False: the outcome is of no use any more.

    Somebody else has taken the submission over, or another solution was published meanwhile.
    """
    task = submission.task
    # Whoever publishes a rescore locks the task too: this comes wholly before it or after it.
    now = Task.objects.select_for_update(no_key=True).get(pk=task.pk)
    if now.solution_id != task.solution_id:
        _put_back(held)
        return False
    if not _finish(held, State.SCORED, notes=list(outcome.notes)):
        return False
    (evaluation,) = store([(submission, outcome)], task.solution, counts=True, rows=rows)
    record("scored", subject=submission, challenge=task.challenge.slug, attempt=held.attempt)
    for listener in evaluation_stored:
        listener(evaluation)
    rescoring.include(submission)
    return True


def _put_back(held: Claim) -> None:
    """Queue the claimed submission again; the attempt is free."""
    changed = held.mine().update(
        state=State.QUEUED, lease_until=None, attempt_limit=F("attempt_limit") + 1
    )
    if changed:
        enqueue(held.submission_id)


def _store_rejected(held: Claim, submission: Submission, outcome: Rejected) -> None:
    version = submission.task.dataset_version
    problems = told(outcome.problems, version, submission.submitted_by)
    with transaction.atomic():
        if _finish(held, State.REJECTED, problems=problems):
            quota.give_back(submission, rejected=True)
            record("rejected", subject=submission, challenge=submission.task.challenge.slug)
            _tell_ended(submission)


def _store_failed(held: Claim, submission: Submission, outcome: Failed) -> None:
    log.error("scoring failed", submission=submission.pk, reason=outcome.reason)
    if held.attempt >= submission.attempt_limit:
        _fail(held, outcome.reason)
        return
    # No message: the sweep sends it again in a few seconds. What failed on our side just now would
    # fail again at once, and use up the attempts of the whole queue while a fault lasts.
    held.mine().update(state=State.QUEUED, lease_until=None, failure=outcome.reason)


def _fail(held: Claim, reason: str) -> None:
    """Keep a submission that we could not score for the operator, and refund it."""
    with transaction.atomic():
        submission = Submission.objects.select_related("task__challenge").get(pk=held.submission_id)
        queued = Q(pk=held.submission_id, state=State.QUEUED, attempt=held.attempt)
        changed = Submission.objects.filter(held.condition() | queued).update(
            state=State.FAILED, lease_until=None, finished_at=timezone.now(), failure=reason
        )
        if changed:
            quota.give_back(submission, rejected=False)
            record("failed", subject=submission, challenge=submission.task.challenge.slug)
            _tell_ended(submission)


def _tell_ended(submission: Submission) -> None:
    for listener in submission_ended:
        listener(submission)
