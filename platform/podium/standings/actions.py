"""Keeping the boards: every change of a score changes them in the same transaction."""

from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from leaderboard import feedback_step
from leaderboard.boards import TRACK_STEP
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Feedback, Phase, Task, Track
from podium.standings.feedback import noise_step, step_of
from podium.standings.models import Standing
from podium.standings.places import places, ranked, ranked_track
from podium.standings.reveal import (
    has_private_boards,
    ranking_tasks,
    refresh_private,
    standing_rows,
)
from podium.standings.writing import by_team, lock, locked_board, standing_on, write
from podium.submissions.models import Evaluation, Part, Score, Submission
from podium.teams.models import Team

REFERENCE = "autogluon"


def on_evaluation_stored(evaluation: Evaluation) -> None:
    refresh(evaluation.submission.task, evaluation.submission.team)


def on_submission_ended(submission: Submission) -> None:
    # Later replies of the Ladder waited for it.
    if submission.task.feedback == Feedback.LADDER:
        refresh(submission.task, submission.team)


def on_submission_withdrawn(submission: Submission) -> None:
    refresh(submission.task, submission.team)


def on_submission_selected(submission: Submission) -> None:
    with transaction.atomic():
        # A reveal that is under way has read the selections without this one, or waits for it.
        lock(submission.task.track)
        # Selections count on private boards alone.
        if has_private_boards(submission.task.challenge):
            refresh(submission.task, submission.team)


def on_team_changed(team: Team) -> None:
    tasks = Task.objects.filter(submissions__team=team).distinct().order_by("track", "id")
    found = tasks.select_related("track", "challenge", "solution", "dataset_version")
    for _, of_track in groupby(found, key=lambda task: task.track_id):
        _refresh(list(of_track), team)


def on_ranking_changed(track: Track) -> None:
    if tasks := ranking_tasks(track):
        _rewrite(tasks, lambda task, _: places(task, Score.objects.counting(task)))


def standing_submissions() -> QuerySet[Any, Any]:
    """Return the ids of the submissions by which teams stand on the boards of tasks."""
    rows = Standing.objects.filter(valid_until=None, board__task__isnull=False)
    return rows.exclude(submission=None).values("submission")


def refresh(task: Task, team: Team) -> None:
    """Put the team where it belongs on the task's board and on its track's.

    Reads the team's own scores and the other teams' current places, nobody else's submissions.
    """
    _refresh([task], team)


def rebuild(task: Task) -> None:
    """Make the task's board and its track's anew from all scores that count."""
    _rewrite([task], lambda task, _: places(task, Score.objects.counting(task)))


def refresh_track(track: Track, tasks: list[Task], now: datetime) -> None:
    """Rank the track anew from the current places on the boards of its tasks."""
    board = lock(track)
    fresh = ranked_track(track, tasks, standing_rows(tasks, Part.PUBLIC))
    write(board, by_team(standing_on(board)), fresh, now, step=TRACK_STEP)


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
        step = noise_step(task)
    with transaction.atomic():
        if Task.objects.filter(pk=task.pk, step=None).update(step=step):
            record(Verb.FIXED_STEP, subject=task, challenge=task.challenge.slug, step=step)
            task.refresh_from_db(fields=["step"])
            # What stands already was rounded to the step that held until now.
            rebuild(task)


def _refresh(tasks: list[Task], team: Team) -> None:
    """Put the team where it belongs on the boards of tasks of one track, and on the track's."""

    def fresh(task: Task, current: dict[int, Standing]) -> dict[int, Standing]:
        own = Score.objects.counting(task).filter(evaluation__submission__team=team)
        others = {key: row for key, row in current.items() if key != team.pk}
        return {**others, **places(task, own, [team.pk])}

    _rewrite(tasks, fresh)


def _rewrite(
    tasks: list[Task], fresh: Callable[[Task, dict[int, Standing]], dict[int, Standing]]
) -> None:
    """Write the boards of tasks of one track, the track's, and after the reveal the private ones.

    `fresh` returns a task's places from its current rows. Each board changes at most once.
    """
    with transaction.atomic():
        lock(tasks[0].track)
        # Read under the lock: what boards are made by may have changed since the caller read it.
        all_tasks = ranking_tasks(tasks[0].track)
        wanted = {task.pk for task in tasks}
        changed = [task for task in all_tasks if task.pk in wanted]
        now = timezone.now()
        for task in changed:
            board = locked_board(task=task, part=Part.PUBLIC)
            current = by_team(standing_on(board))
            write(board, current, ranked(task, fresh(task, current)), now, step=step_of(task))
        if changed:
            refresh_track(changed[0].track, all_tasks, now)
            refresh_private(changed, now)
