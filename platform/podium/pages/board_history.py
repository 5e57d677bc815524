"""How the rows of a board came to stand where they do: best scores over time, and former ranks."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from podium.challenges.models import Task, Track
from podium.standings.models import Standing
from podium.teams.models import Team

# In place of a former rank: the row is that of a new score, or had no rank.
NEW, UNRANKED = -1, 0


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
    """Return the past of these teams on a board, up to a time, by their ids.

    One query, which does not read the history: that has a row for every change of a place, but the
    first row of each score has an index of its own, which holds all that is asked of it here, and
    the one of a time is one step into another.
    """
    teams = list(teams)
    of = Standing.objects.filter(board__in=subject.boards.filter(part=part).values("pk")).order_by()
    new = of.filter(team__in=teams, valid_from=F("score_since"), valid_from__lte=until)
    last = of.filter(team=OuterRef("pk"), valid_from__lte=since).order_by("-valid_from", "-pk")
    before = (
        Team.objects.filter(pk__in=teams).order_by().values(row=Subquery(last.values("pk")[:1]))
    )
    stood = of.filter(Q(valid_until=None) | Q(valid_until__gt=since), pk__in=before)
    names = ("team_id", "valid_from", "score", "then")
    rows = new.annotate(then=Value(NEW)).values_list(*names)
    found: dict[int, Past] = {}
    for team, at, score, then in rows.union(
        stood.annotate(then=Coalesce("rank", UNRANKED)).values_list(*names), all=True
    ):
        past = found.setdefault(team, Past())
        if then == NEW:
            past.scores.append((at, score))
        else:
            past.rank, past.was_there = None if then == UNRANKED else then, True
    for past in found.values():
        past.scores.sort(key=lambda each: each[0])
    return found
