"""The reader's own place on a board and the one they pinned: small, live, and never kept."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from leaderboard.boards import TRACK_STEP
from leaderboard.ranks import SLACK
from podium.challenges.models import Task, Track
from podium.pages.board_state import BY_RANK, PAGE_ROWS, BoardState
from podium.pages.presenters import number
from podium.standings.boards import decimals_of
from podium.standings.feedback import step_of
from podium.standings.models import Standing
from podium.submissions.models import Part
from podium.teams.models import Membership
from scoring import METRICS


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
    shown = _at(min(moment, frozen_since) if frozen_since else moment)
    own = Membership.objects.filter(team=OuterRef("team"), user=user.pk if is_member else None)
    rows = _of(subject, state, moment).annotate(
        is_own=Exists(own), better=_better(subject, shown) if frozen_since else F("rank")
    )
    live = _at(moment)
    found = rows.filter((Q(is_own=True) & live) | (Q(team__slug=state.pin) & shown))
    places = [_place(row, state, subject, is_live=bool(frozen_since)) for row in _latest(found)]
    return sorted(places, key=lambda place: not place["is_own"])


def _of(subject: Task | Track, state: BoardState, moment: datetime) -> QuerySet[Standing]:
    """Return the rows of the boards that may be meant, the private one first."""
    of = {"board__task": subject} if isinstance(subject, Task) else {"board__track": subject}
    parts = [Part.PUBLIC]
    challenge = subject.challenge
    if challenge.is_revealed() and challenge.reveal_at <= moment and state.part != Part.PUBLIC:
        parts.append(Part.PRIVATE)
    rows = Standing.objects.filter(**of, board__part__in=parts).select_related("team", "board")
    return rows.order_by("board__part", "-valid_from")


def _latest(rows: QuerySet[Standing]) -> list[Any]:
    """Return one row of each team: that of the private board if it stands there."""
    found: dict[int, Any] = {}
    for row in rows:
        found.setdefault(row.team_id, row)
    return list(found.values())


def _at(moment: datetime) -> Q:
    return Q(valid_from__lte=moment) & (Q(valid_until=None) | Q(valid_until__gt=moment))


def _better(subject: Task | Track, shown: Q) -> Subquery:
    """Return how many of the teams as they are shown stand above a row, the row's own aside."""
    is_up = not isinstance(subject, Task) or METRICS[subject.headline].higher_is_better
    above = (
        Q(score__gt=OuterRef("score") + SLACK) if is_up else Q(score__lt=OuterRef("score") - SLACK)
    )
    others = Standing.objects.filter(above & shown, board=OuterRef("board"), rank__isnull=False)
    counted = others.exclude(team=OuterRef("team")).order_by().values("board")
    return Subquery(counted.annotate(count=Count("pk")).values("count"))


def _step(subject: Task | Track, part: str) -> float | None:
    if part == Part.PRIVATE:
        return None
    return step_of(subject) if isinstance(subject, Task) else TRACK_STEP


def _place(row: Any, state: BoardState, subject: Task | Track, *, is_live: bool) -> dict[str, Any]:
    few = decimals_of(_step(subject, row.board.part))
    interval = ""
    if row.low is not None and row.high is not None:
        interval = f"{number(row.low, few)} to {number(row.high, few)}"
    live = is_live and row.is_own
    page = 1 + (row.position - 1) // PAGE_ROWS
    return {
        "is_own": row.is_own,
        "is_live": live,
        "name": row.team.name,
        "slug": row.team.slug,
        "rank": 1 + (row.better or 0) if live and row.rank else row.rank,
        "score": number(row.score, few),
        "interval": interval,
        "attempts": None if row.team.is_baseline else row.attempts,
        "improved_at": row.first_reached,
        "url": f"{state.query(sort=BY_RANK, q='', page=page) or '?'}#team-{row.team.slug}",
    }
