"""How the rows of a board came to stand where they do: best scores over time, and former ranks."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from podium import database

MOST_STEPS = 24  # more cannot be told apart in a sparkline, and hardly among other lines
UNRANKED = 0  # in place of a former rank: the row had none


@dataclass
class Past:
    """A team's displayed scores with the time from which each was shown, oldest first.

    Of `count` scores these are the first, the last and some between. `rank` is the one it had at
    the time that movement is told since; `was_there` tells whether it stood on the board then.
    """

    scores: list[tuple[datetime, float]] = field(default_factory=list)
    count: int = 0
    rank: int | None = None
    was_there: bool = False


def pasts(
    board: int, teams: Collection[int], *, until: datetime, since: datetime
) -> dict[int, Past]:
    """Return the past of these teams on a board (its id), up to a time, by their ids.

    One query, which does not read the history: that has a row for every change
    of a place, but the first row of each score has an index of its own, which holds all that is
    asked of it here, and the one of a time is one step into another.
    """
    # As parameters so many ids would be read and written one by one.
    ids = {"board": int(board), "teams": ", ".join(str(int(team)) for team in teams) or "NULL"}
    asked = _PASTS.format(**ids, most=MOST_STEPS, unranked=UNRANKED)
    found: dict[int, Past] = defaultdict(Past)
    for team, at, score, number in database.rows_of(asked, (until, since, since)):
        past = found[team]
        if at is not None:
            past.scores.append((database.in_utc(at), score))
            past.count = number
        elif number is not None:
            past.rank, past.was_there = None if number == UNRANKED else number, True
    for past in found.values():
        past.scores.sort(key=lambda each: each[0])
    return found


# Written by hand: to put it together takes Django as long as the database takes to answer. The
# last column is the number of scores in the first half, in the second the rank at a time, if any.
_PASTS = """
    SELECT team_id, valid_from, score, total FROM (
        SELECT team_id, valid_from, score,
            ROW_NUMBER() OVER (PARTITION BY team_id ORDER BY valid_from) AS number,
            COUNT(*) OVER (PARTITION BY team_id) AS total
        FROM standings_standing
        WHERE board_id = {board} AND team_id IN ({teams}) AND valid_from <= %s
            AND is_new_score AND score IS NOT NULL
    ) AS step
    WHERE number = 1 OR (total - number) %% ((total + {most} - 1) / {most}) = 0
    UNION ALL
    SELECT team.id, NULL, NULL, (
        SELECT CASE WHEN valid_until IS NULL OR valid_until > %s THEN COALESCE(rank, {unranked}) END
        FROM standings_standing
        WHERE board_id = {board} AND team_id = team.id AND valid_from <= %s
        ORDER BY valid_from DESC, id DESC
        LIMIT 1
    ) FROM teams_team AS team WHERE team.id IN ({teams})
"""
