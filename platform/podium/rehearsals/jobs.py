"""Asking for a rehearsal, and playing it in a worker."""

import hashlib

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.export import definition_text
from podium.challenges.models import Challenge
from podium.refusals import Refused
from podium.rehearsals.actions import BROKEN, MOST_SECONDS, play, record_report
from podium.rehearsals.models import Rehearsal, RehearsalState

log = structlog.get_logger(__name__)


def ask(*, challenge: Challenge, by: User) -> Rehearsal:
    """Queue a rehearsal. Raises Refused without a task, and while one is being played."""
    if not challenge.tasks.exists():
        raise Refused("no_task", "There is nothing to rehearse. Add a track and a task first.")
    try:
        with transaction.atomic():
            job = Rehearsal.objects.create(challenge=challenge, by=by, queued_at=timezone.now())
            job.send()
    except IntegrityError as error:
        raise Refused(
            "rehearsal_waits", "A rehearsal is being played. Wait until it is over."
        ) from error
    return job


def run(job: Rehearsal) -> None:
    """Play a claimed rehearsal, and store its report with one event."""
    definition = definition_of(job.challenge)
    try:
        with job.renewing():
            report = play(job.challenge, MOST_SECONDS)
    except Refused as refused:
        fail(job, refused.message)
        return
    except OSError:
        log.exception("no rehearsal", job=job.pk)
        fail(job, BROKEN)
        return
    with transaction.atomic():
        if job.finish(RehearsalState.DONE, steps=report.steps, definition=definition, reason=""):
            record_report(job.challenge, report, job.by)


def fail(job: Rehearsal, reason: str) -> None:
    """End a claimed rehearsal with the reason why there is no report."""
    job.finish(RehearsalState.FAILED, reason=reason[:300])


def definition_of(challenge: Challenge) -> str:
    """Return a hash of all that a challenge.yaml says of the challenge."""
    return hashlib.sha256(definition_text(challenge).encode()).hexdigest()


def is_rehearsed(challenge: Challenge) -> bool:
    """Return whether a rehearsal without problems was played since the last change."""
    played = challenge.rehearsals.filter(
        state=RehearsalState.DONE, definition=definition_of(challenge)
    )
    last = played.first()
    return last is not None and not last.problems
