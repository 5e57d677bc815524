"""Update boards: every change of a score updates them in the same transaction."""

from itertools import groupby

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from leaderboard import feedback_step
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Feedback, Phase, Task, Track
from podium.standings.document import BoardTable
from podium.standings.feedback import noise_step, step_of
from podium.standings.models import Board, Standing
from podium.standings.ranking import places, ranked_on, team_of
from podium.standings.reveal import (
    has_private_boards,
    ranking_tasks,
    refresh_private,
    write_track,
)
from podium.standings.rows import BoardRow
from podium.standings.writing import lock, present, relabel, write
from podium.submissions.models import Evaluation, Part, Score, Submission
from podium.teams.models import Team

REFERENCE = "autogluon"


def on_evaluation_stored(evaluation: Evaluation) -> None:
    refresh(evaluation.submission.task, evaluation.submission.team)


def on_submission_ended(submission: Submission) -> None:
    # Later replies of the Ladder were waiting for it.
    if submission.task.feedback == Feedback.LADDER:
        refresh(submission.task, submission.team)


def on_submission_withdrawn(submission: Submission) -> None:
    refresh(submission.task, submission.team)


def on_submission_selected(submission: Submission) -> None:
    with transaction.atomic():
        # A concurrent reveal either has read the selections without this one, or waits for it.
        lock(submission.task.track)
        # Selections count only on private boards.
        if has_private_boards(submission.task.challenge):
            refresh(submission.task, submission.team)


def on_team_changed(team: Team) -> None:
    tasks = Task.objects.filter(submissions__team=team).distinct().order_by("track", "id")
    tasks = tasks.select_related("track", "challenge", "solution", "dataset_version")
    for _, track_tasks in groupby(tasks, key=lambda task: task.track_id):
        _rewrite(list(track_tasks), team)
    on_team_relabelled(team)


def on_teams_merged(surviving: Team, absorbed: Team) -> None:
    """Close the absorbed team's rows and recompute those of the surviving team.

    Earlier rows stay in the history, so past boards are shown unchanged.
    """
    tracks = Track.objects.filter(tasks__submissions__team=surviving).distinct()
    for track in tracks.order_by("pk"):
        on_ranking_changed(track)


def on_team_relabelled(team: Team) -> None:
    relabelled = team_of(team, team.challenge.slug)
    relabel(team.challenge, lambda table: table.rename(relabelled))


def on_method_changed(submission: Submission) -> None:
    pk, method = submission.pk, submission.method
    relabel(submission.task.challenge, lambda table: table.rename_method(pk, method))


def on_ranking_changed(track: Track) -> None:
    if tasks := ranking_tasks(track):
        _rewrite(tasks, None)


def on_task_removed(task: Task) -> None:
    """Delete the boards of a task, and those of its track if it was the last one there."""
    Board.objects.filter(task=task).delete()
    if not task.track.tasks.exclude(pk=task.pk).exists():
        Board.objects.filter(track=task.track).delete()


def standing_submissions() -> QuerySet[Standing, object]:
    """Return the ids of the submissions currently shown on task boards."""
    rows = Standing.objects.filter(valid_until=None, board__task__isnull=False)
    return rows.exclude(submission=None).values("submission")


def refresh(task: Task, team: Team) -> None:
    """Update the team's row on the task's board and on the board of its track.

    Reads the team's own scores and the current rows of other teams, but not their submissions.
    """
    _rewrite([task], team)


def rebuild(task: Task) -> None:
    """Rebuild the boards of the task and of its track from all scores that count."""
    _rewrite([task], None)


def fix_step(task: Task) -> None:
    """Fix the step that the task's displayed scores are rounded to, once the task is open."""
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
            # Existing rows were rounded to the provisional step.
            rebuild(task)


def _rewrite(tasks: list[Task], team: Team | None) -> None:
    """Update the boards of tasks of one track, the track's board, and existing private boards.

    If `team` is given, only that team's rows on the task boards are recomputed. Each board changes
    at most once.
    """
    with transaction.atomic():
        lock(tasks[0].track)
        # Read under the lock: the settings of tasks may have changed since the caller read them.
        all_tasks = ranking_tasks(tasks[0].track)
        wanted = {task.pk for task in tasks}
        changed = [task for task in all_tasks if task.pk in wanted]
        now, fresh = timezone.now(), {}
        for task in changed:
            before = present(task, Part.PUBLIC)
            ranked = ranked_on(task, _places(task, before.rows, team))
            fresh[task.pk] = BoardTable.of(ranked)
            write(before, fresh[task.pk], now, step=step_of(task))
        if changed:
            write_track(changed[0].track, all_tasks, Part.PUBLIC, now, fresh)
            refresh_private(changed, now, team)


def _places(task: Task, rows: list[BoardRow], team: Team | None) -> list[BoardRow]:
    """Return the rows of a task's board, recomputed for `team` or, if None, for every team."""
    scores = Score.objects.counting(task)
    if team is None:
        return places(task, scores)
    own = places(task, scores.filter(evaluation__submission__team=team), [team.pk])
    return [*(row for row in rows if row.team.pk != team.pk), *own]
