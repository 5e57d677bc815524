"""What a viewer may see of a board: the one function behind every page and export."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone

from leaderboard import Entry, decimals, task_board
from leaderboard.boards import TRACK_STEP
from podium.challenges.models import Challenge, Phase, Task, Track
from podium.challenges.permissions import Permission, has_permission
from podium.standings.board_rows import STUDIED, BoardRow, read_rows
from podium.standings.feedback import step_of
from podium.standings.models import Board, Revision, Standing
from podium.submissions.models import Part
from scoring import METRICS

UNROUNDED_DECIMALS = 5


@dataclass(frozen=True)
class VisibleBoard:
    """A board at a time. `frozen_since` is set while other teams' rows are frozen.

    `step` is what its scores are multiples of, None where they are not rounded. `brackets` are the
    first and the last team of each run of rows of which no two are separable. `pk` is the id of
    the board, None while there is none.
    """

    rows: list[BoardRow]
    step: float | None
    revision: int
    pk: int | None = None
    part: str = Part.PUBLIC
    at: datetime | None = None
    frozen_since: datetime | None = None
    is_studied: bool = False
    brackets: list[tuple[int, int]] = field(default_factory=list)
    friedman: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def decimals(self) -> int:
        return decimals_of(self.step)

    @property
    def mine(self) -> BoardRow | None:
        return next((row for row in self.rows if row.is_mine), None)

    @cached_property
    def team_count(self) -> int:
        return sum(not row.is_baseline for row in self.rows)


def visible_board(
    viewer: Any, subject: Task | Track, at: datetime | None = None, part: str | None = None
) -> VisibleBoard:
    """Return the board of a task or track as the viewer may see it, now or at a time.

    It is the shared board with the viewer's own row marked; during the freeze that row is live.
    """
    organizer = has_permission(viewer, Permission.SEE_DRAFT, subject.challenge)
    board = shared_board(subject, at, part, organizer=organizer)
    return with_own_row(board, viewer, subject)


def shared_board(
    subject: Task | Track, at: datetime | None = None, part: str | None = None, *, organizer: bool
) -> VisibleBoard:
    """Return the board as all organizers, or all other readers, see it: nobody's row is marked.

    Until the reveal that is the public part, whatever is asked for; from then on the private one
    or, if asked for, the public one as it was at the reveal. During the freeze the rows are those
    of its beginning, except for organizers. A draft shows its boards to its organizers only.
    """
    now = timezone.now()
    asked = min(at, now) if at else None
    frozen_since = None if organizer else stood_still(subject.challenge, asked or now)
    shown = visible_revision(subject, organizer=organizer, at=asked, part=part)
    if shown is None:
        step = step_of(subject) if isinstance(subject, Task) else TRACK_STEP
        return VisibleBoard([], step, 0, at=at, frozen_since=frozen_since)
    revision, board = shown.revision, shown.board
    found = standing_at(board.pk, subject.challenge, None if shown.is_current else shown.shown_at)
    rows = read_rows(subject, found, revision.study.get("rows", {}))
    if board.part == Part.PRIVATE:
        rows = _with_rises(rows, _public_ranks(subject, asked))
    return VisibleBoard(
        rows=rows,
        step=revision.step,
        revision=revision.number,
        pk=board.pk,
        part=board.part,
        at=at,
        frozen_since=frozen_since,
        is_studied=revision.studied_at is not None,
        brackets=[(int(first), int(last)) for first, last in revision.study.get("brackets", ())],
        friedman=revision.study.get("friedman", {}),
    )


def with_own_row(board: VisibleBoard, viewer: Any, subject: Task | Track) -> VisibleBoard:
    """Return the board with the viewer's row marked, and live where others' rows are frozen."""
    challenge = subject.challenge
    mine = _team_of(viewer, challenge.pk)
    if mine is None:
        return board
    rows = [row._replace(is_mine=True) if row.team.pk == mine else row for row in board.rows]
    if board.frozen_since and challenge.phase() != Phase.DRAFT:
        now = timezone.now()
        found = _public_standing(subject, min(board.at, now) if board.at else None)
        live = read_rows(subject, found.filter(team=mine), {}, mine)
        rows = _with_live(rows, live, subject)
    return replace(board, rows=rows)


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
    subject: Task | Track,
    *,
    organizer: bool,
    at: datetime | None,
    part: str | None = None,
) -> ShownRevision | None:
    """Return which state of the subject's board is shown of a time, None for none at all.

    Without a time that is the last state, whatever the clock of the process that made it showed.
    """
    challenge, now = subject.challenge, timezone.now()
    if challenge.phase() == Phase.DRAFT and not organizer:
        return None
    shown_at = at if organizer else stood_still(challenge, at or now) or at
    wanted = [Part.PUBLIC]
    # Private boards may be older than the reveal: it was moved after they had been made.
    if challenge.reveal_at <= (at or now) and challenge.is_revealed() and part != Part.PUBLIC:
        wanted.insert(0, Part.PRIVATE)
    for each in wanted:
        states = Revision.objects.select_related("board")
        if shown_at is None:
            of = {f"board__{name}": value for name, value in _of(subject).items()}
            states = states.filter(**of, board__part=each, number=F("board__revision"))
        else:
            # Along the index of a board's times the first one found is the wanted one.
            states = states.filter(board=_board(subject, each), at__lte=shown_at)
            states = states.order_by("-at", "-number")
        if revision := states.first():
            is_current = revision.number == revision.board.revision
            return ShownRevision(revision.board, revision, shown_at or now, is_current)
    return None


def stood_still(challenge: Challenge, at: datetime) -> datetime | None:
    """Return since when others' rows stood still at a time; None: they did not."""
    since = challenge.frozen_since()
    return since if challenge.freeze_hours and since <= at < challenge.reveal_at else None


