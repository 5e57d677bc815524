"""What a viewer may see of a board: the one function behind every page and export."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from leaderboard import Entry, decimals, task_board
from leaderboard.boards import TRACK_STEP
from podium.challenges.models import Phase, Task, Track
from podium.challenges.permissions import Permission, has_permission
from podium.standings.feedback import step_of
from podium.standings.models import Board, Standing
from podium.teams.models import Team
from scoring import METRICS


@dataclass(frozen=True)
class BoardRow:
    """One line of a board as the viewer sees it. Baselines have no rank."""

    rank: int | None
    team: Team
    score: float | None
    low: float | None
    high: float | None
    attempts: int
    first_reached: datetime
    submission_id: int | None
    tasks: list[dict[str, Any]]
    is_mine: bool

    @property
    def is_baseline(self) -> bool:
        return self.team.is_baseline


@dataclass(frozen=True)
class VisibleBoard:
    """A board at a time. `frozen_since` is set while others' rows stand still."""

    rows: list[BoardRow]
    decimals: int
    revision: int
    frozen_since: datetime | None

    @property
    def mine(self) -> BoardRow | None:
        return next((row for row in self.rows if row.is_mine), None)

    @property
    def team_count(self) -> int:
        return sum(not row.is_baseline for row in self.rows)


def visible_board(viewer: Any, subject: Task | Track, at: datetime | None = None) -> VisibleBoard:
    """Return the board of a task or track as the viewer may see it, now or at a time.

    During the freeze others' rows are those of its beginning while the viewer's own is live.
    A challenge that is not announced yet shows its boards to its organizers alone.
    """
    challenge = subject.challenge
    organizer = has_permission(viewer, Permission.SEE_DRAFT, challenge)
    places = decimals(step_of(subject) if isinstance(subject, Task) else TRACK_STEP)
    board = _board(subject)
    if board is None or (challenge.phase() == Phase.DRAFT and not organizer):
        return VisibleBoard([], places, 0, None)
    now = timezone.now()
    at = at or now
    frozen_since = challenge.frozen_since()
    frozen = frozen_since <= at and challenge.freeze_hours > 0 and now < challenge.reveal_at
    my_team = _team_of(viewer, challenge.pk)
    rows = _rows(board, min(at, frozen_since) if frozen and not organizer else at, my_team)
    if frozen and not organizer and my_team is not None:
        own = [row for row in _rows(board, at, my_team) if row.is_mine]
        rows = _ranked([*(row for row in rows if not row.is_mine), *own], subject)
    return VisibleBoard(
        rows, places, board.revision, frozen_since if frozen and not organizer else None
    )


def _board(subject: Task | Track) -> Board | None:
    if isinstance(subject, Task):
        return Board.objects.filter(task=subject).first()
    return Board.objects.filter(track=subject).first()


def _team_of(viewer: Any, challenge_id: int) -> int | None:
    if not getattr(viewer, "is_authenticated", False):
        return None
    mine = viewer.memberships.filter(challenge=challenge_id).values_list("team_id", flat=True)
    return mine.first()  # type: ignore[no-any-return]


def _rows(board: Board, at: datetime, my_team: int | None) -> list[BoardRow]:
    standings = (
        Standing.objects.filter(
            Q(valid_until=None) | Q(valid_until__gt=at), board=board, valid_from__lte=at
        )
        .select_related("team", "team__challenge")
        .order_by("position")
    )
    return [
        BoardRow(
            rank=row.rank,
            team=row.team,
            score=row.score,
            low=row.low,
            high=row.high,
            attempts=row.attempts,
            first_reached=row.first_reached,
            submission_id=row.submission_id,
            tasks=row.tasks,
            is_mine=row.team_id == my_team,
        )
        for row in standings
    ]


def _ranked(rows: list[BoardRow], subject: Task | Track) -> list[BoardRow]:
    """Return the rows ranked anew: the viewer's live row among the frozen others."""
    higher = METRICS[subject.headline].higher_is_better if isinstance(subject, Task) else True
    by_team = {row.team.pk: row for row in rows}
    entries = [
        Entry(row.team.pk, row.score, row.low, row.high, row.first_reached, row.is_baseline)
        for row in rows
    ]
    return [
        replace(by_team[int(row.entry.key)], rank=row.rank) for row in task_board(entries, higher)
    ]
