"""Who stands where, from scores: rows of boards that are not stored yet."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.db.models import QuerySet

from leaderboard import Entry, TrackEntry, TrackRow, TrackTask, task_board, track_board
from leaderboard.boards import TRACK_STEP
from podium.challenges.models import Aggregate, Feedback, Task, Track
from podium.standings import ladder
from podium.standings.feedback import bounds, display, public_headlines, step_of
from podium.standings.models import Standing
from podium.submissions.models import Score
from scoring import METRICS

TRIVIAL = "trivial"


def ranking_scores(task: Task, scores: QuerySet[Score]) -> QuerySet[Score]:
    """Return those of the scores that can give a team its place on the task, team by team.

    Under the mode `ladder` withdrawn ones are among them: a withdrawal does not rewind it.
    """
    found = public_headlines(task, scores).filter(
        evaluation__submission__team__disqualified_at=None
    )
    if task.feedback == Feedback.LADDER:
        return found
    return found.filter(evaluation__submission__withdrawn_at=None)


def places(
    task: Task, scores: QuerySet[Score], teams: Iterable[int] | None = None
) -> dict[int, Standing]:
    """Return the place (still without a rank) of each team that has such a score, by its id.

    `teams` names those that the scores are of, where they are not of all.
    """
    by_team = groupby(
        ranking_scores(task, scores), key=lambda score: score.evaluation.submission.team_id
    )
    if task.feedback != Feedback.LADDER:
        return {team: _best(task, list(mine)) for team, mine in by_team}
    waiting = ladder.pending(task, teams)
    found = {team: _told(task, list(mine), waiting.get(team, ())) for team, mine in by_team}
    return {team: place for team, place in found.items() if place is not None}


def _told(task: Task, scores: list[Score], waiting: Iterable[int]) -> Standing | None:
    """Return the place that a team has by the last of its accepted scores.

    None before the first; a place without a score while the accepted one is withdrawn.
    """
    told = ladder.accepted(task, step_of(task), scores, waiting)
    kept = [score for score in scores if score.evaluation.submission.withdrawn_at is None]
    if not told or not kept:
        return None
    last = told[-1]
    submission = last.evaluation.submission
    place = _place(task, last, len(kept))
    if submission.withdrawn_at is not None:
        place.score = place.low = place.high = place.submission = None
    return place


def _best(task: Task, scores: list[Score]) -> Standing:
    """Return the place that a team has by the best displayed of its scores, in their order."""
    sign = 1 if METRICS[task.headline].higher_is_better else -1

    def quality(score: Score) -> tuple[bool, float]:
        value = display(task, score).value
        return (value is not None, sign * (value or 0.0))

    # max keeps the first of equals: the submission that reached the displayed score first.
    return _place(task, max(scores, key=quality), len(scores))


def _place(task: Task, score: Score, attempts: int) -> Standing:
    shown = display(task, score)
    submission = score.evaluation.submission
    return Standing(
        team=submission.team,
        score=shown.value,
        low=shown.low,
        high=shown.high,
        submission=submission,
        first_reached=submission.received_at,
        attempts=attempts,
    )


def ranked(task: Task, fresh: dict[int, Standing]) -> list[Standing]:
    """Return the rows of a task's board in order, with their ranks."""
    entries = [
        Entry(row.team_id, row.score, row.low, row.high, row.first_reached, row.team.is_baseline)
        for row in fresh.values()
    ]
    rows = task_board(entries, METRICS[task.headline].higher_is_better)
    return [
        _copy(fresh[int(row.entry.key)], position=position, rank=row.rank)
        for position, row in enumerate(rows, start=1)
    ]


def ranked_track(
    track: Track,
    tasks: list[Task],
    rows: dict[int, list[Standing]],
    step: float | None = TRACK_STEP,
) -> list[Standing]:
    """Return the rows of a track's board from those of its tasks' boards, by the tasks' ids."""
    by_team: dict[int, dict[int, Standing]] = {}
    for task, standings in rows.items():
        for row in standings:
            by_team.setdefault(row.team_id, {})[task] = row
    counted = track_tasks(track, tasks, rows)
    ordered = track_board(
        counted,
        [_track_entry(team, mine, counted) for team, mine in by_team.items()],
        "mean_score" if track.aggregate == Aggregate.MEAN_SCORE else "mean_skill",
        step,
    )
    slugs = {task.pk: task.slug for task in tasks}
    return [
        _track_row(row, position, list(by_team[int(row.entry.key)].values()), slugs)
        for position, row in enumerate(ordered, start=1)
    ]


def _copy(row: Standing, **changes: object) -> Standing:
    # By its id: reading the submission itself would be a query for every team on the board.
    names = ("team", "score", "low", "high", "submission_id", "first_reached", "attempts", "tasks")
    return Standing(**{**{name: getattr(row, name) for name in names}, **changes})


def track_tasks(
    track: Track, tasks: list[Task], rows: dict[int, list[Standing]]
) -> list[TrackTask]:
    """Return the tasks of a track that count in its ranking.

    A skill needs the score of the trivial submission, a mean of scores needs none: there all tasks
    count, and those without it have no skill to tell.
    """
    counted = []
    for task in tasks:
        metric = METRICS[task.headline]
        lowest, highest = bounds(task, metric)
        ceiling = highest if metric.higher_is_better else lowest
        base = _trivial_score(rows.get(task.pk, ()))
        if base is None and track.aggregate == Aggregate.MEAN_SCORE:
            base = ceiling
        if base is not None:
            counted.append(TrackTask(task.pk, base, ceiling, metric.higher_is_better))
    return counted


def _trivial_score(rows: Iterable[Standing]) -> float | None:
    return next((row.score for row in rows if row.team.baseline == TRIVIAL), None)


def _track_entry(team: int, mine: dict[int, Standing], counted: list[TrackTask]) -> TrackEntry:
    """Return the team's scores, reached when the last of those that count was."""
    ranking = [row for task in counted if (row := mine.get(int(task.key)))]
    return TrackEntry(
        key=team,
        scores={task: row.score for task, row in mine.items()},
        first_reached=max(
            (row.first_reached for row in ranking if row.score is not None), default=None
        ),
        is_baseline=next(iter(mine.values())).team.is_baseline,
    )


def _track_row(
    row: TrackRow, position: int, mine: list[Standing], slugs: dict[int, str]
) -> Standing:
    reached: Any = row.entry.first_reached  # a time, because the team has a score that counts
    return Standing(
        team=mine[0].team,
        position=position,
        rank=row.rank,
        score=row.value,
        first_reached=reached,
        attempts=sum(place.attempts for place in mine),
        tasks=[
            {"task": slugs[int(cell.task)], "score": cell.score, "skill": cell.skill}
            for cell in row.cells
        ],
    )
