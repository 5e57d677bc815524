"""How the rows of a board came to be where they are: best scores over time and former ranks."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from podium.challenges.models import Task, Track
from podium.standings.history import boards_of, ranks_at
from podium.standings.models import Standing
from podium.submissions.models import Part

MOST_STEPS = 24  # more cannot be distinguished in a sparkline, and hardly among other lines


@dataclass
class Past:
    """A team's displayed scores with the time from which each was shown, oldest first.

    Of `count` scores these are the first, the last and some between. `rank` is the one it had at
    the time that movement is counted from; `was_there` says whether it was on the board then.
    """

    scores: list[tuple[datetime, float]] = field(default_factory=list)
    count: int = 0
    rank: int | None = None
    was_there: bool = False


def pasts(
    subject: Task | Track, teams: Collection[int], *, until: datetime, since: datetime
) -> dict[int, Past]:
    """Return the past of these teams on the subject's public board, up to a time, by their ids."""
    found: dict[int, Past] = defaultdict(Past)
    steps = Standing.objects.filter(
        board__in=boards_of([subject], [Part.PUBLIC]), team__in=teams, valid_from__lte=until
    )
    shown = steps.filter(is_new_score=True, score__isnull=False).order_by("valid_from")
    for team, at, score in shown.values_list("team_id", "valid_from", "score"):
        found[team].scores.append((at, score or 0.0))
    for past in found.values():
        past.count = len(past.scores)
        past.scores = _thinned(past.scores)
    ranks = ranks_at([subject], Part.PUBLIC, since).get(subject.pk, {})
    for team in ranks.keys() & set(teams):
        found[team].rank, found[team].was_there = ranks[team], True
    return found


def _thinned(scores: list[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """Return the first, the last and evenly chosen scores between, about `MOST_STEPS` in all."""
    every = -(-len(scores) // MOST_STEPS)
    last = len(scores) - 1
    return [each for place, each in enumerate(scores) if not place or not (last - place) % every]
