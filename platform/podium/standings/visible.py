"""What a viewer may see of a board: the one function behind every page and export."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from leaderboard import decimals
from leaderboard.boards import TRACK_STEP
from podium.accounts.models import User, Viewer
from podium.challenges.models import Challenge, Phase, Task, Track
from podium.challenges.permissions import Permission, has_permission
from podium.files import Json
from podium.standings.feedback import step_of
from podium.standings.history import public_row, ranks_at, rows_of, state_at
from podium.standings.models import Board, Revision
from podium.standings.ranking import ranked_on
from podium.standings.rows import STUDIED, BoardRow
from podium.submissions.models import Part

UNROUNDED_DECIMALS = 5


@dataclass(frozen=True)
class VisibleBoard:
    """A board at a time. `frozen_since` is set while other teams' rows are frozen.

    Scores are multiples of `step`, or unrounded if it is None. `brackets` are the first and the
    last team of each run of rows in which no two are separable. `pk` is the id of the board, None
    while there is none.
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
    friedman: Json = field(default_factory=dict)

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
    viewer: Viewer, subject: Task | Track, at: datetime | None = None, part: str | None = None
) -> VisibleBoard:
    """Return the board of a task or track as the viewer may see it, now or at a time.

    It is the shared board with the viewer's own row marked; during the freeze that row is live.
    """
    organizer = has_permission(viewer, Permission.SEE_DRAFT, subject.challenge)
    board = shared_board(subject, at, part, organizer=organizer)
    return with_own_row(board, own_team(viewer, subject.challenge), subject)


def shared_board(
    subject: Task | Track, at: datetime | None = None, part: str | None = None, *, organizer: bool
) -> VisibleBoard:
    """Return the board as all organizers, or all other readers, see it, with no row marked.

    Until the reveal it is the public board, whatever part is requested. From then on it is the
    private board or, if requested, the public one as it was at the reveal. During the freeze,
    everyone except organizers sees the rows from its start. Only organizers see boards of a draft.
    """
    now = timezone.now()
    asked = min(at, now) if at else None
    frozen_since = None if organizer else stood_still(subject.challenge, asked or now)
    shown = visible_revision(subject, organizer=organizer, at=asked, part=part, whole=True)
    if shown is None:
        step = step_of(subject) if isinstance(subject, Task) else TRACK_STEP
        return VisibleBoard([], step, 0, at=at, frozen_since=frozen_since)
    board, revision = shown.board, shown.revision
    rows = _with_study(rows_of(revision, subject), revision.study.get("rows", {}))
    if board.part == Part.PRIVATE:
        rows = _with_rises(rows, ranks_at(subject, Part.PUBLIC, asked))
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


def with_own_row(board: VisibleBoard, mine: int | None, subject: Task | Track) -> VisibleBoard:
    """Return the board with the row of the team `mine` marked, and live while others are frozen."""
    challenge = subject.challenge
    if mine is None:
        return board
    rows = [row._replace(is_mine=True) if row.team.pk == mine else row for row in board.rows]
    if board.frozen_since and challenge.phase() != Phase.DRAFT:
        now = timezone.now()
        live = public_row(subject, mine, min(board.at, now) if board.at else None)
        rows = _with_live(rows, [row._replace(is_mine=True) for row in live], subject)
    return replace(board, rows=rows)


@dataclass(frozen=True)
class ShownRevision:
    """The shown state of a board, without its rows, from which caches build their keys."""

    board: Board
    revision: Revision

    @property
    def is_current(self) -> bool:
        """Whether this is still the board's present state."""
        return self.revision.number == self.board.revision


def visible_revision(
    subject: Task | Track,
    *,
    organizer: bool,
    at: datetime | None,
    part: str | None = None,
    whole: bool = False,
) -> ShownRevision | None:
    """Return the state of the subject's board that is shown for a time, None if nothing is shown.

    Without a time it is the last state, even if the clock of the process that made it was ahead.
    Its study and document are loaded only if `whole`.
    """
    challenge, now = subject.challenge, timezone.now()
    if challenge.phase() == Phase.DRAFT and not organizer:
        return None
    shown_at = at if organizer else stood_still(challenge, at or now) or at
    wanted = [Part.PUBLIC]
    # Private boards may be older than the reveal, if it was moved after they were made.
    if challenge.reveal_at <= (at or now) and challenge.is_revealed() and part != Part.PUBLIC:
        wanted.insert(0, Part.PRIVATE)
    for each in wanted:
        if revision := state_at(subject, each, shown_at, whole=whole):
            return ShownRevision(revision.board, revision)
    return None


def stood_still(challenge: Challenge, at: datetime) -> datetime | None:
    """Return when the freeze in effect at a time began, None if there was none."""
    since = challenge.frozen_since()
    return since if challenge.freeze_hours and since <= at < challenge.reveal_at else None


def _with_study(rows: list[BoardRow], study: dict[str, Json]) -> list[BoardRow]:
    """Return the rows with the results of a study, which are by team id as a string."""

    if not study:
        return rows
    found_of = (study.get(str(row.team.pk)) for row in rows)
    return [row.studied(of) if of else row for row, of in zip(rows, found_of, strict=True)]


def _with_rises(rows: list[BoardRow], before: dict[int, int | None]) -> list[BoardRow]:
    """Return the rows with the ranks that each team rose since `before`, if it has both ranks."""

    def rise(row: BoardRow) -> int | None:
        was = before.get(row.team.pk)
        return None if was is None or row.rank is None else was - row.rank

    return [row._replace(rise=rise(row)) for row in rows]


def decimals_of(step: float | None) -> int:
    """Return the number of decimals that a board with this step shows."""
    return UNROUNDED_DECIMALS if step is None else decimals(step)


def own_team(viewer: Viewer, challenge: Challenge) -> int | None:
    """Return the id of the viewer's team in a challenge."""
    if not isinstance(viewer, User):
        return None
    return viewer.memberships.filter(challenge=challenge).values_list("team_id", flat=True).first()


def _with_live(rows: list[BoardRow], live: list[BoardRow], subject: Task | Track) -> list[BoardRow]:
    """Return the rows, ranked again, with the viewer's live row in place of the frozen one.

    A study is of the frozen board: it does not apply to a row that has changed since, and its
    `separable` applies only if both the row and the one above it are the same.
    """
    then = {row.team.pk: row for row in rows if row.is_mine}
    changed = {row.team.pk for row in live if not _is_same(then.get(row.team.pk), row)}
    kept = [row if row.team.pk in changed else _studied(row, then[row.team.pk]) for row in live]
    ranked = ranked_on(subject, [*(row for row in rows if not row.is_mine), *kept])
    before, after = _above(rows), _above(ranked)

    def separable(row: BoardRow) -> bool | None:
        above = after.get(row.team.pk)
        is_other = above in changed or above != before.get(row.team.pk)
        return None if is_other else row.separable

    return [row._replace(separable=separable(row)) for row in ranked]


def _is_same(then: BoardRow | None, now: BoardRow) -> bool:
    return then is not None and (then.score, then.submission_id) == (now.score, now.submission_id)


def _studied(row: BoardRow, then: BoardRow) -> BoardRow:
    """Return the row with the study's results for its frozen version."""
    return row._replace(**{name: getattr(then, name) for name in (*STUDIED, "low", "high")})


def _above(rows: list[BoardRow]) -> dict[int, int]:
    """Return the id of the team above, by team id, for each ranked row except the first."""
    ranked = [row.team.pk for row in rows if row.rank is not None]
    return dict(zip(ranked[1:], ranked, strict=False))
