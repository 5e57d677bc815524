"""Scoring one submission: a fenced claim with a lease, the scoring child, the stored outcome."""

from typing import Any

import structlog
from django.core.files.base import ContentFile
from django.db import transaction

from podium import files, workers
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Task
from podium.jobs import LostClaim
from podium.submissions import quota
from podium.submissions.jobs import rescoring
from podium.submissions.jobs.evaluating import operator_text, outcome_of, store
from podium.submissions.models import State, Submission
from podium.submissions.problems import redact_for_sender
from podium.submissions.signals import evaluation_stored, submission_ended
from scoring.runner import Failed, Rejected, Scored, Scorer

log = structlog.get_logger(__name__)


def score(submission: Submission, scorer: Scorer) -> None:
    """Score the claimed submission and store the outcome, whatever it is."""
    needed = ("team", "task__challenge", "task__track", "task__dataset_version", "task__solution")
    rows = submission.held().select_related(*needed).defer("task__dataset_version__facts")
    held = rows.first()
    if held is None:
        raise LostClaim
    try:
        with held.renewing():
            outcome = outcome_of(held, held.task.solution, scorer)
        _store(held, outcome)
    except Exception as error:
        # The participant reads that we failed; the operator finds the reason in the console.
        _store_failed(held, Failed(operator_text(error)))


def _store(submission: Submission, outcome: Scored | Rejected | Failed) -> None:
    log.info(
        "scoring ended",
        submission=submission.pk,
        attempt=submission.attempt,
        outcome=type(outcome).__name__.lower(),
    )
    if isinstance(outcome, Scored):
        _store_scored(submission, outcome)
    elif isinstance(outcome, Rejected):
        _store_rejected(submission, outcome)
    else:
        _store_failed(submission, outcome)


def _store_scored(submission: Submission, outcome: Scored) -> None:
    name = f"rows/{submission.task_id}/{submission.pk}-{submission.attempt}.npz"
    try:
        files.private().save(name, ContentFile(outcome.rows))
        with transaction.atomic():
            kept = _store_evaluation(submission, outcome, name)
    except BaseException:
        files.private().delete(name)
        raise
    if not kept:
        files.private().delete(name)


def _store_evaluation(submission: Submission, outcome: Scored, rows: str) -> bool:
    """Store scores and standings. False: the outcome is of no use any more.

    Somebody else has taken the submission over, or another solution was published meanwhile.
    """
    task = submission.task
    # Publishing a rescore locks the task too: this comes wholly before it or after it.
    now = Task.objects.select_for_update(no_key=True).get(pk=task.pk)
    if now.solution_id != task.solution_id:
        if submission.give_back():
            submission.send()
        return False
    if not submission.finish(State.SCORED, notes=list(outcome.notes)):
        return False
    (evaluation,) = store([(submission, outcome)], task.solution, counts=True, rows=rows)
    _record_end(Verb.SCORED, submission)
    for listener in evaluation_stored:
        listener(evaluation)
    rescoring.include(submission)
    return True


def _store_rejected(submission: Submission, outcome: Rejected) -> None:
    version = submission.task.dataset_version
    problems = redact_for_sender(outcome.problems, version, submission.submitted_by)
    with transaction.atomic():
        if submission.finish(State.REJECTED, problems=problems):
            quota.give_back(submission, rejected=True)
            _record_end(Verb.REJECTED, submission)
            _notify_ended(submission)


def _store_failed(submission: Submission, outcome: Failed) -> None:
    log.error("scoring failed", submission=submission.pk, reason=outcome.reason)
    if submission.attempt < submission.attempt_limit:
        submission.release(failure=outcome.reason)
    else:
        fail(submission, outcome.reason)


def fail(submission: Submission, reason: str) -> None:
    """End a claimed submission that we could not score, and refund it. An operator can retry it."""
    with transaction.atomic():
        if submission.finish(State.FAILED, failure=reason):
            quota.give_back(submission, rejected=False)
            _record_end(Verb.FAILED, submission)
            _notify_ended(submission)


def _record_end(verb: Verb, submission: Submission) -> None:
    """Record how an attempt ended, and on which worker."""
    at: dict[str, Any] = {"worker": name} if (name := workers.name()) else {}
    slug = submission.task.challenge.slug
    record(verb, subject=submission, challenge=slug, attempt=submission.attempt, **at)


def _notify_ended(submission: Submission) -> None:
    for listener in submission_ended:
        listener(submission)
