"""Keeping the boards: every change of a score changes them in the same transaction."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from leaderboard import (
    Entry,
    TrackEntry,
    TrackRow,
    TrackTask,
    feedback_step,
    task_board,
    track_board,
)
from podium.audit.actions import record
from podium.challenges.models import Phase, Task, Track
from podium.standings.feedback import bounds, display, step_of
from podium.standings.models import Board, Standing
from podium.submissions.models import Evaluation, Part, Score, State, Submission
from podium.teams.models import Team
from scoring import METRICS

TRIVIAL = "trivial"
REFERENCE = "autogluon"


def on_evaluation_stored(evaluation: Evaluation) -> None:
    refresh(evaluation.submission.task, evaluation.submission.team)


def on_submission_withdrawn(submission: Submission) -> None:
    refresh(submission.task, submission.team)


def on_team_changed(team: Team) -> None:
    tasks = Task.objects.filter(submissions__team=team).distinct().order_by("track", "id")
    for task in tasks.select_related("track", "solution", "dataset_version"):
        refresh(task, team)


def refresh(task: Task, team: Team) -> None:
    """Put the team where it belongs on the task's board and on its track's.

    Reads the team's own scores and the other teams' current places, nobody else's submissions.
    """
    with transaction.atomic():
        # The track's board first: whoever changes several tasks of it locks in the same order.
        _locked_board(track=task.track)
        board = _locked_board(task=task)
        now = timezone.now()
        current = {row.team_id: row for row in _current(board)}
        mine = _best(task, team)
        fresh = {**current, team.pk: mine} if mine else current.copy()
        if mine is None:
            fresh.pop(team.pk, None)
        _write(board, current, _placed(task, fresh), now)
        refresh_track(task.track, now)


def refresh_track(track: Track, now: datetime) -> None:
    """Rank the track anew from the current places on its tasks' boards."""
    board = _locked_board(track=track)
    tasks = list(track.tasks.select_related("solution", "dataset_version"))
    places = list(
        Standing.objects.filter(board__task__in=tasks, valid_until=None).select_related(
            "team", "board"
        )
    )
    by_team: dict[int, list[Standing]] = {}
    for place in places:
        by_team.setdefault(place.team_id, []).append(place)
    rows = track_board(
        _track_tasks(tasks, places),
        [_track_entry(team_id, mine) for team_id, mine in by_team.items()],
        "mean_score" if track.aggregate == "mean_score" else "mean_skill",
    )
    slugs = {task.pk: task.slug for task in tasks}
    fresh = [_track_standing(row, i, by_team, slugs) for i, row in enumerate(rows, start=1)]
    _write(board, {row.team_id: row for row in _current(board)}, fresh, now)


def fix_step(task: Task) -> None:
    """Fix what the task's displayed scores are rounded to, once it is open."""
    if task.step is not None or task.challenge.phase() in {Phase.DRAFT, Phase.ANNOUNCED}:
        return
    reference = Score.objects.filter(
        evaluation__submission__task=task,
        evaluation__submission__team__baseline=REFERENCE,
        evaluation__solution=task.solution,
        part=Part.PUBLIC,
        metric=task.headline,
        standard_error__gt=0,
    ).first()
    if reference and reference.standard_error:
        step = feedback_step(reference.standard_error)
    else:
        step = step_of(task)
    with transaction.atomic():
        if Task.objects.filter(pk=task.pk, step=None).update(step=step):
            record("fixed step", subject=task, challenge=task.challenge.slug, step=step)
            task.refresh_from_db(fields=["step"])
            # What stands already was rounded to the step that held until now.
            for team in Team.objects.filter(standings__board__task=task).distinct():
                refresh(task, team)


def _locked_board(**subject: Task | Track) -> Board:
    board, _ = Board.objects.select_for_update().get_or_create(**subject)  # type: ignore[arg-type]
    return board


def _current(board: Board) -> Iterable[Standing]:
    return board.standings.filter(valid_until=None).select_related("team")


