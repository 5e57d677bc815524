"""The feedback mode `ladder`: the replies to a team on a task, replayed from its scores.

The margin is a fixed step, so row losses are not needed: the state of a team follows from its
public headline scores in order of submission number (docs/decisions/ladder-with-a-fixed-step.md).
"""

from collections.abc import Iterable

import numpy as np

from leaderboard.ladder import Attempt, Ladder, replay
from podium.challenges.models import Task
from podium.submissions.models import IN_FLIGHT, Score, Submission
from scoring import METRICS

_ROW = np.zeros(1)  # a fixed margin needs no row losses


def pending(task: Task, teams: Iterable[int] | None = None) -> dict[int, list[int]]:
    """Return the numbers of the submissions that later replies wait for, by team.

    A failed submission that is scored again does not hold up later ones, which already have their
    replies. It is recognized by its empty `quota_day`: the second try is free.
    """
    rows = Submission.objects.filter(task=task, state__in=IN_FLIGHT, quota_day__isnull=False)
    if teams is not None:
        rows = rows.filter(team__in=teams)
    found: dict[int, list[int]] = {}
    for team, number in rows.values_list("team_id", "number"):
        found.setdefault(team, []).append(number)
    return found


def accepted(task: Task, step: float, scores: list[Score], waiting: Iterable[int]) -> list[Score]:
    """Return a team's accepted public headline scores, ending with the last accepted one.

    `scores` are those of all its scored submissions, including withdrawn ones. A baseline
    withdraws nothing: what is off the boards are other seeds, which get no reply.
    """
    up = METRICS[task.headline].higher_is_better
    by_number = {
        score.evaluation.submission.number: score for score in scores if not _is_aside(score)
    }
    attempts = [
        Attempt.of_metric(number, score.value, _ROW, higher_is_better=up)
        for number, score in by_number.items()
    ]
    late = [Attempt(number, pending=True) for number in waiting if number not in by_number]
    _, replies = replay([*attempts, *late], Ladder(step=step))
    return [by_number[reply.number] for reply in replies if reply.accepted]


def _is_aside(score: Score) -> bool:
    submission = score.evaluation.submission
    return submission.team.is_baseline and submission.withdrawn_at is not None
