"""The reader's own place on a board and the one they pinned: small, live, and never kept."""

from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
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
from podium.teams.models import Membership, Team
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
    shown = min(moment, frozen_since) if frozen_since else moment
    own = Membership.objects.filter(user=user.pk if is_member else None)
    rows = Standing.objects.filter(pk__in=_last(subject, state, own, moment, shown)).annotate(
        is_own=Exists(own.filter(team=OuterRef("team"))),
        better=_better(subject, _at(shown)) if frozen_since else F("rank"),
    )
    standing = [
        row
        for row in rows.select_related("team", "board").order_by("board__part")  # private first
        if row.valid_until is None or row.valid_until > (moment if row.is_own else shown)
    ]
    found = {row.team_id: row for row in reversed(standing)}
    places = [_place(row, state, subject, is_live=bool(frozen_since)) for row in found.values()]
    return sorted(places, key=lambda place: not place["is_own"])


def _last(
    subject: Task | Track,
    state: BoardState,
    own: QuerySet[Membership],
    moment: datetime,
    shown: datetime,
) -> QuerySet[Any]:
    """Return the last rows of the reader's team and the pinned one on the boards that may be meant.

    Each is one step into the index of the history, however long that is.
    """
    challenge = subject.challenge
    parts = [Part.PUBLIC]
    if challenge.is_revealed() and challenge.reveal_at <= moment and state.part != Part.PUBLIC:
        parts.append(Part.PRIVATE)
    kind = "task" if isinstance(subject, Task) else "track"
    board = f"challenge__{kind}s__boards"
    mine = Subquery(own.filter(challenge=challenge).values("team")[:1])
    pinned = Subquery(Team.objects.filter(challenge=challenge, slug=state.pin).values("pk"))
    of = {f"{board}__{kind}": subject, f"{board}__part__in": parts}
    # Not by "or", of which PostgreSQL thinks that it means half of all teams.
    teams = Team.objects.filter(pk__in=[mine, pinned], **of)
    last = Standing.objects.filter(
        board=OuterRef(board), team=OuterRef("pk"), valid_from__lte=OuterRef("time")
    ).order_by("-valid_from", "-pk")
    at = Case(When(pk=mine, then=Value(moment)), default=Value(shown))
    return teams.annotate(time=at).order_by().values_list(Subquery(last.values("pk")[:1]))


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
