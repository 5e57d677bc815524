"""How the rows of a board came to stand where they do: best scores over time, and former ranks."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Min, Q

from podium.challenges.models import Task, Track
from podium.standings.models import Standing


@dataclass
class Past:
    """A team's displayed scores with the time from which each was shown, oldest first.

    `rank` is the one it had at the time that movement is told since; `was_there` tells whether it
    stood on the board then.
    """

    scores: list[tuple[datetime, float | None]] = field(default_factory=list)
    rank: int | None = None
    was_there: bool = False


def pasts(
    subject: Task | Track, part: str, teams: Iterable[int], *, until: datetime, since: datetime
) -> dict[int, Past]:
    """Return the past of these teams on a board, up to a time, by their ids. One query.

    A row of the history is written with every change of place, so that the database folds those of
    equal scores into one.
    """
    of = {"board__task": subject} if isinstance(subject, Task) else {"board__track": subject}
    then = Q(valid_from__lte=since) & (Q(valid_until=None) | Q(valid_until__gt=since))
    rows = (
        Standing.objects.filter(**of, board__part=part, team__in=teams, valid_from__lte=until)
        .order_by()
        .values_list("team_id", "score")
        .annotate(
            first=Min("valid_from"), rank=Max("rank", filter=then), there=Count("pk", filter=then)
        )
    )
    found: dict[int, Past] = {}
    for team, score, first, rank, there in rows:
        past = found.setdefault(team, Past())
        past.scores.append((first, score))
        past.rank = rank if rank is not None else past.rank
        past.was_there = past.was_there or bool(there)
    for past in found.values():
        past.scores.sort(key=lambda each: each[0])
    return found
