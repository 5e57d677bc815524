"""Starting baselines and diagnoses, and bringing back baseline runs that got lost."""

from collections.abc import Collection
from contextlib import suppress

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.text import slugify

from baselines.registry import METHODS
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.baseline_runs.methods import default_seconds, lacking
from podium.baseline_runs.models import (
    RUN_IN_FLIGHT,
    SEED,
    BaselineRun,
    Diagnosis,
    DiagnosisState,
    RunState,
)
from podium.catalog.models import DatasetVersion, VersionState
from podium.challenges.models import Challenge, Task
from podium.standings.actions import REFERENCE
from podium.standings.ranking import TRIVIAL
from podium.submissions.models import Submission
from podium.teams.models import Team

ENDED = (DiagnosisState.DONE, DiagnosisState.FAILED)
WAITS = "Waits for the other baselines of this task."


class CannotStart(Exception):
    """A baseline cannot be started; the text says why and what to do."""


def start(
    *,
    task: Task,
    method: str,
    by: User | None = None,
    seconds: int | None = None,
    seed: int = SEED,
    may_show: bool = True,
) -> BaselineRun:
    """Return a new, queued run of the method on the task. Raises CannotStart.

    Boards show it if `may_show`, unless they show another seed of the method there.
    """
    if method not in METHODS:
        raise CannotStart(f"There is no baseline `{method}`. Known: {', '.join(METHODS)}.")
    if why := obstacle(task, method):
        raise CannotStart(f"{task.title}: {why}")
    baseline_team(task.challenge, method)
    try:
        with transaction.atomic():
            run = BaselineRun.objects.create(
                task=task,
                method=method,
                seconds=seconds or default_seconds(method),
                seed=seed,
                is_on_board=may_show and board_seeds([task], method).get(task.pk, seed) == seed,
            )
            record(
                Verb.QUEUED_BASELINE,
                subject=run,
                by=by,
                challenge=task.challenge.slug,
                method=method,
                seconds=run.seconds,
                seed=run.seed,
            )
            run.send()
    except IntegrityError as error:
        raise CannotStart(
            f"{METHODS[method].title} is already queued or running on {task.title}."
        ) from error
    return run


def board_seeds(tasks: Collection[Task], method: str) -> dict[int, int]:
    """Return by the task's id the seed of the method that boards show: that of its first run."""
    runs = BaselineRun.objects.filter(
        task__in=tasks,
        method=method,
        is_on_board=True,
        state__in=[*RUN_IN_FLIGHT, RunState.FINISHED],
    )
    # The first run comes last here, so it overwrites the later ones.
    return dict(runs.order_by("-pk").values_list("task", "seed"))


def start_missing(
    *, challenge: Challenge, methods: list[str], by: User | None = None
) -> tuple[list[BaselineRun], list[str]]:
    """Return the runs started for every task on which a method has neither stood nor waits.

    The second list says of the methods that a task cannot have why, a sentence for each. The first
    method of the list goes first on all tasks, those that start from others go last.
    """
    runs, left_out = [], []
    for method in sorted(methods, key=lambda name: METHODS[name].needs_reference):
        done = BaselineRun.objects.filter(
            Q(state__in=RUN_IN_FLIGHT) | Q(state=RunState.FINISHED), method=method
        )
        missing = challenge.tasks.exclude(pk__in=done.values("task"))
        for task in missing.select_related("track", "dataset_version"):
            if why := obstacle(task, method):
                left_out.append(f"{task.title}: {why}")
                continue
            try:
                runs.append(start(task=task, method=method, by=by))
            except CannotStart as error:  # the sweep started it since
                left_out.append(str(error))
    return runs, left_out


def start_trivial() -> None:
    """Start the trivial baseline on every task that never had one.

    Without its score a task has no skills, and a track of such tasks ranks nobody.
    """
    had = Q(pk__in=BaselineRun.objects.filter(method=TRIVIAL).values("task")) | Q(
        pk__in=Submission.objects.filter(team__baseline=TRIVIAL).values("task")
    )
    without = Task.objects.exclude(had).select_related("challenge", "track", "dataset_version")
    for task in without:
        with suppress(CannotStart):  # it cannot have one, or somebody started it since
            start(task=task, method=TRIVIAL)


