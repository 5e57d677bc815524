"""What the console shows: whether everything is all right, from counts, rows and signs of life.

Nothing here reads a score, a solution or a file of a team.
"""

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.cache import caches
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone
from django.utils.timesince import timesince

from baselines.registry import METHODS
from podium import workers
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.baseline_runs.models import RUN_IN_FLIGHT, BaselineRun, RunState
from podium.challenges.models import Aggregate, Challenge
from podium.challenges.reveals import WARNING
from podium.standings.models import Standing
from podium.standings.ranking import TRIVIAL
from podium.submissions.models import Part, State, Submission
from podium.web.base.presenters import Context

OLD_QUEUE = timedelta(minutes=2)
CRASH_SHOWN = timedelta(days=1)
MAILED_WITHIN = timedelta(minutes=2)
BEAT_SILENT = timedelta(seconds=60)
LOW_DISK = 0.1
LATEST = 12
FAILURES = 10
LOG_LINES = 4
VAR_SIZE_SECONDS = 600


@dataclass(frozen=True)
class Disk:
    """Room on the disk that holds var/, in bytes, and how much of it var/ takes."""

    total: int
    free: int
    var: int

    @property
    def free_share(self) -> float:
        return self.free / self.total


@dataclass(frozen=True)
class Run:
    """The last run of a baseline on a task, as the console shows it."""

    row: BaselineRun
    title: str

    @property
    def log_tail(self) -> str:
        """The last lines of its log while they matter: it runs or has failed."""
        if self.row.state not in {RunState.RUNNING, RunState.FAILED}:
            return ""
        return "\n".join(self.row.log.splitlines()[-LOG_LINES:])

    @property
    def percent(self) -> int:
        return round(100 * self.row.progress)

    @property
    def is_over(self) -> bool:
        return self.row.state not in RUN_IN_FLIGHT


def overview(challenge: Challenge) -> dict[str, object]:
    """Return everything that the live part of the console shows."""
    now = timezone.now()
    submissions = Submission.objects.filter(task__challenge=challenge)
    rows = submissions.select_related("team", "task")
    counts = _counts(submissions, now)
    runs = _runs(challenge)
    space = disk()
    alive = workers.workers_alive()
    return {
        "now": now,
        "today": now.astimezone(UTC).date(),
        "counts": counts,
        "runs": runs,
        "disk": space,
        "workers": alive,
        "latest": rows[:LATEST],
        "failures": rows.filter(state=State.FAILED).order_by("-finished_at")[:FAILURES],
        "trouble": [
            *_machine_trouble(alive, now),
            *_disk_trouble(space),
            *_work_trouble(counts, runs, now),
            *_crash_trouble(challenge, now),
            *_reveal_trouble(challenge, now),
            *_trivial_trouble(challenge),
        ],
    }


def _crash_trouble(challenge: Challenge, now: datetime) -> list[str]:
    """Name the files of the last day that ended a program of the scorer."""
    crashes = Event.objects.filter(
        verb=Verb.CRASHED_SCORER, challenge=challenge.slug, at__gte=now - CRASH_SHOWN
    ).order_by("-id")
    found = list(dict.fromkeys(crashes.values_list("subject", flat=True)[:FAILURES]))
    if not found:
        return []
    return [
        f"Reading or measuring crashed in the last day: {', '.join(found)}. Each time a new "
        "program took over. Damaged files do this, but so do attempts to break in: look at the "
        "file, and ask its team if it is not simply damaged."
    ]


def _reveal_trouble(challenge: Challenge, now: datetime) -> list[str]:
    """Say that private boards wait for an owner, and why."""
    if challenge.revealed_at or now < challenge.reveal_at - WARNING + MAILED_WITHIN:
        return []
    if challenge.reveal_stopped_at:
        return [
            "An owner stopped the reveal: the private boards appear when an owner reveals them, or "
            "lets them come by themselves."
        ]
    if challenge.reveals_itself_at is None:
        return [
            "The private boards wait, because no owner could be mailed that they come. Check the "
            "mail server, and that an owner has confirmed an address. An owner can reveal them "
            "below when it is time."
        ]
    return []


