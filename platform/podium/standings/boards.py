"""What a viewer may see of a board: the one function behind every page and export."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from leaderboard import Entry, decimals, task_board
from leaderboard.boards import TRACK_STEP
from podium.challenges.models import Challenge, Phase, Task, Track
from podium.challenges.permissions import Permission, has_permission
from podium.standings.feedback import step_of
from podium.standings.models import Board, Revision, Standing
from podium.submissions.models import Part
from podium.teams.models import Team
from scoring import METRICS

UNROUNDED_DECIMALS = 5


@dataclass(frozen=True)
class BoardRow:
    """One line of a board as the viewer sees it. Baselines have no rank.

    What a worker adds (rank interval, whether the row is separable from the one above, flips
    against the reference baseline, OPIS, mean rank, Elo) is None until it has, and where it is not
    defined. `rise` is the shake-up: how many ranks the team rose at the reveal.
    """

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
    method: str = ""
    rank_low: int | None = None
    rank_high: int | None = None
    separable: bool | None = None
    nfr: float | None = None
    opis: float | None = None
    mean_rank: float | None = None
    elo: float | None = None
    elo_low: float | None = None
    elo_high: float | None = None
    rise: int | None = None

    @property
    def is_baseline(self) -> bool:
        return self.team.is_baseline


@dataclass(frozen=True)
class VisibleBoard:
    """A board at a time. `frozen_since` is set while others' rows stand still.

    `brackets` are the first and the last team of each run of rows of which no two are separable.
    """

    rows: list[BoardRow]
    decimals: int
    revision: int
    part: str = Part.PUBLIC
    at: datetime | None = None
    frozen_since: datetime | None = None
    is_studied: bool = False
    brackets: list[tuple[int, int]] = field(default_factory=list)
    friedman: dict[str, Any] = field(default_factory=dict)

    @property
    def mine(self) -> BoardRow | None:
        return next((row for row in self.rows if row.is_mine), None)

    @property
    def team_count(self) -> int:
        return sum(not row.is_baseline for row in self.rows)


def visible_board(
    viewer: Any, subject: Task | Track, at: datetime | None = None, part: str | None = None
) -> VisibleBoard:
    """Return the board of a task or track as the viewer may see it, now or at a time.

    Until the reveal that is the public part, whatever is asked for; from then on the private one
    or, if asked for, the public one as it was kept. During the freeze others' rows are those of
    its beginning while the viewer's own is live. A challenge that is not announced yet shows its
    boards to its organizers alone.
    """
    challenge = subject.challenge
    organizer = has_permission(viewer, Permission.SEE_DRAFT, challenge)
    now = timezone.now()
    moment = min(at, now) if at else now
    shown = visible_revision(subject, organizer=organizer, at=moment, part=part)
    frozen_since = None if organizer else stood_still(challenge, moment)
    my_team = _team_of(viewer, challenge.pk)
    rows = _rows(shown, my_team) if shown else []
    if frozen_since and my_team is not None and challenge.phase() != Phase.DRAFT:
        live = _standings(_public(subject), moment if at else None).filter(team=my_team)
        own = [_row(row, my_team) for row in live]
        rows = _ranked([*(row for row in rows if not row.is_mine), *own], subject)
    if shown is None:
        return VisibleBoard(rows, _decimals(subject, None), 0, at=at, frozen_since=frozen_since)
    if shown.board.part == Part.PRIVATE:
        rows = _with_rises(rows, subject)
    revision, study = shown.revision, shown.revision.study
    return VisibleBoard(
        rows=[_studied(row, study) for row in rows],
        decimals=_decimals(subject, revision),
        revision=revision.number,
        part=shown.board.part,
        at=at,
        frozen_since=frozen_since,
        is_studied=revision.studied_at is not None,
        brackets=[(int(first), int(last)) for first, last in study.get("brackets", ())],
        friedman=study.get("friedman", {}),
    )


@dataclass(frozen=True)
class ShownRevision:
    """Which state of which board is shown, without its rows: what a cache is keyed by.

    `is_current`: nothing has changed since, so that the rows without an end are those.
    """

    board: Board
    revision: Revision
    shown_at: datetime
    is_current: bool


def visible_revision(
    subject: Task | Track, *, organizer: bool, at: datetime, part: str | None = None
) -> ShownRevision | None:
    """Return which state of the subject's board is shown of a time, None for none at all."""
    challenge = subject.challenge
    if challenge.phase() == Phase.DRAFT and not organizer:
        return None
    shown_at = at if organizer else stood_still(challenge, at) or at
    states = Revision.objects.filter(_of(subject), at__lte=shown_at).select_related("board")
    wanted = [Part.PUBLIC]
    if challenge.is_revealed() and part != Part.PUBLIC:
        wanted.insert(0, Part.PRIVATE)
    for each in wanted:
        if revision := states.filter(board__part=each).order_by("-number").first():
            is_current = revision.number == revision.board.revision
            return ShownRevision(revision.board, revision, shown_at, is_current)
    return None