def obstacle(task: Task, method: str) -> str:
    """Return why the method cannot enter the task, as a sentence; empty if it can."""
    rows = task.dataset_version.facts.get("rows", {}).get("train", 0)
    if why := lacking(METHODS[method]) or METHODS[method].unsuited(task.track.kind, rows):
        return why
    if METHODS[method].needs_reference and not _others(task).exists():
        return (
            f"{METHODS[method].title} starts from another baseline's submission. "
            "Start AutoGluon first; it waits for it."
        )
    return ""


def reference_of(run: BaselineRun) -> BaselineRun | None:
    """Return the run from whose submission this one starts, None if it has none.

    That is the reference baseline's newest one; if there is none, another method's, trivial last.
    """
    ended = _others(run.task).filter(state=RunState.FINISHED).select_related("submission")
    kept = ended.filter(submission__isnull=False, submission__withdrawn_at=None)
    return max(
        kept,
        key=lambda row: (row.method == REFERENCE, row.method != TRIVIAL, row.pk),
        default=None,
    )


def pair_of(task: Task) -> BaselineRun | None:
    """Return the task's newest finished run that started from another's submission."""
    pairs = BaselineRun.objects.filter(
        task=task, state=RunState.FINISHED, reference__isnull=False, is_on_board=True
    )
    return pairs.select_related(
        "reference", "submission__team", "reference__submission__team"
    ).first()


def _others(task: Task) -> QuerySet[BaselineRun]:
    """Return the task's runs in flight or finished of methods that start from nothing."""
    alone = [name for name, method in METHODS.items() if not method.needs_reference]
    return BaselineRun.objects.filter(
        task=task, method__in=alone, state__in=[*RUN_IN_FLIGHT, RunState.FINISHED]
    )


def restart(*, run: BaselineRun, by: User | None = None) -> BaselineRun:
    """Return a new run like one that has ended, with its limit and seed. Raises CannotStart."""
    if run.state in RUN_IN_FLIGHT:
        raise CannotStart("This run has not ended yet.")
    return start(
        task=run.task,
        method=run.method,
        by=by,
        seconds=run.seconds,
        seed=run.seed,
        may_show=run.is_on_board,
    )


def cancel(*, run: BaselineRun, by: User) -> bool:
    """Return whether the run was in flight; it is cancelled now. Its worker ends it within seconds.

    The worker sees that its claim is gone, as when another one took the run over.
    """
    with transaction.atomic():
        changed = BaselineRun.objects.filter(pk=run.pk, state__in=RUN_IN_FLIGHT).update(
            state=RunState.CANCELLED,
            lease_until=None,
            finished_at=timezone.now(),
            message="Cancelled by an organizer.",
        )
        if changed:
            slug = run.task.challenge.slug
            record(Verb.CANCELLED_BASELINE, subject=run, by=by, challenge=slug, method=run.method)
    return bool(changed)


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


def has_to_wait(run_id: int) -> bool:
    """Return whether a queued run starts from another's submission while others still train.

    The sweep sends it again until they have ended.
    """
    run = BaselineRun.waiting().filter(pk=run_id).select_related("task").first()
    if run is None or run.method not in METHODS or not METHODS[run.method].needs_reference:
        return False
    if not _others(run.task).filter(state__in=RUN_IN_FLIGHT).exists():
        return False
    BaselineRun.waiting().filter(pk=run_id).update(message=WAITS)
    return True


def diagnose(*, version: DatasetVersion, by: User | None = None) -> Diagnosis:
    """Return the version's diagnosis, queued now. What an earlier one found stays until it ends.

    Raises CannotStart.
    """
    if not version.is_released:
        raise CannotStart(
            f"{version} is {version.state}. Publish it first; then it is diagnosed by itself."
        )
    with transaction.atomic():
        found, is_new = Diagnosis.objects.get_or_create(version=version)
        ended = Diagnosis.objects.filter(pk=found.pk, state__in=ENDED)
        if not is_new and not Diagnosis.requeue(ended, progress=0, message=""):
            raise CannotStart(
                f"The diagnosis of {version} is {found.state} already. Wait until it has ended."
            )
        record(Verb.QUEUED_DIAGNOSIS, subject=found, by=by, version=str(version))
        found.send()
    found.refresh_from_db()
    return found


def diagnose_missing() -> list[Diagnosis]:
    """Return the diagnoses queued now for published versions that never had one."""
    versions = DatasetVersion.objects.filter(state=VersionState.PUBLISHED, diagnosis=None)
    return [diagnose(version=version) for version in versions.order_by("pk")]
