"""Runs of a method over several tasks and seeds: planned first, then queued by one act."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from baselines.registry import METHODS
from figures.words import plural
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.baseline_runs.actions import baseline_team, board_seeds, obstacle
from podium.baseline_runs.methods import default_seconds, lacking, offered
from podium.baseline_runs.models import RUN_IN_FLIGHT, BaselineRun, RunState
from podium.challenges.models import Challenge, Task
from podium.refusals import Refused

MOST_SEEDS = 10
HIGHEST_SEED = 1_000_000
_SEEDS = re.compile(r"(\d{1,9})(?:\s*[-–]\s*(\d{1,9}))?", re.ASCII)
MOVED = "Baselines have changed since. Read again what would happen now."
NOT_SEEDS = "Write seeds as whole numbers with commas between them, such as 1, 2, 3 or 1-3."


@dataclass(frozen=True)
class Wish:
    """What somebody asks for. No tasks: all. No seconds: what the method gets by itself."""

    challenge: Challenge
    method: str
    seeds: Sequence[int]
    tasks: Collection[str] | None = None
    seconds: int | None = None


@dataclass(frozen=True)
class NewRun:
    """A run that would be queued."""

    task: Task
    seed: int
    is_on_board: bool


@dataclass(frozen=True)
class Series:
    """The runs that a wish would queue, in their order, and what is left out of it, in words.

    `waiting` is how many runs wait or run on this site already.
    """

    method: str
    seconds: int
    seeds: tuple[int, ...]
    runs: Sequence[NewRun]
    left_out: Sequence[str]
    waiting: int

    @property
    def title(self) -> str:
        return METHODS[self.method].title

    @property
    def fingerprint(self) -> str:
        """What would be queued, as a hash."""
        runs = [[run.task.pk, run.seed, run.is_on_board] for run in self.runs]
        whole = [self.method, self.seconds, runs]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()

    @property
    def lines(self) -> list[str]:
        """What carrying it out does, in sentences."""
        if not self.runs:
            return []
        by_task: dict[str, list[NewRun]] = defaultdict(list)
        for run in self.runs:
            by_task[str(run.task)].append(run)
        each = [f"{task}: {_seeds(run.seed for run in runs)}" for task, runs in by_task.items()]
        total = in_words(len(self.runs) * self.seconds)
        are = "is" if self.waiting == 1 else "are"
        ahead = f" {self.waiting} more {are} queued or running already." if self.waiting else ""
        return [
            f"{self.title}: {plural(len(self.runs), 'run')} of at most {self.seconds:,} s, "
            f"{total} in total.",
            *each,
            f"A baseline worker takes them one after another.{ahead}",
            *self._shown(by_task),
        ]

    def _shown(self, by_task: dict[str, list[NewRun]]) -> list[str]:
        """Say which seeds the boards show."""
        shown = {run.seed for run in self.runs if run.is_on_board}
        if all(run.is_on_board for run in self.runs):
            return ["The boards show the best of them and of earlier runs of the same seed."]
        never = [task for task, runs in by_task.items() if not any(r.is_on_board for r in runs)]
        lines = [f"The boards show only {_seeds(shown)}."] if shown else []
        if never:
            lines.append(f"{', '.join(never)}: the board keeps the seed of earlier runs.")
        return [*lines, "What the other seeds reach is shown here, to organizers only."]


def seeds_of(text: str) -> tuple[int, ...]:
    """Return the seeds that a text such as "1, 2, 5-7" lists, each once. Raises Refused."""
    found: list[int] = []
    for word in text.split(","):
        matched = _SEEDS.fullmatch(word.strip())
        if matched is None:
            raise Refused("bad_seeds", NOT_SEEDS)
        first, last = int(matched[1]), int(matched[2] or matched[1])
        if last < first:
            raise Refused("bad_seeds", NOT_SEEDS)
        found += range(first, min(last, first + MOST_SEEDS) + 1)
    return tuple(dict.fromkeys(found))


def plan(wish: Wish) -> Series:
    """Return what the wish would queue. Raises Refused."""
    _check_method(wish.method)
    seconds, seeds = _checked_seconds(wish), _checked_seeds(wish.seeds)
    tasks, left_out = [], []
    for task in _tasks(wish):
        if why := obstacle(task, wish.method):
            left_out.append(f"{task}: {why}")
        else:
            tasks.append(task)
    there, shown = _there(wish, tasks, seconds, seeds), board_seeds(tasks, wish.method)
    runs = [
        NewRun(task, seed, shown.get(task.pk, seeds[0]) == seed)
        for seed in seeds
        for task in tasks
        if seed not in there[task.pk]
    ]
    left_out += [
        f"{task}: {_seeds(there[task.pk])} already ran with this limit, or will."
        for task in tasks
        if there[task.pk]
    ]
    waiting = BaselineRun.objects.filter(state__in=RUN_IN_FLIGHT).count()
    return Series(wish.method, seconds, seeds, runs, left_out, waiting)


def carry_out(wish: Wish, *, fingerprint: str, by: User | None = None) -> Series:
    """Queue all runs of a planned series, or none. Raises Refused."""
    try:
        with transaction.atomic():
            # Locked, so that two requests with one plan do it once.
            Challenge.objects.select_for_update(no_key=True).get(pk=wish.challenge.pk)
            series = plan(wish)
            if series.fingerprint != fingerprint:
                raise Refused("moved", MOVED)
            if not series.runs:
                raise Refused(
                    "nothing_to_run",
                    "There is no run to queue. Choose other tasks, seeds, or another limit.",
                )
            _queue(wish.challenge, series, by)
    except IntegrityError as error:  # somebody started one of them by itself
        raise Refused("moved", MOVED) from error
    return series


def _queue(challenge: Challenge, series: Series, by: User | None) -> None:
    baseline_team(challenge, series.method)
    for new in series.runs:
        run = BaselineRun.objects.create(
            task=new.task,
            method=series.method,
            seconds=series.seconds,
            seed=new.seed,
            is_on_board=new.is_on_board,
        )
        run.send()
    record(
        Verb.QUEUED_BASELINES,
        subject=challenge,
        by=by,
        challenge=challenge.slug,
        method=series.method,
        tasks=", ".join(dict.fromkeys(new.task.slug for new in series.runs)),
        seconds=series.seconds,
        seeds=", ".join(map(str, series.seeds)),
        runs=len(series.runs),
    )


def _check_method(name: str) -> None:
    if name not in METHODS:
        known = ", ".join(offered())
        raise Refused("no_method", f"There is no baseline `{name}`. Choose one of {known}.")
    if why := lacking(METHODS[name]):
        raise Refused("no_method", f"{why} Or choose another baseline.")


def _checked_seconds(wish: Wish) -> int:
    if wish.seconds is None:
        return default_seconds(wish.method)
    most = settings.MOST_BASELINE_SECONDS
    if not 1 <= wish.seconds <= most:
        raise Refused("bad_seconds", f"Give a time limit from 1 to {most:,} seconds.")
    return wish.seconds


def _checked_seeds(seeds: Sequence[int]) -> tuple[int, ...]:
    found = tuple(dict.fromkeys(seeds))
    if not found:
        raise Refused("bad_seeds", NOT_SEEDS)
    if len(found) > MOST_SEEDS:
        raise Refused("bad_seeds", f"Give at most {MOST_SEEDS} seeds at a time.")
    if not all(0 <= seed <= HIGHEST_SEED for seed in found):
        raise Refused("bad_seeds", f"Give seeds from 0 to {HIGHEST_SEED:,}.")
    return found


def _tasks(wish: Wish) -> list[Task]:
    """Return the tasks in the order of the challenge. Raises Refused."""
    tasks = list(wish.challenge.tasks.select_related("track", "dataset_version", "challenge"))
    if wish.tasks is not None:
        known = {task.slug for task in tasks}
        if unknown := sorted(set(wish.tasks) - known):
            raise Refused("no_tasks", f"There is no task `{unknown[0]}` here. Choose another.")
        tasks = [task for task in tasks if task.slug in wish.tasks]
    if not tasks:
        raise Refused("no_tasks", "Choose at least one task of this challenge.")
    return tasks


def _there(
    wish: Wish, tasks: list[Task], seconds: int, seeds: tuple[int, ...]
) -> dict[int, list[int]]:
    """Return by task the seeds that wait, run or have predictions with this limit."""
    runs = BaselineRun.objects.filter(
        Q(state__in=RUN_IN_FLIGHT) | Q(state=RunState.FINISHED, submission__isnull=False),
        task__in=tasks,
        method=wish.method,
        seconds=seconds,
        seed__in=seeds,
    )
    found: dict[int, list[int]] = defaultdict(list)
    for task, seed in runs.order_by("seed").values_list("task", "seed").distinct():
        found[task].append(seed)
    return found


def _seeds(seeds: Iterable[int]) -> str:
    listed = sorted(set(seeds))
    noun = "seed" if len(listed) == 1 else "seeds"
    return f"{noun} {', '.join(map(str, listed))}"


def in_words(seconds: int) -> str:
    """Return a time such as 1 h 30 min."""
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(-(-seconds // 60), 60)
    words = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    return " ".join(word for word in words if word)
