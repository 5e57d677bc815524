"""How a challenge and the machine are: counts, rows, signs of life, and what is wrong.

The console shows it, and `podium.watch.alerts` mails what is wrong. Nothing here reads a score, a
solution or a file of a team.
"""

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
from podium.integrity.actions import open_cases
from podium.standings.models import Standing
from podium.standings.ranking import TRIVIAL
from podium.submissions.models import Part, State, Submission

OLD_QUEUE = timedelta(minutes=2)
CRASH_SHOWN = timedelta(days=1)
MAILED_WITHIN = timedelta(minutes=2)
BEAT_SILENT = timedelta(seconds=60)
WATCH_SILENT = timedelta(minutes=2)
LOW_DISK = 0.1
LATEST = 12
FAILURES = 10
LOG_LINES = 4
VAR_SIZE_SECONDS = 600
# The queues without whose worker nothing goes on, and what waits then.
NEEDED_WORKERS = {
    "scoring": "No scoring worker is alive. Submissions wait until one is started.",
    "control": (
        "No worker of the queue control is alive. Until one is started, no mail is sent and no "
        "private board appears."
    ),
}


@dataclass(frozen=True)
class Trouble:
    """Something that needs attention, in words. Of the same thing the key stays the same.

    It is the machine's or the challenge's. Organizers are mailed of it, unless `is_shown_only`.
    """

    key: str
    text: str
    is_of_machine: bool = False
    is_shown_only: bool = False

    def __str__(self) -> str:
        return self.text


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
    def name(self) -> str:
        """What buttons call it."""
        return f"{self.title} on {self.row.task}"

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


def overview(challenge: Challenge) -> dict[str, Any]:
    """Return everything that the live part of the console shows; `trouble` is what is wrong."""
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
        "open_cases": open_cases(challenge),
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


def _crash_trouble(challenge: Challenge, now: datetime) -> list[Trouble]:
    """Name the files of the last day that ended a program of the scorer."""
    crashes = Event.objects.filter(
        verb=Verb.CRASHED_SCORER, challenge=challenge.slug, at__gte=now - CRASH_SHOWN
    ).order_by("-id")
    found = list(dict.fromkeys(crashes.values_list("subject", flat=True)[:FAILURES]))
    if not found:
        return []
    text = (
        f"Reading or measuring crashed in the last day: {', '.join(found)}. Each time a new "
        "program took over. Damaged files do this, but so do attempts to break in: look at the "
        "file, and ask its team if it is not simply damaged."
    )
    return [Trouble("crash", text)]


def _reveal_trouble(challenge: Challenge, now: datetime) -> list[Trouble]:
    """Say that private boards wait for an owner, and why."""
    if challenge.revealed_at or now < challenge.reveal_at - WARNING + MAILED_WITHIN:
        return []
    if challenge.reveal_stopped_at:
        text = (
            "An owner stopped the reveal: the private boards appear when an owner reveals them, or "
            "lets them come by themselves."
        )
    elif challenge.reveals_itself_at is None:
        text = (
            "The private boards wait, because no owner could be mailed that they come. Check the "
            "mail server, and that an owner has confirmed an address. An owner can reveal them "
            "below when it is time."
        )
    else:
        return []
    return [Trouble("reveal", text, is_shown_only=True)]


def _trivial_trouble(challenge: Challenge) -> list[Trouble]:
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
    text = (
        f"Without a score of the trivial baseline these tasks count in no track: "
        f"{', '.join(titles)}. Start the baseline below, or start it again."
    )
    return [Trouble("trivial", text)]


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


def _counts(submissions: QuerySet[Submission], now: datetime) -> dict[str, Any]:
    """Return the queue and today's (UTC) counts, by one query."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Q(received_at__gte=midnight)
    queued = Q(state=State.QUEUED)
    counts: dict[str, Any] = submissions.order_by().aggregate(
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
    """Return the last run of every baseline and seed on every task.

    Seeds that no board shows are left out once they have ended well.
    """
    all_runs = BaselineRun.objects.filter(task__challenge=challenge).order_by()
    last = all_runs.values("task", "method", "seed").annotate(last=Max("pk")).values("last")
    rows = BaselineRun.objects.filter(pk__in=last).select_related("task")
    over = Q(state__in=[RunState.FINISHED, RunState.CANCELLED])
    ordered = rows.exclude(over, is_on_board=False).order_by(
        *("task__track__position", "task__position", "task", "method", "seed")
    )
    return [
        Run(row, METHODS[row.method].title if row.method in METHODS else row.method)
        for row in ordered
    ]


def _machine_trouble(alive: list[workers.Worker] | None, now: datetime) -> list[Trouble]:
    if alive is None:
        text = (
            "Redis does not answer. Nothing is scored until it does; submissions wait in the "
            "database and are not lost."
        )
        return [Trouble("redis", text, is_of_machine=True)]
    trouble = [
        Trouble(f"worker:{queue}", text, is_of_machine=True)
        for queue, text in NEEDED_WORKERS.items()
        if not any(queue in worker.queues for worker in alive)
    ]
    seen, watched = workers.beat_seen_at(), workers.watch_seen_at()
    if seen is None or now - seen > BEAT_SILENT:
        since = f"for {timesince(seen, now)}" if seen else "yet"
        text = (
            f"The scheduler has given no sign {since}. Until it runs, work whose worker died "
            "is not taken up again."
        )
        trouble.append(Trouble("beat", text, is_of_machine=True))
    if watched is None or now - watched > WATCH_SILENT:
        text = (
            "Nobody is mailed of problems like these: the process that watches the site does not "
            "run. Start `manage.py watch`."
        )
        trouble.append(Trouble("watch", text, is_of_machine=True, is_shown_only=True))
    return trouble


def _disk_trouble(space: Disk) -> list[Trouble]:
    if space.free_share >= LOW_DISK:
        return []
    text = (
        f"Only {space.free_share:.0%} of the disk is free. Uploads fail when it is full: "
        "make room or move var/."
    )
    return [Trouble("disk", text, is_of_machine=True)]


def _work_trouble(counts: dict[str, Any], runs: list[Run], now: datetime) -> list[Trouble]:
    trouble = []
    if failed := counts["failed"]:
        noun = "submission" if failed == 1 else "submissions"
        text = f"{failed} {noun} failed because of a system error. See the reason below and retry."
        trouble.append(Trouble("failed", text))
    oldest = counts["oldest"]
    if oldest and now - oldest > OLD_QUEUE:
        waited = timesince(oldest, now)
        trouble.append(Trouble("queue", f"The oldest queued submission has waited for {waited}."))
    for run in runs:
        if run.row.state == RunState.FAILED:
            what = f"The baseline {run.title} failed on {run.row.task}."
            text = f"{what} Read why below, then start it again."
            trouble.append(Trouble(f"baseline:{run.row.pk}", text))
    return trouble
