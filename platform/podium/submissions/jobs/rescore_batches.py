"""The batches of a rescore: small enough not to delay other submissions.

A batch may be lost, doubled or interrupted at any moment: what is left is asked of the database,
and one evaluation of each kind is stored once.
"""

import time
from collections.abc import Iterator

import structlog
from django.db import transaction
from django.utils import timezone

from podium import workers
from podium.challenges.models import current_scorer_version
from podium.jobs import ATTEMPTS, LEASE, is_lost
from podium.submissions.jobs import rescoring
from podium.submissions.jobs.evaluating import operator_text, outcome_of, store
from podium.submissions.models import (
    ACTIVE,
    Evaluation,
    Rescore,
    RescoreState,
    State,
    Submission,
    Unscored,
)
from podium.submissions.originals import UploadGone
from podium.submissions.problems import for_organizers
from scoring.runner import Failed, Rejected, Scored, Scorer

log = structlog.get_logger(__name__)
BATCH_SECONDS = 0.7
MOST_IN_A_BATCH = 50
# What scoring takes in addition to the scorer's own time: a fork, a few queries.
OVERHEAD_SECONDS = 0.015

Outcome = Scored | Rejected | Failed | UploadGone


def send_left(rescore_id: int) -> int:
    """Send everything that is left in batches. Returns how many batches."""
    rescore = _active(rescore_id)
    if rescore is None or rescoring.finish_if_done(rescore):
        return 0
    _renew(rescore_id)
    batches = list(_batches(rescore))
    for ids in batches:
        rescoring.send(rescore_id, ids)
    return len(batches)


def work(rescore_id: int, ids: list[int], scorer: Scorer) -> None:
    """Score those of the submissions that are still left.

    Stops when its time is over or a new submission waits; the rest goes to the end of the queue.
    """
    rescore = _active(rescore_id)
    if rescore is None:
        return
    _renew(rescore_id)
    todo = list(
        rescoring.left(rescore)
        .filter(pk__in=ids)
        .select_related("task__dataset_version")
        .defer("task__dataset_version__facts")
        .order_by("pk")
    )
    until = time.monotonic() + BATCH_SECONDS
    outcomes: list[tuple[Submission, Outcome]] = []
    for submission in todo:
        outcomes.append((submission, _outcome(submission, rescore, scorer)))
        if time.monotonic() > until or _somebody_waits():
            break
    _store(rescore, outcomes)
    if rest := [submission.pk for submission in todo[len(outcomes) :]]:
        rescoring.send(rescore_id, rest)
    else:
        rescoring.finish_if_done(rescore)


def sweep(*, in_broker: int) -> int:
    """Send again what is left of rescores whose lease is over. Returns how many.

    `in_broker` batches wait in the queue: while there are any, none is missing.
    """
    sent = 0
    active = Rescore.objects.filter(state__in=ACTIVE, scorer_version=current_scorer_version())
    silent = set(active.filter(is_lost(timezone.now())).values_list("pk", flat=True))
    for rescore in active:
        if rescore.state == RescoreState.RUNNING and rescoring.finish_if_done(rescore):
            continue
        if rescore.pk in silent and not in_broker and rescoring.left(rescore).exists():
            rescoring.send_all(rescore)
            sent += 1
    return sent


def _renew(rescore_id: int) -> None:
    """Each batch renews the lease when it begins and ends."""
    Rescore.objects.filter(pk=rescore_id).update(lease_until=timezone.now() + LEASE)


def _active(rescore_id: int) -> Rescore | None:
    """Return the rescore if it goes on, and if this process can do its work."""
    active = Rescore.objects.filter(state__in=ACTIVE, scorer_version=current_scorer_version())
    return active.select_related("task__challenge", "solution").filter(pk=rescore_id).first()


def _batches(rescore: Rescore) -> Iterator[list[int]]:
    """Yield the ids of what is left, in parts of about `BATCH_SECONDS` of work."""
    took = dict(Evaluation.objects.counting(rescore.task).values_list("submission_id", "seconds"))
    batch: list[int] = []
    seconds = 0.0
    for pk in rescoring.left(rescore).order_by("pk").values_list("pk", flat=True):
        batch.append(pk)
        seconds += took.get(pk, 0.0) + OVERHEAD_SECONDS
        if seconds >= BATCH_SECONDS or len(batch) == MOST_IN_A_BATCH:
            yield batch
            batch, seconds = [], 0.0
    if batch:
        yield batch


def _somebody_waits() -> bool:
    return workers.queue_lengths().get("scoring", 0) > 0


def _outcome(submission: Submission, rescore: Rescore, scorer: Scorer) -> Outcome:
    try:
        return outcome_of(submission, rescore.solution, scorer)
    except UploadGone as gone:
        return gone
    except Exception as error:
        return Failed(operator_text(error))


def _store(rescore: Rescore, outcomes: list[tuple[Submission, Outcome]]) -> None:
    """Store what was found, unless the rescore is over or somebody else was quicker."""
    with transaction.atomic():
        # Batches store one after the other, and none while the rescore is published.
        locked = Rescore.objects.select_for_update(no_key=True)
        if not locked.filter(pk=rescore.pk, state__in=ACTIVE).exists():
            return
        mine = [submission.pk for submission, _ in outcomes]
        fresh = set(rescoring.left(rescore).filter(pk__in=mine).values_list("pk", flat=True))
        new = [(submission, found) for submission, found in outcomes if submission.pk in fresh]
        scored = [(submission, found) for submission, found in new if isinstance(found, Scored)]
        store(scored, rescore.solution, counts=False)
        for submission, found in new:
            if not isinstance(found, Scored):
                _store_unscored(rescore, submission, found)
        Unscored.objects.filter(
            rescore=rescore, submission__in=[submission for submission, _ in scored]
        ).delete()
        _renew(rescore.pk)


def _store_unscored(
    rescore: Rescore, submission: Submission, found: Rejected | Failed | UploadGone
) -> None:
    """Keep what happened; what failed on our side is tried again until its tries are used up."""
    row, _ = Unscored.objects.get_or_create(
        rescore=rescore, submission=submission, defaults={"state": State.FAILED}
    )
    row.tries += 1
    if isinstance(found, Rejected):
        row.state, row.is_final = State.REJECTED, True
        row.problems = for_organizers(found.problems, rescore.solution.dataset_version)
    else:
        row.failure = found.reason if isinstance(found, Failed) else str(found)
        row.is_final = isinstance(found, UploadGone) or row.tries >= ATTEMPTS
    row.save()
    log.warning("not rescored", submission=submission.pk, state=row.state, tries=row.tries)