def _best(task: Task, team: Team) -> Standing | None:
    """Return the team's place (still without a rank) by its best displayed score."""
    # Asked anew: `team` was read before the scoring, which takes its time.
    if Team.objects.filter(pk=team.pk).exclude(disqualified_at=None).exists():
        return None
    scores = (
        Score.objects.filter(
            evaluation__submission__team=team,
            evaluation__submission__task=task,
            evaluation__submission__state=State.SCORED,
            evaluation__submission__withdrawn_at=None,
            evaluation__solution=task.solution,
            part=Part.PUBLIC,
            metric=task.headline,
        )
        .select_related("evaluation__submission")
        .order_by("evaluation__submission__number", "-evaluation__id")
    )
    latest: dict[int, Score] = {}
    for score in scores:
        latest.setdefault(score.evaluation.submission_id, score)
    if not latest:
        return None
    sign = 1 if METRICS[task.headline].higher_is_better else -1

    def quality(score: Score) -> tuple[bool, float]:
        value = display(task, score).value
        return (value is not None, sign * (value or 0.0))

    # max keeps the first of equals: the submission that reached the displayed score first.
    best = max(latest.values(), key=quality)
    shown = display(task, best)
    return Standing(
        team=team,
        score=shown.value,
        low=shown.low,
        high=shown.high,
        submission=best.evaluation.submission,
        first_reached=best.evaluation.submission.received_at,
        attempts=len(latest),
    )


def _placed(task: Task, fresh: dict[int, Standing]) -> list[Standing]:
    """Return the rows as they now stand, in order, with their ranks."""
    entries = [
        Entry(row.team_id, row.score, row.low, row.high, row.first_reached, row.team.is_baseline)
        for row in fresh.values()
    ]
    placed = []
    rows = task_board(entries, METRICS[task.headline].higher_is_better)
    for position, row in enumerate(rows, start=1):
        old = fresh[int(row.entry.key)]
        placed.append(_copy(old, position=position, rank=row.rank))
    return placed


def _copy(row: Standing, **changes: object) -> Standing:
    # By its id: reading the submission itself would be a query for every team on the board.
    names = ("team", "score", "low", "high", "submission_id", "first_reached", "attempts", "tasks")
    return Standing(**{**{name: getattr(row, name) for name in names}, **changes})


def _track_tasks(tasks: list[Task], places: list[Standing]) -> list[TrackTask]:
    """Return the tasks that can count: those whose trivial submission stands on the board."""
    base = {place.board.task_id: place.score for place in places if place.team.baseline == TRIVIAL}
    counted = []
    for task in tasks:
        metric = METRICS[task.headline]
        zero = base.get(task.pk)
        if zero is not None:
            lowest, highest = bounds(task, metric)
            ceiling = highest if metric.higher_is_better else lowest
            counted.append(TrackTask(task.pk, zero, ceiling, metric.higher_is_better))
    return counted


def _track_entry(team_id: int, places: list[Standing]) -> TrackEntry:
    return TrackEntry(
        key=team_id,
        scores={place.board.task_id or 0: place.score for place in places},
        first_reached=max(place.first_reached for place in places),
        is_baseline=places[0].team.is_baseline,
    )


def _track_standing(
    row: TrackRow, position: int, by_team: dict[int, list[Standing]], slugs: dict[int, str]
) -> Standing:
    places = by_team[int(row.entry.key)]
    return Standing(
        team=places[0].team,
        position=position,
        rank=row.rank,
        score=row.value,
        first_reached=max(place.first_reached for place in places),
        attempts=sum(place.attempts for place in places),
        tasks=[
            {"task": slugs[int(cell.task)], "score": cell.score, "skill": cell.skill}
            for cell in row.cells
        ],
    )


def _write(
    board: Board, current: dict[int, Standing], fresh: list[Standing], now: datetime
) -> None:
    """Close the rows that changed and add their successors; count the board's revision."""
    kept = {row.team_id for row in fresh if _same(current.get(row.team_id), row)}
    over = [row.pk for team_id, row in current.items() if team_id not in kept]
    added = [row for row in fresh if row.team_id not in kept]
    if not over and not added:
        return
    Standing.objects.filter(pk__in=over).update(valid_until=now)
    for row in added:
        row.board, row.valid_from = board, now
    Standing.objects.bulk_create(added)
    board.revision += 1
    board.save(update_fields=["revision"])


def _same(old: Standing | None, new: Standing) -> bool:
    names = ("position", "rank", "score", "low", "high", "submission_id", "attempts", "tasks")
    return old is not None and all(getattr(old, name) == getattr(new, name) for name in names)
