"""How the rows of a board came to stand where they do: best scores over time, and former ranks."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Case, DateTimeField, FloatField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from podium.standings.models import Standing
from podium.teams.models import Team

UNRANKED = 0  # in place of a former rank: the row had none
_NO_TIME, _NO_SCORE = Value(None, DateTimeField()), Value(None, FloatField())


@dataclass
class Past:
    """A team's displayed scores with the time from which each was shown, oldest first.

    `rank` is the one it had at the time that movement is told since; `was_there` tells whether it
    stood on the board then.
    """

    scores: list[tuple[datetime, float | None]] = field(default_factory=list)
    rank: int | None = None
    was_there: bool = False


def pasts(board: int, teams: Iterable[int], *, until: datetime, since: datetime) -> dict[int, Past]:
    """Return the past of these teams on a board (its id), up to a time, by their ids.

    One query, which does not read the history: that has a row for every change of a place, but the
    first row of each score has an index of its own, which holds all that is asked of it here, and
    the one of a time is one step into another.
    """
    teams = list(teams)
    of = Standing.objects.filter(board=board).order_by()
    new = of.filter(team__in=teams, is_new_score=True, valid_from__lte=until)
    last = of.filter(team=OuterRef("pk"), valid_from__lte=since).order_by("-valid_from", "-pk")
    stood = Case(
        When(Q(valid_until=None) | Q(valid_until__gt=since), then=Coalesce("rank", UNRANKED))
    )
    at_since = Team.objects.filter(pk__in=teams).order_by()
    found: dict[int, Past] = {}
    # Rows of scores have a time. Their last column is there for the union: one of the index.
    for team, at, score, then in new.values_list(
        "team_id", "valid_from", "score", "board_id"
    ).union(
        at_since.values_list("pk", _NO_TIME, _NO_SCORE, Subquery(last.values_list(stood)[:1])),
        all=True,
    ):
        past = found.setdefault(team, Past())
        if at is not None:
            past.scores.append((at, score))
        elif then is not None:
            past.rank, past.was_there = None if then == UNRANKED else then, True
    for past in found.values():
        past.scores.sort(key=lambda each: each[0])
    return found
