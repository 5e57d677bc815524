"""A large challenge for the benchmark of boards: rows as if a thousand teams had played for months.

Histories are as long as they would be: each scored submission left a revision of its task's board
and of the track's, and closed a row of each. The places that stand are made by the site itself.
What workers find of them is made up, and as long as it would be.
"""

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from podium.accounts.models import User
from podium.catalog.models import DatasetVersion, Kind, Solution, VersionState
from podium.challenges.models import Challenge, Task, Track
from podium.standings.actions import rebuild, refresh
from podium.standings.history import present_rows
from podium.standings.models import Board, Revision, Standing
from podium.standings.rows import BoardRow
from podium.submissions.models import Evaluation, Part, Score, State, Submission
from podium.teams.models import Membership, Team

BASELINES = ("trivial", "gradient_boosting", "autogluon")
SPAN = timedelta(days=60)
STEP = 0.002


@dataclass(frozen=True)
class Size:
    """How large the challenge is. Submissions are spread evenly over teams and tasks."""

    teams: int
    tasks: int
    submissions: int


@dataclass(frozen=True)
class Sent:
    """One submission: who made it to which task, when, and how good it is on the public part.

    The time is in the form that the database takes.
    """

    pk: int
    team: int
    task: int
    number: int
    at: Any
    score: float


def make_board_world(size: Size) -> None:
    """Fill the empty database of a site."""
    begun = timezone.now() - SPAN
    tasks = _tasks(size, begun)
    _teams(size, tasks[0].challenge)
    sent = list(_sent(size, begun))
    add_scored(sent)
    boards = [Board.objects.create(task=task) for task in tasks]
    boards.append(Board.objects.create(track=tasks[0].track))
    with transaction.atomic():
        _history(sent, boards, size)
    for task in tasks:
        rebuild(task)
    for board in boards:
        _study(board)


def add_scored(sent: Sequence[Sent]) -> None:
    """Insert scored submissions with their scores; boards do not change."""
    with transaction.atomic():
        _insert(Submission, _SUBMISSION, _submissions(sent))
        _insert(Evaluation, _EVALUATION, ((s.pk, s.pk, s.task, "1", s.at, 1.0) for s in sent))
        _insert(Score, _SCORE, _scores(sent))


def _tasks(size: Size, begun: datetime) -> list[Task]:
    later = timezone.now() + timedelta(days=30)
    challenge = Challenge.objects.create(
        slug="bench",
        title="Bench",
        summary="A measurement.",
        opens_at=begun,
        team_freeze_at=later,
        closes_at=later,
        reveal_at=later,
    )
    track = Track.objects.create(challenge=challenge, kind=Kind.CLASSIFICATION, title="Bench")
    return [_task(track, number) for number in range(1, size.tasks + 1)]


def _task(track: Track, number: int) -> Task:
    version = DatasetVersion.objects.create(
        name=f"bench-{number}",
        number=1,
        title=f"Bench {number}",
        kind=Kind.CLASSIFICATION,
        state=VersionState.PUBLISHED,
        published_at=timezone.now(),
        content_hash=f"{number:064x}",
        facts={"classes": ["a", "b"], "rows": {"train": 100, "test": 10_000}},
    )
    solution = Solution.objects.create(
        dataset_version=version,
        number=1,
        file=f"solutions/bench-{number}/1.parquet",
        sha256=f"{number:064x}",
        public_rows=3000,
        private_rows=7000,
    )
    return Task.objects.create(
        pk=number,
        track=track,
        challenge=track.challenge,
        slug=f"task-{number}",
        title=f"Task {number}",
        dataset_version=version,
        solution=solution,
        headline="accuracy",
        step=str(STEP),
        position=number,
    )


def _teams(size: Size, challenge: Challenge) -> None:
    numbers = range(1, size.teams + 1)
    password = make_password(None)
    User.objects.bulk_create(
        User(pk=n, email=f"member{n}@example.org", name=f"Member {n}", password=password)
        for n in numbers
    )
    teams = [
        Team(pk=n, challenge=challenge, name=f"Team {n}", slug=f"team-{n}", captain_id=n)
        for n in numbers
    ]
    baselines = [
        Team(pk=n, challenge=challenge, name=f"Baseline {name}", slug=name, baseline=name)
        for n, name in enumerate(BASELINES, start=size.teams + 1)
    ]
    Team.objects.bulk_create([*teams, *baselines])
    Membership.objects.bulk_create(
        Membership(team_id=n, user_id=n, challenge=challenge) for n in numbers
    )