def _with_rises(rows: list[BoardRow], before: dict[int, int | None]) -> list[BoardRow]:
    """Return the rows with how many places each team rose since these ranks, if it has both."""

    def rise(row: BoardRow) -> int | None:
        was = before.get(row.team.pk)
        return None if was is None or row.rank is None else was - row.rank

    return [row._replace(rise=rise(row)) for row in rows]


def _of(subject: Task | Track) -> dict[str, Any]:
    """Return the condition on boards: that they are the subject's."""
    return {"task": subject} if isinstance(subject, Task) else {"track": subject}


def _board(subject: Task | Track, part: str) -> Subquery:
    """Return the id of a board, for conditions on what belongs to it."""
    return Subquery(Board.objects.filter(**_of(subject), part=part).values("pk"))


def decimals_of(step: float | None) -> int:
    """Return with how many decimals the scores of a board in this step are shown."""
    return UNROUNDED_DECIMALS if step is None else decimals(step)


def _team_of(viewer: Any, challenge_id: int) -> int | None:
    if not getattr(viewer, "is_authenticated", False):
        return None
    mine = viewer.memberships.filter(challenge=challenge_id).values_list("team_id", flat=True)
    return mine.first()  # type: ignore[no-any-return]


def standing_at(
    board: int, challenge: Challenge, at: datetime | None
) -> QuerySet[Standing]:  # fmt: skip
    """Return the rows of a board (its id) now, or at a time by one index lookup per team."""
    if at is None:
        return Standing.objects.filter(board=board, valid_until=None).order_by("position")
    last = RawSQL(_LAST, (board, at, challenge.pk))  # noqa: S611
    found = Standing.objects.filter(pk__in=last).order_by("position")
    return found.filter(Q(valid_until=None) | Q(valid_until__gt=at))


# Otherwise PostgreSQL would find each of them twice.
_LAST = """
    WITH last AS MATERIALIZED (
        SELECT (
            SELECT id FROM standings_standing
            WHERE board_id = %s AND team_id = teams_team.id AND valid_from <= %s
            ORDER BY valid_from DESC, id DESC LIMIT 1
        ) AS id FROM teams_team WHERE challenge_id = %s
    ) SELECT id FROM last
"""


def _public_standing(subject: Task | Track, at: datetime | None) -> QuerySet[Standing]:
    """Return the rows of the public board, now or at a time, whoever may see them."""
    rows = Standing.objects.filter(board=_board(subject, Part.PUBLIC))
    if at is None:
        return rows.filter(valid_until=None)
    return rows.filter(Q(valid_until=None) | Q(valid_until__gt=at), valid_from__lte=at)


def _public_ranks(subject: Task | Track, at: datetime | None) -> dict[int, int | None]:
    """Return the ranks on the public board, now or at a time, by teams."""
    return dict(_public_standing(subject, at).values_list("team_id", "rank"))


def _with_live(rows: list[BoardRow], live: list[BoardRow], subject: Task | Track) -> list[BoardRow]:
    """Return the rows ranked anew with the viewer's live one in place of the frozen one.

    A study is of the frozen board: of a row that has changed since it tells nothing, and whether a
    row is separable from the one above it tells only where both are as they were.
    """
    then = {row.team.pk: row for row in rows if row.is_mine}
    changed = {row.team.pk for row in live if not _is_same(then.get(row.team.pk), row)}
    kept = [row if row.team.pk in changed else _studied(row, then[row.team.pk]) for row in live]
    ranked = _ranked([*(row for row in rows if not row.is_mine), *kept], subject)
    before, after = _above(rows), _above(ranked)

    def separable(row: BoardRow) -> bool | None:
        above = after.get(row.team.pk)
        is_other = above in changed or above != before.get(row.team.pk)
        return None if is_other else row.separable

    return [row._replace(separable=separable(row)) for row in ranked]


def _is_same(then: BoardRow | None, now: BoardRow) -> bool:
    return then is not None and (then.score, then.submission_id) == (now.score, now.submission_id)


def _studied(row: BoardRow, then: BoardRow) -> BoardRow:
    """Return the row with what a worker found of the same one."""
    return row._replace(**{name: getattr(then, name) for name in (*STUDIED, "low", "high")})


def _above(rows: list[BoardRow]) -> dict[int, int]:
    """Return the team above each ranked row but the first, by the ids of both."""
    ranked = [row.team.pk for row in rows if row.rank is not None]
    return dict(zip(ranked[1:], ranked, strict=False))


def _ranked(rows: list[BoardRow], subject: Task | Track) -> list[BoardRow]:
    """Return the rows ranked anew: the viewer's live row among the frozen others."""
    higher = METRICS[subject.headline].higher_is_better if isinstance(subject, Task) else True
    by_team = {row.team.pk: row for row in rows}
    entries = [
        Entry(row.team.pk, row.score, row.low, row.high, row.first_reached, row.is_baseline)
        for row in rows
    ]
    return [
        by_team[int(row.entry.key)]._replace(rank=row.rank) for row in task_board(entries, higher)
    ]