def stood_still(challenge: Challenge, at: datetime) -> datetime | None:
    """Return since when others' rows stood still at a time; None: they did not."""
    since = challenge.frozen_since()
    return since if challenge.freeze_hours and since <= at < challenge.reveal_at else None


def _of(subject: Task | Track) -> Q:
    """Return the condition on rows that belong to a board: that it is the subject's."""
    return Q(board__task=subject) if isinstance(subject, Task) else Q(board__track=subject)


def _decimals(subject: Task | Track, revision: Revision | None) -> int:
    if revision is None:
        return decimals(step_of(subject) if isinstance(subject, Task) else TRACK_STEP)
    return UNROUNDED_DECIMALS if revision.step is None else decimals(revision.step)


def _team_of(viewer: Any, challenge_id: int) -> int | None:
    if not getattr(viewer, "is_authenticated", False):
        return None
    mine = viewer.memberships.filter(challenge=challenge_id).values_list("team_id", flat=True)
    return mine.first()  # type: ignore[no-any-return]


def _public(subject: Task | Track) -> Q:
    return _of(subject) & Q(board__part=Part.PUBLIC)


def _rows(shown: ShownRevision, my_team: int | None) -> list[BoardRow]:
    rows = _standings(Q(board=shown.board), None if shown.is_current else shown.shown_at)
    return [_row(row, my_team) for row in rows]


def _standings(board: Q, at: datetime | None) -> QuerySet[Standing]:
    """Return the rows of a board at a time; None: those that stand now, found without history."""
    rows = Standing.objects.filter(board).select_related("team__challenge", "submission")
    if at is None:
        rows = rows.filter(valid_until=None)
    else:
        rows = rows.filter(Q(valid_until=None) | Q(valid_until__gt=at), valid_from__lte=at)
    return rows.only(
        *("rank", "score", "low", "high", "attempts", "first_reached", "tasks", "position"),
        *("board_id", "submission__method", "team__name", "team__slug", "team__baseline"),
        *("team__disqualified_at", "team__challenge__slug"),
    ).order_by("position")


def _row(row: Standing, my_team: int | None) -> BoardRow:
    return BoardRow(
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
        method=row.submission.method if row.submission else "",
    )


def _studied(row: BoardRow, study: dict[str, Any]) -> BoardRow:
    """Return the row with what a worker found of it."""
    found = study.get("rows", {}).get(str(row.team.pk))
    if not found:
        return row
    names = ("rank_low", "rank_high", "separable", "nfr", "opis", "mean_rank")
    added = {name: found.get(name) for name in (*names, "elo", "elo_low", "elo_high")}
    if row.low is None:  # a track's interval is a bootstrap; a task's stands in the row
        added |= {"low": found.get("low"), "high": found.get("high")}
    return replace(row, **added)


def _with_rises(rows: list[BoardRow], subject: Task | Track) -> list[BoardRow]:
    """Return the rows of a private board with the shake-up against the public one as it is kept."""
    kept = Standing.objects.filter(_public(subject), valid_until=None)
    public = dict(kept.values_list("team_id", "rank"))

    def rise(row: BoardRow) -> int | None:
        before = public.get(row.team.pk)
        return None if row.rank is None or before is None else before - row.rank

    return [replace(row, rise=rise(row)) for row in rows]


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
