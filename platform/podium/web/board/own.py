"""The reader's own place on a board and the one they pinned: small, live, and never kept."""

from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from leaderboard.boards import TRACK_STEP
from leaderboard.ranks import SLACK
from podium import database
from podium.challenges.models import Task, Track
from podium.standings.boards import decimals_of
from podium.standings.feedback import step_of
from podium.submissions.models import Part
from podium.web.base.presenters import number
from podium.web.board.state import BY_RANK, PAGE_ROWS, BoardState
from scoring import METRICS


class _Row(NamedTuple):
    """A row of a board as the database tells it. `better`: how many teams stand above it."""

    part: str
    team: int
    is_own: Any
    name: str
    slug: str
    baseline: str
    position: int
    rank: int | None
    score: float | None
    low: float | None
    high: float | None
    attempts: int
    first_reached: datetime
    valid_until: datetime | None
    better: int | None


def own_places(
    user: Any, subject: Task | Track, state: BoardState, frozen_since: datetime | None
) -> list[dict[str, Any]]:
    """Return the reader's own place and the pinned team's, as far as they stand on the board.

    While others' rows stand still one's own is live: its rank is told among the others as they
    stand. One query.
    """
    is_member = getattr(user, "is_authenticated", False)
    if not is_member and not state.pin:
        return []
    moment = state.moment or timezone.now()
    shown = _shown_at(moment, frozen_since)
    rows = [
        row
        for row in _last(user.pk if is_member else None, subject, state, moment, frozen_since)
        if row.valid_until is None or row.valid_until > (moment if row.is_own else shown)
    ]
    found = {row.team: row for row in reversed(rows)}  # that of the private board if it has one
    places = [_place(row, state, subject, frozen_since) for row in found.values()]
    return sorted(places, key=lambda place: not place["is_own"])


def _last(
    user: int | None,
    subject: Task | Track,
    state: BoardState,
    moment: datetime,
    frozen_since: datetime | None,
) -> list[_Row]:
    """Return the last rows of the reader's team and the pinned one on the boards that may be meant.

    Of the private board first. Each is one step into the index of the history, however long that
    is.
    """
    challenge, shown = subject.challenge, _shown_at(moment, frozen_since)
    parts = [Part.PUBLIC]
    if challenge.is_revealed() and challenge.reveal_at <= moment and state.part != Part.PUBLIC:
        parts.append(Part.PRIVATE)
    is_task = isinstance(subject, Task)
    is_up = not isinstance(subject, Task) or METRICS[subject.headline].higher_is_better
    above = f"> standing.score + {SLACK}" if is_up else f"< standing.score - {SLACK}"
    asked = _ROWS.format(
        mine=_MINE,
        kind="task" if is_task else "track",
        parts=", ".join(["%s"] * len(parts)),
        better=_BETTER.format(above=above) if frozen_since else "NULL",
    )
    mine = (user, challenge.pk)
    given = (
        *(*mine, *((shown, shown) if frozen_since else ())),
        *(*mine, moment, shown),
        *(subject.pk, *parts, *mine, state.pin, challenge.pk),
    )
    return [_Row(*map(database.in_utc, row)) for row in database.rows_of(asked, given)]


def _shown_at(moment: datetime, frozen_since: datetime | None) -> datetime:
    """Return the time whose rows of others are shown."""
    return min(moment, frozen_since) if frozen_since else moment


def _step(subject: Task | Track, part: str) -> float | None:
    if part == Part.PRIVATE:
        return None
    return step_of(subject) if isinstance(subject, Task) else TRACK_STEP


def _place(
    row: _Row, state: BoardState, subject: Task | Track, frozen_since: datetime | None
) -> dict[str, Any]:
    few = decimals_of(_step(subject, row.part))
    interval = ""
    if row.low is not None and row.high is not None:
        interval = f"{number(row.low, few)} to {number(row.high, few)}"
    live = bool(frozen_since and row.is_own)
    page = 1 + (row.position - 1) // PAGE_ROWS
    return {
        "is_own": bool(row.is_own),
        "is_live": live,
        "name": row.name,
        "slug": row.slug,
        "rank": 1 + (row.better or 0) if live and row.rank else row.rank,
        "score": number(row.score, few),
        "interval": interval,
        "attempts": None if row.baseline else row.attempts,
        "improved_at": row.first_reached,
        "url": f"{state.query(sort=BY_RANK, q='', page=page) or '?'}#team-{row.slug}",
    }


# By hand: to put it together takes Django many times as long as the database takes to answer. Not
# by "or", of which PostgreSQL thinks that it means half of all teams.
_MINE = "(SELECT team_id FROM teams_membership WHERE user_id = %s AND challenge_id = %s)"
_BETTER = """(
    SELECT COUNT(*) FROM standings_standing AS other
    WHERE other.board_id = standing.board_id AND other.team_id <> standing.team_id
        AND other.valid_from <= %s AND (other.valid_until IS NULL OR other.valid_until > %s)
        AND other.rank IS NOT NULL AND other.score {above}
)"""
_ROWS = """
    SELECT board.part, team.id, team.id = {mine}, team.name, team.slug, team.baseline,
        standing.position, standing.rank, standing.score, standing.low, standing.high,
        standing.attempts, standing.first_reached, standing.valid_until, {better}
    FROM standings_board AS board CROSS JOIN teams_team AS team
    JOIN standings_standing AS standing ON standing.id = (
        SELECT id FROM standings_standing
        WHERE board_id = board.id AND team_id = team.id
            AND valid_from <= CASE WHEN team.id = {mine} THEN %s ELSE %s END
        ORDER BY valid_from DESC, id DESC LIMIT 1
    )
    WHERE board.{kind}_id = %s AND board.part IN ({parts})
        AND team.id IN ({mine}, (SELECT id FROM teams_team WHERE slug = %s AND challenge_id = %s))
    ORDER BY board.part
"""