def _trivial_trouble(challenge: Challenge) -> list[str]:
    """Name the tasks that lack a trivial score, and so count in no ranking of skills."""
    scored = Standing.objects.filter(
        board__task__in=challenge.tasks.all(),
        board__part=Part.PUBLIC,
        team__baseline=TRIVIAL,
        score__isnull=False,
        valid_until=None,
    )
    running = BaselineRun.objects.filter(method=TRIVIAL, state__in=RUN_IN_FLIGHT)
    lacking = challenge.tasks.filter(track__aggregate=Aggregate.MEAN_SKILL).exclude(
        Q(pk__in=scored.values("board__task")) | Q(pk__in=running.values("task"))
    )
    titles = [str(task) for task in lacking.only("title")]
    if not titles:
        return []
    return [
        f"Without a score of the trivial baseline these tasks count in no track: "
        f"{', '.join(titles)}. Start the baseline below, or start it again."
    ]


def disk() -> Disk:
    """Return the room on the disk of var/. The size of var/ may be ten minutes old."""
    folder = Path(settings.VAR)
    usage = shutil.disk_usage(folder)
    size = caches["pages"].get_or_set(f"size-of-{folder}", lambda: _size(folder), VAR_SIZE_SECONDS)
    return Disk(total=usage.total, free=usage.free, var=int(size or 0))


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).lstat().st_size
            except FileNotFoundError:  # gone since it was listed
                continue
    return total


def _counts(submissions: QuerySet[Submission], now: datetime) -> Context:
    """Return the queue and today's (UTC) counts, by one query."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Q(received_at__gte=midnight)
    queued = Q(state=State.QUEUED)
    counts: Context = submissions.order_by().aggregate(
        queued=Count("pk", filter=queued),
        scoring=Count("pk", filter=Q(state=State.SCORING)),
        failed=Count("pk", filter=Q(state=State.FAILED)),
        oldest=Min("queued_at", filter=queued),
        today=Count("pk", filter=today),
        today_scored=Count("pk", filter=today & Q(state=State.SCORED)),
        today_rejected=Count("pk", filter=today & Q(state=State.REJECTED)),
        today_teams=Count("team", filter=today, distinct=True),
    )
    return counts


def _runs(challenge: Challenge) -> list[Run]:
    """Return the last run of every baseline on every task."""
    all_runs = BaselineRun.objects.filter(task__challenge=challenge).order_by()
    last = all_runs.values("task", "method").annotate(last=Max("pk")).values("last")
    rows = BaselineRun.objects.filter(pk__in=last).select_related("task")
    ordered = rows.order_by("task__track__position", "task__position", "task", "method")
    return [
        Run(row, METHODS[row.method].title if row.method in METHODS else row.method)
        for row in ordered
    ]


def _machine_trouble(alive: list[workers.Worker] | None, now: datetime) -> list[str]:
    if alive is None:
        return [
            "Redis does not answer. Nothing is scored until it does; submissions wait in the "
            "database and are not lost."
        ]
    trouble = []
    if not any("scoring" in worker.queues for worker in alive):
        trouble.append("No scoring worker is alive. Submissions wait until one is started.")
    seen = workers.beat_seen_at()
    if seen is None or now - seen > BEAT_SILENT:
        since = f"for {timesince(seen, now)}" if seen else "yet"
        trouble.append(
            f"The scheduler has given no sign {since}. Until it runs, work whose worker died "
            "is not taken up again."
        )
    return trouble


def _disk_trouble(space: Disk) -> list[str]:
    if space.free_share >= LOW_DISK:
        return []
    return [
        f"Only {space.free_share:.0%} of the disk is free. Uploads fail when it is full: "
        "make room or move var/."
    ]


def _work_trouble(counts: Context, runs: list[Run], now: datetime) -> list[str]:
    trouble = []
    if failed := counts["failed"]:
        noun = "submission" if failed == 1 else "submissions"
        trouble.append(
            f"{failed} {noun} failed because of a system error. See the reason below and retry."
        )
    oldest = counts["oldest"]
    if oldest and now - oldest > OLD_QUEUE:
        trouble.append(f"The oldest queued submission has waited for {timesince(oldest, now)}.")
    trouble += [
        f"The baseline {run.title} failed on {run.row.task}. Read why below, then start it again."
        for run in runs
        if run.row.state == RunState.FAILED
    ]
    return trouble
