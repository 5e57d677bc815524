"""Rescoring a task's submissions, unseen: start, cancel, resume, progress.

Publication is a verb of `standings`, which calls `settle`. Until then nothing that anybody sees
changes: what a rescore makes are evaluations that do not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from podium import celery
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog.models import Solution
from podium.challenges.models import Task, current_scorer_version
from podium.jobs import LEASE
from podium.submissions.models import (
    ACTIVE,
    Evaluation,
    Rescore,
    RescoreState,
    State,
    Submission,
    Unscored,
)

# The states that lead to each state of a rescore.
LEGAL: Mapping[str, frozenset[str]] = {
    RescoreState.RUNNING: frozenset({RescoreState.CANCELLED}),
    RescoreState.READY: frozenset({RescoreState.RUNNING}),
    RescoreState.PUBLISHED: frozenset({RescoreState.READY}),
    RescoreState.CANCELLED: frozenset(ACTIVE),
}
RATE_WINDOW = timedelta(seconds=60)


class CannotRescore(Exception):
    """A rescore cannot be started, changed or published; the text says why and what to do."""


@dataclass(frozen=True)
class Progress:
    """How far a rescore has come: of `total` submissions `left` wait, `unscored` got no scores."""

    total: int
    left: int
    unscored: int
    per_second: float | None

    @property
    def done(self) -> int:
        return max(0, self.total - self.left)

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 100

    @property
    def seconds_left(self) -> int | None:
        return round(self.left / self.per_second) if self.per_second else None


def start(*, task: Task, solution: Solution | None = None, by: User | None = None) -> Rescore:
    """Return a new rescore by this solution (the task's own by default) and the current scorer.

    Raises CannotRescore if nothing would differ, or if one of the task is not over yet.
    """
    solution = solution or task.solution
    if solution.dataset_version_id != task.dataset_version_id:
        raise CannotRescore(f"{solution} is of another data set version than {task}.")
    if not _would_differ(task, solution):
        raise CannotRescore(
            f"Everything on {task} is scored by {solution} and scorer version "
            f"{current_scorer_version()} already: a rescore would change nothing."
        )
    now = timezone.now()
    try:
        with transaction.atomic():
            rescore = Rescore.objects.create(
                task=task,
                solution=solution,
                scorer_version=current_scorer_version(),
                started_by=by,
                started_at=now,
                resumed_at=now,
                lease_until=now + LEASE,
            )
            _record(Verb.STARTED_RESCORE, rescore, by)
            send_all(rescore)
    except IntegrityError as error:
        raise CannotRescore(_ONE_AT_A_TIME) from error
    return rescore


def cancel(*, rescore: Rescore, by: User | None = None) -> None:
    """Stop a rescore that is not published. What it has scored is kept for a resumption."""
    with transaction.atomic():
        _move(rescore, RescoreState.CANCELLED, ended_at=timezone.now())
        _record(Verb.CANCELLED_RESCORE, rescore, by)


def resume(*, rescore: Rescore, by: User | None = None) -> None:
    """Go on with a cancelled rescore; what failed on our side is tried again."""
    if rescore.scorer_version != current_scorer_version():
        raise CannotRescore(f"{_outdated(rescore)} Start a new rescore.")
    now = timezone.now()
    try:
        with transaction.atomic():
            _move(
                rescore,
                RescoreState.RUNNING,
                ended_at=None,
                resumed_at=now,
                lease_until=now + LEASE,
            )
            rescore.unscored.filter(state=State.FAILED).delete()
            _record(Verb.RESUMED_RESCORE, rescore, by)
            send_all(rescore)
    except IntegrityError as error:
        raise CannotRescore(_ONE_AT_A_TIME) from error


def finish_if_done(rescore: Rescore) -> bool:
    """Make a running rescore ready to publish once nothing is left. Returns whether it did."""
    if left(rescore).exists():
        return False
    with transaction.atomic():
        changed = Rescore.objects.filter(pk=rescore.pk, state__in=LEGAL[RescoreState.READY]).update(
            state=RescoreState.READY
        )
        if changed:
            _record(Verb.FINISHED_RESCORE, rescore, None)
    return bool(changed)


def settle(*, rescore: Rescore, why: str, by: User | None = None) -> None:
    """Let what the rescore made count from now on. Raises CannotRescore.

    `why` is public. Runs in the transaction of `standings.rescore_boards.publish`, which holds the
    task's lock.
    """
    if waiting := left(rescore).count():
        refuse_outdated(rescore)
        noun = "submission is" if waiting == 1 else "submissions are"
        raise CannotRescore(
            f"{waiting} {noun} still to be rescored. Publish again when it is done."
        )
    _move(rescore, RescoreState.PUBLISHED, ended_at=timezone.now())
    scored_by = Task.objects.select_related("solution__dataset_version").get(pk=rescore.task_id)
    before = {"solution": str(scored_by.solution), "scorer_version": scored_by.scorer_version}
    made = Evaluation.objects.filter(
        submission__task=rescore.task_id,
        solution=rescore.solution_id,
        scorer_version=rescore.scorer_version,
    )
    replaced = Evaluation.objects.filter(submission__in=made.values("submission"), counts=True)
    replaced.update(counts=False)
    made.update(counts=True)
    Task.objects.filter(pk=rescore.task_id).update(
        solution=rescore.solution_id, scorer_version=rescore.scorer_version
    )
    kept = list(rescore.unscored.values_list("submission", flat=True))
    _record(Verb.PUBLISHED_RESCORE, rescore, by, unscored=kept, before=before, why=why)


def refuse_outdated(rescore: Rescore) -> None:
    """Raise CannotRescore if no worker can go on with it: they have another scorer by now."""
    if rescore.scorer_version != current_scorer_version():
        raise CannotRescore(f"{_outdated(rescore)} Cancel this rescore and start a new one.")


def left(rescore: Rescore) -> QuerySet[Submission]:
    """Return the submissions that the rescore has still to score: the truth about what to do."""
    made = Evaluation.objects.filter(
        submission=OuterRef("pk"),
        solution=rescore.solution_id,
        scorer_version=rescore.scorer_version,
    )
    given_up = Unscored.objects.filter(rescore=rescore, submission=OuterRef("pk"), is_final=True)
    scored = Submission.objects.filter(task=rescore.task_id, state=State.SCORED)
    return scored.filter(~Exists(made), ~Exists(given_up))


def progress(rescore: Rescore) -> Progress:
    """Return how far the rescore has come, and at which rate in the last minute."""
    now = timezone.now()
    since = max(rescore.resumed_at, now - RATE_WINDOW)
    made = Evaluation.objects.filter(
        submission__task=rescore.task_id,
        solution=rescore.solution_id,
        scorer_version=rescore.scorer_version,
        created_at__gte=since,
    ).count()
    seconds = max(1.0, (now - since).total_seconds())
    return Progress(
        total=Submission.objects.filter(task=rescore.task_id, state=State.SCORED).count(),
        left=left(rescore).count(),
        unscored=rescore.unscored.filter(is_final=True).count(),
        per_second=made / seconds if made else None,
    )


def include(submission: Submission) -> None:
    """Score a submission that was scored just now for an active rescore of its task too."""
    for rescore in Rescore.objects.filter(task=submission.task_id, state__in=ACTIVE):
        if left(rescore).filter(pk=submission.pk).exists():
            send(rescore.pk, [submission.pk])


def send_all(rescore: Rescore) -> None:
    """Let a worker send everything that is left in batches, when this transaction commits."""
    celery.send("submissions.send_rescore", rescore.pk)


def send(rescore: int, submissions: list[int]) -> None:
    """Send a batch to the workers when this transaction commits."""
    celery.send("submissions.rescore_batch", rescore, submissions)


_ONE_AT_A_TIME = "Another rescore of this task is not over yet. Publish or cancel it first."


def _would_differ(task: Task, solution: Solution) -> bool:
    target = {"solution": solution, "scorer_version": current_scorer_version()}
    published = {"solution": task.solution, "scorer_version": task.scorer_version}
    return target != published or (Evaluation.objects.counting(task).exclude(**target).exists())


def _outdated(rescore: Rescore) -> str:
    return (
        f"This rescore is by scorer version {rescore.scorer_version}, and the workers have "
        f"version {current_scorer_version()} by now."
    )


def _move(rescore: Rescore, to: RescoreState, **values: object) -> None:
    """Change the state by one guarded UPDATE. Raises CannotRescore if it is not legal."""
    changed = Rescore.objects.filter(pk=rescore.pk, state__in=LEGAL[to]).update(state=to, **values)
    rescore.refresh_from_db()
    if not changed:
        legal = " or ".join(sorted(LEGAL[to]))
        raise CannotRescore(
            f"This rescore is {rescore.state}; only a {legal} one can become {to.value}."
        )


def _record(verb: Verb, rescore: Rescore, by: User | None, **facts: Any) -> None:
    record(
        verb,
        subject=rescore,
        by=by,
        challenge=rescore.task.challenge.slug,
        task=rescore.task.slug,
        solution=str(rescore.solution),
        scorer_version=rescore.scorer_version,
        **facts,
    )
