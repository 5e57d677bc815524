"""Keeping the boards: every change of a score changes them in the same transaction."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from leaderboard import feedback_step
from podium.audit.actions import record
from podium.challenges.models import Phase, Task, Track
from podium.standings.feedback import step_of
from podium.standings.models import Board, Standing
from podium.standings.places import places, ranked, ranked_track
from podium.submissions.models import Evaluation, Part, Score, Submission
from podium.teams.models import Team

REFERENCE = "autogluon"


def on_evaluation_stored(evaluation: Evaluation) -> None:
    refresh(evaluation.submission.task, evaluation.submission.team)


def on_submission_withdrawn(submission: Submission) -> None:
    refresh(submission.task, submission.team)


def on_team_changed(team: Team) -> None:
    tasks = Task.objects.filter(submissions__team=team).distinct().order_by("track", "id")
    for task in tasks.select_related("track", "solution", "dataset_version"):
        refresh(task, team)


def standing_submissions() -> QuerySet[Any, Any]:
    """Return the ids of the submissions by which teams stand on the boards of tasks."""
    rows = Standing.objects.filter(valid_until=None, board__task__isnull=False)
    return rows.exclude(submission=None).values("submission")


def refresh(task: Task, team: Team) -> None:
    """Put the team where it belongs on the task's board and on its track's.

    Reads the team's own scores and the other teams' current places, nobody else's submissions.
    """
    own = Score.objects.counting(task).filter(evaluation__submission__team=team)
    with transaction.atomic():
        board, current = _locked(task)
        others = {key: row for key, row in current.items() if key != team.pk}
        _write_both(task, board, current, {**others, **places(task, own)})


def rebuild(task: Task) -> None:
    """Make the task's board and its track's anew from all scores that count."""
    with transaction.atomic():
        board, current = _locked(task)
        _write_both(task, board, current, places(task, Score.objects.counting(task)))


def refresh_track(track: Track, now: datetime) -> None:
    """Rank the track anew from the current places on its tasks' boards."""
    board = _locked_board(track=track)
    tasks = tasks_of(track)
    fresh = ranked_track(track, tasks, standing_rows(tasks))
    _write(board, _by_team(standing_on(board)), fresh, now)


def tasks_of(track: Track) -> list[Task]:
    """Return the tasks that the track's ranking is made of."""
    tasks = track.tasks.select_related("solution", "dataset_version")
    return list(tasks.defer("description", "dataset_version__facts"))


def standing_rows(tasks: list[Task]) -> dict[int, list[Standing]]:
    """Return the current rows of the tasks' boards, by the tasks' ids."""
    found = Standing.objects.filter(board__task__in=tasks, valid_until=None)
    rows: dict[int, list[Standing]] = {}
    for row in found.select_related("team", "board"):
        rows.setdefault(row.board.task_id or 0, []).append(row)
    return rows


def standing_on(board: Board) -> QuerySet[Standing]:
    """Return the current rows of a board."""
    return board.standings.filter(valid_until=None).select_related("team")


def fix_step(task: Task) -> None:
    """Fix what the task's displayed scores are rounded to, once it is open."""
    if task.step is not None or task.challenge.phase() in {Phase.DRAFT, Phase.ANNOUNCED}:
        return
    reference = (
        Score.objects.counting(task)
        .filter(
            evaluation__submission__team__baseline=REFERENCE,
            part=Part.PUBLIC,
            metric=task.headline,
            standard_error__gt=0,
        )
        .first()
    )
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


def _locked(task: Task) -> tuple[Board, dict[int, Standing]]:
    """Return the task's board and its current rows by team, once it and its track's are locked."""
    # The track's board first: whoever changes several tasks of it locks in the same order.
    _locked_board(track=task.track)
    board = _locked_board(task=task)
    return board, _by_team(standing_on(board))


def _by_team(rows: QuerySet[Standing]) -> dict[int, Standing]:
    return {row.team_id: row for row in rows}


def _write_both(
    task: Task, board: Board, current: dict[int, Standing], fresh: dict[int, Standing]
) -> None:
    """Write the task's board from these places, and then its track's."""
    now = timezone.now()
    _write(board, current, ranked(task, fresh), now)
    refresh_track(task.track, now)


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
