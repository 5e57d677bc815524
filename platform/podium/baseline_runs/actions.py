"""Starting baselines, and bringing back the runs that got lost."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.text import slugify

from baselines.registry import METHODS
from podium.audit.actions import record
from podium.baseline_runs.models import RUN_IN_FLIGHT, BaselineRun, RunState
from podium.challenges.models import Challenge, Task
from podium.teams.models import Team

LEASE = timedelta(seconds=30)
# A lease that ends so far ahead was given before a clock was put back.
FAR_AHEAD = 10 * LEASE


class CannotStart(Exception):
    """A baseline cannot be started; the text says why and what to do."""


def start(*, task: Task, method: str, by: Any = None) -> BaselineRun:
    """Return a new, queued run of the method on the task. Raises CannotStart."""
    if method not in METHODS:
        raise CannotStart(f"There is no baseline `{method}`. Known: {', '.join(METHODS)}.")
    baseline_team(task.challenge, method)
    try:
        with transaction.atomic():
            run = BaselineRun.objects.create(task=task, method=method)
            record(
                "queued baseline", subject=run, by=by, challenge=task.challenge.slug, method=method
            )
            _enqueue(run.pk)
    except IntegrityError as error:
        raise CannotStart(
            f"{METHODS[method].title} is already queued or running on {task.title}."
        ) from error
    return run


def start_missing(*, challenge: Challenge, methods: list[str], by: Any = None) -> list[BaselineRun]:
    """Return the runs started for every task on which a method has neither stood nor waits.

    The first method of the list goes first on all tasks.
    """
    runs = []
    for method in methods:
        done = BaselineRun.objects.filter(
            Q(state__in=RUN_IN_FLIGHT) | Q(state=RunState.FINISHED), method=method
        )
        tasks = challenge.tasks.exclude(pk__in=done.values("task"))
        runs += [start(task=task, method=method, by=by) for task in tasks]
    return runs


def restart(*, run: BaselineRun, by: Any = None) -> BaselineRun:
    """Return a new run in place of one that failed. Raises CannotStart."""
    if run.state in RUN_IN_FLIGHT:
        raise CannotStart("This run has not ended yet.")
    return start(task=run.task, method=run.method, by=by)


def baseline_team(challenge: Challenge, method: str) -> Team:
    """Return the team as which a method enters a challenge."""
    title = METHODS[method].title
    # People may have taken the name before the method first ran.
    taken = Team.objects.filter(challenge=challenge, name__iexact=title, baseline="").exists()
    team, _ = Team.objects.get_or_create(
        challenge=challenge,
        baseline=method,
        defaults={
            "name": f"Baseline {title}" if taken else title,
            "slug": f"baseline-{slugify(title)}",
        },
    )
    return team


def sweep(*, in_broker: int) -> int:
    """Queue runs again whose worker is gone, and send queued ones that have no message."""
    now = timezone.now()
    with transaction.atomic():
        lost = Q(lease_until__lt=now) | Q(lease_until__gt=now + FAR_AHEAD)
        BaselineRun.objects.filter(lost, state=RunState.RUNNING).update(
            state=RunState.QUEUED,
            lease_until=None,
            message="The worker stopped; the run starts again.",
        )
    queued = BaselineRun.objects.filter(state=RunState.QUEUED).order_by("id")
    ids = list(queued.values_list("pk", flat=True)[: max(0, queued.count() - in_broker)])
    for pk in ids:
        _enqueue(pk)
    return len(ids)


def claim(run_id: int) -> BaselineRun | None:
    """Return a queued run, now running under a lease; None if it is not ours to run.

    A run that has used its attempts fails here.
    """
    now = timezone.now()
    queued = BaselineRun.objects.filter(pk=run_id, state=RunState.QUEUED)
    queued.filter(attempt__gte=F("attempt_limit")).update(
        state=RunState.FAILED,
        finished_at=now,
        message="Its worker died again and again. Look at its memory, then start it again.",
    )
    changed = queued.filter(attempt__lt=F("attempt_limit")).update(
        state=RunState.RUNNING,
        attempt=F("attempt") + 1,
        lease_until=now + LEASE,
        started_at=now,
        progress=0,
        message="starting",
        log="",
    )
    if not changed:
        return None
    return BaselineRun.objects.select_related(
        "task__challenge", "task__dataset_version", "task__solution"
    ).get(pk=run_id)


def held(run: BaselineRun) -> QuerySet[BaselineRun]:
    """Return the claimed run's row as long as this attempt is the one that counts."""
    return BaselineRun.objects.filter(pk=run.pk, state=RunState.RUNNING, attempt=run.attempt)


def give_back(run: BaselineRun) -> None:
    """Queue a claimed run again because its worker was told to stop. The attempt is free."""
    held(run).update(
        state=RunState.QUEUED,
        lease_until=None,
        attempt_limit=F("attempt_limit") + 1,
        message="The worker was stopped; the run starts again.",
    )


def _enqueue(run_id: int) -> None:
    from podium.baseline_runs.tasks import run_baseline  # the task module imports this one

    transaction.on_commit(lambda: run_baseline.delay(run_id), robust=True)