def _sent(size: Size, begun: datetime) -> Iterator[Sent]:
    """Yield the baselines' submissions and then the teams', in the order of their times."""
    draw, stored = random.Random(1), connection.ops.adapt_datetimefield_value
    for place, (task, name) in enumerate(
        (task, name) for task in range(1, size.tasks + 1) for name in range(len(BASELINES))
    ):
        at, score = stored(begun + timedelta(seconds=place)), (0.5, 0.7, 0.75)[name]
        yield Sent(place + 1, size.teams + 1 + name, task, 1, at, score)
    first = len(BASELINES) * size.tasks + 1
    ability = [draw.uniform(0.55, 0.85) for _ in range(size.teams)]
    pause = (SPAN - timedelta(hours=1)) / size.submissions
    for n in range(size.submissions):
        rest, team = divmod(n, size.teams)
        number, task = divmod(rest, size.tasks)
        at = stored(begun + timedelta(minutes=30) + n * pause)
        yield Sent(first + n, team + 1, task + 1, number + 1, at, draw.gauss(ability[team], 0.02))


_SUBMISSION = (
    "id", "team", "task", "number", "file", "original_name", "sha256", "size", "method",
    "first_byte_at", "received_at", "queued_at", "finished_at", "quota_day", "state",
)  # fmt: skip
_EVALUATION = ("id", "submission", "solution", "scorer_version", "created_at", "seconds")
_SCORE = (
    "id", "evaluation", "part", "metric", "value", "low", "high", "standard_error", "n",
    "reason",
)  # fmt: skip


def _submissions(sent: Iterable[Sent]) -> Iterator[tuple[Any, ...]]:
    for s in sent:
        texts = (f"submissions/{s.pk}.csv", "predictions.csv", f"{s.pk:064x}", 100_000, "Trees")
        times = (s.at, s.at, s.at, s.at, None)
        yield (s.pk, s.team, s.task, s.number, *texts, *times, State.SCORED.value)


def _scores(sent: Iterable[Sent]) -> Iterator[tuple[Any, ...]]:
    """Yield the headline on both parts."""
    for s in sent:
        for part, pk in ((Part.PUBLIC.value, 2 * s.pk), (Part.PRIVATE.value, 2 * s.pk + 1)):
            ends = (s.score - 0.014, s.score + 0.014)
            yield (pk, s.pk, part, "accuracy", s.score, *ends, 0.007, 3000, "")


def _history(sent: Sequence[Sent], boards: Sequence[Board], size: Size) -> None:
    """Give each submission its revisions and the rows that they closed; all are over."""
    track = boards[-1]
    _insert(Revision, ("id", "board", "number", "at", "step", "best"), _revisions(sent, boards))
    names = (
        *("board", "team", "valid_from", "valid_until", "score", "low", "high"),
        *("submission", "score_since", "first_reached", "attempts", "tasks"),
    )
    _insert(Standing, names, _rows(sent, boards, size))
    for board in boards:
        board.revision = len(sent) if board is track else sum(s.task == board.task_id for s in sent)
    Board.objects.bulk_update(boards, ["revision"])


def _revisions(sent: Iterable[Sent], boards: Sequence[Board]) -> Iterator[tuple[Any, ...]]:
    counts, best = [0] * len(boards), [0.0] * len(boards)
    for n, s in enumerate(sent):
        place = s.task - 1
        counts[place] += 1
        moved = s.score if s.score > best[place] else None
        best[place] = max(best[place], s.score)
        yield (2 * n + 1, boards[place].pk, counts[place], s.at, STEP, moved)
        yield (2 * n + 2, boards[-1].pk, n + 1, s.at, 0.0001, None)


def _rows(sent: Sequence[Sent], boards: Sequence[Board], size: Size) -> Iterator[tuple[Any, ...]]:
    """Yield a row of a task's board and one of the track's for each submission."""
    cells = [{"task": f"task-{n + 1}", "score": 0.7, "skill": 0.4} for n in range(size.tasks)]
    tasks, none = (models.JSONField().get_db_prep_value(v, connection) for v in (cells, []))
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    until: dict[tuple[int, int], Any] = {}
    for s, best, mean, since, mean_since in reversed(list(_shown(sent, size.tasks))):
        place = (s.team, s.at, until.get((s.task, s.team), now))
        ends = (best, best - 0.014, best + 0.014)
        yield (boards[s.task - 1].pk, *place, *ends, s.pk, since, since, s.number, none)
        place = (s.team, s.at, until.get((0, s.team), now))
        done = s.number * size.tasks
        yield (boards[-1].pk, *place, mean, None, None, None, mean_since, s.at, done, tasks)
        until[s.task, s.team] = until[0, s.team] = s.at


def _shown(sent: Iterable[Sent], tasks: int) -> Iterator[tuple[Sent, float, float, Any, Any]]:
    """Yield each submission, its team's best displayed score and the mean of these, since when."""
    best: dict[tuple[int, int], tuple[float, Any]] = {}
    total: dict[int, tuple[float, Any]] = {}
    for s in sent:
        before, since = best.get((s.team, s.task), (0.0, s.at))
        now = max(before, round(s.score / STEP) * STEP)
        moved = now > before
        best[s.team, s.task] = now, s.at if moved else since
        mean, mean_since = total.get(s.team, (0.0, s.at))
        total[s.team] = mean + (now - before) / tasks, s.at if moved else mean_since
        yield s, now, round(total[s.team][0], 4), best[s.team, s.task][1], total[s.team][1]


def _insert(
    model: type[models.Model], names: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Insert rows of these fields as fast as the database takes them; other fields get defaults."""
    given = [model._meta.get_field(name) for name in names]
    rest = [
        field
        for field in model._meta.concrete_fields
        if field not in given and not (field.primary_key or field.generated)
    ]
    constants = tuple(f.get_db_prep_save(f.get_default(), connection) for f in rest)
    columns = ", ".join(f'"{field.column}"' for field in (*given, *rest))  # type: ignore[union-attr]
    complete = (row + constants for row in rows)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
                for row in complete:
                    copy.write_row(row)
            for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
                cursor.execute(statement)
        else:
            marks = ", ".join(["%s"] * (len(given) + len(rest)))
            insert = f'INSERT INTO "{table}" ({columns}) VALUES ({marks})'  # noqa: S608  (names of models)
            cursor.executemany(insert, complete)  # type: ignore[arg-type]  # an iterator will do


def _study(board: Board) -> None:
    """Give the board's rows of now what a worker would find of them, made up."""
    draw = random.Random(board.pk)
    subject = board.task or board.track
    assert subject
    shown = present_rows(subject, board.part)
    ranked = [row for row in shown if row.rank]
    brackets = [(ranked[n].team.pk, ranked[n + 5].team.pk) for n in range(0, len(ranked) - 5, 3)]
    rows = {str(row.team.pk): _found(row, draw) for row in shown}
    revision = Revision.objects.filter(board=board).order_by("-number")[:1]
    found = {"study": {"rows": rows, "brackets": brackets}, "studied_at": timezone.now()}
    Revision.objects.filter(pk__in=revision.values_list("pk", flat=True)).update(**found)


def _found(row: BoardRow, draw: random.Random) -> dict[str, Any]:
    rank, score = row.rank or 1, row.score or 0.0
    found = {"rank_low": max(1, rank - 5), "rank_high": rank + 5}
    if row.low is not None:  # of a task
        return {**found, "separable": draw.random() < 0.5, "nfr": draw.random(), "opis": None}
    elo = draw.gauss(1000, 100)
    ends = {"low": score - draw.random() / 50, "high": score + draw.random() / 50}
    elos = {"elo": elo, "elo_low": elo - draw.random(), "elo_high": elo + draw.random()}
    return {**found, **ends, **elos, "mean_rank": draw.uniform(1, 1000)}


def refresh_seconds(runs: int) -> list[float]:
    """Return how long each of this many new scores of different teams took to reach the boards."""
    task, draw = Task.objects.get(pk=1), random.Random(2)
    seconds = []
    for team in Team.objects.filter(baseline="").order_by("pk")[:runs]:
        before = Submission.objects.filter(team=team, task=task).count()
        pk = Submission.objects.latest("pk").pk + 1
        at = connection.ops.adapt_datetimefield_value(timezone.now())
        add_scored([Sent(pk, team.pk, task.pk, before + 1, at, draw.uniform(0.5, 0.9))])
        begun = time.perf_counter()
        refresh(task, team)
        seconds.append(time.perf_counter() - begun)
    return seconds


def add_many_of_one_team(count: int) -> None:
    """Give the first team this many more scored submissions to the first task."""
    task, team = Task.objects.get(pk=1), Team.objects.get(pk=1)
    number = Submission.objects.filter(team=team, task=task).count() + 1
    pk, draw = Submission.objects.latest("pk").pk + 1, random.Random(3)
    at = connection.ops.adapt_datetimefield_value(timezone.now())
    add_scored([Sent(pk + n, 1, 1, number + n, at, draw.gauss(0.6, 0.02)) for n in range(count)])
    refresh(task, team)
