"""What a viewer may see of a board: the one function behind every page and export."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone

from leaderboard import Entry, decimals, task_board
from leaderboard.boards import TRACK_STEP
from podium.challenges.models import Challenge, Phase, Task, Track
from podium.challenges.permissions import Permission, has_permission
from podium.standings.board_order import RANK, By, Placed, Window, order_of, read_order
from podium.standings.board_rows import STUDIED, BoardRow, RowReader
from podium.standings.feedback import step_of
from podium.standings.models import Board, Revision, Standing
from podium.submissions.models import Part
from scoring import METRICS

UNROUNDED_DECIMALS = 5
Rises = dict[int, int]  # by teams


@dataclass(frozen=True)
class VisibleBoard:
    """A board at a time. `frozen_since` is set while others' rows stand still.

    `rows` are all of its rows or, where a window chose some of them, those; `order` tells where all
    of them stand. `step` is what its scores are multiples of, None where they are not rounded.
    `brackets` are the first and the last team of each run of rows of which no two are separable.
    `pk` is the id of the board whose rows these are, None while there is none. `rises` tell how
    many places each team rose at the reveal, all rows' also where some were chosen.
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
    by: By = RANK
    placed: list[Placed] | None = None
    rises: Rises = field(default_factory=dict)

    @cached_property
    def order(self) -> list[Placed]:
        return order_of(self.rows, self.by) if self.placed is None else self.placed

    @cached_property
    def decimals(self) -> int:
        return decimals_of(self.step)

    @property
    def mine(self) -> BoardRow | None:
        return next((row for row in self.rows if row.is_mine), None)

    @cached_property
    def team_count(self) -> int:
        return sum(not row.baseline for row in self.order)


def visible_board(
    viewer: Any,
    subject: Task | Track,
    at: datetime | None = None,
    part: str | None = None,
    *,
    with_cells: bool = False,
    window: Window | None = None,
) -> VisibleBoard:
    """Return the board of a task or track as the viewer may see it, now or at a time.

    Until the reveal that is the public part, whatever is asked for; from then on the private one
    or, if asked for, the public one as it was kept. During the freeze others' rows are those of
    its beginning while the viewer's own is live. A challenge that is not announced yet shows its
    boards to its organizers alone. `with_cells` saves queries where all cells of a track are read.
    With a `window` the rows that it chooses are enough, and it says by what all are ordered.
    """
    challenge = subject.challenge
    organizer = has_permission(viewer, Permission.SEE_DRAFT, challenge)
    now = timezone.now()
    asked = min(at, now) if at else None
    frozen_since = None if organizer else stood_still(challenge, asked or now)
    mine = _team_of(viewer, challenge.pk)
    by = window.by if window else RANK
    is_live = frozen_since and mine is not None and challenge.phase() != Phase.DRAFT
    if is_live:  # one's own row goes among all others
        window = None
    is_whole = window is None or window.by.field in STUDIED
    shown = visible_revision(subject, organizer=organizer, at=asked, part=part, is_whole=is_whole)
    reader = RowReader(subject, mine, with_cells=with_cells)
    brackets = _brackets(shown.revision) if shown else []
    read = _Read([], None, {})
    if shown:
        before = _ranks(subject, asked) if shown.board.part == Part.PRIVATE else {}
        read = _read(shown, challenge, reader, window, brackets, before)
    rows = read.rows
    if is_live:
        live = reader.rows_of(_standing(subject, asked).filter(team=mine), None)
        rows = _with_live(rows, live, subject)
    if shown is None:
        step = step_of(subject) if isinstance(subject, Task) else TRACK_STEP
        return VisibleBoard(rows, step, 0, at=at, frozen_since=frozen_since, by=by)
    revision = shown.revision
    return VisibleBoard(
        rows=rows,
        step=revision.step,
        revision=revision.number,
        pk=shown.board.pk,
        part=shown.board.part,
        at=at,
        frozen_since=frozen_since,
        is_studied=revision.studied_at is not None,
        brackets=brackets,
        friedman=revision.study.get("friedman", {}),
        by=by,
        placed=read.placed,
        rises=read.rises,
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
    subject: Task | Track,
    *,
    organizer: bool,
    at: datetime | None,
    part: str | None = None,
    is_whole: bool = True,
) -> ShownRevision | None:
    """Return which state of the subject's board is shown of a time, None for none at all.

    Without a time that is the last state, whatever the clock of the process that made it showed.
    If not `is_whole`, the study of the teams below the first ones is read when it is asked for.
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
        if not is_whole:
            states = states.defer("study_below")
        if revision := states.first():
            is_current = revision.number == revision.board.revision
            return ShownRevision(revision.board, revision, shown_at or now, is_current)
    return None


def stood_still(challenge: Challenge, at: datetime) -> datetime | None:
    """Return since when others' rows stood still at a time; None: they did not."""
    since = challenge.frozen_since()
    return since if challenge.freeze_hours and since <= at < challenge.reveal_at else None


class _Read(NamedTuple):
    """The rows of a board; where all of them stand, if some were chosen; and the shake-up."""

    rows: list[BoardRow]
    placed: list[Placed] | None
    rises: Rises


def _read(
    shown: ShownRevision,
    challenge: Challenge,
    reader: RowReader,
    window: Window | None,
    brackets: list[tuple[int, int]],
    before: dict[int, int | None],
) -> _Read:
    """Return what is read of a board. `before` are the ranks on the public one, if revealed."""
    then = None if shown.is_current else _standings(shown, challenge)
    revision = shown.revision
    if window is None:
        rows = reader.rows_now(revision) if then is None else reader.rows_of(then, revision)
        rises = _rises(((row.team.pk, row.rank) for row in rows), before)
        return _Read(_with_rises(rows, rises), None, rises)
    order = read_order(shown.board.pk if then is None else then, window.by, revision)
    rises = _rises(((row.team, row.rank) for row in order), before)
    if window.by.field == "rise":
        order = [row._replace(value=rises.get(row.team)) for row in order]
    chosen = {*window.choose(order, brackets), reader.mine}
    standings = {row.standing: row.team for row in order if row.team in chosen}
    return _Read(_with_rises(reader.rows_by_id(standings, revision), rises), order, rises)


def _rises(after: Iterable[tuple[int, int | None]], before: dict[int, int | None]) -> Rises:
    """Return how many places each team rose that has a rank on both boards."""
    ranks = [(team, before.get(team), rank) for team, rank in after] if before else []
    return {team: was - now for team, was, now in ranks if was is not None and now is not None}


def _with_rises(rows: list[BoardRow], rises: Rises) -> list[BoardRow]:
    return [row._replace(rise=rises.get(row.team.pk)) for row in rows] if rises else rows


def _brackets(revision: Revision) -> list[tuple[int, int]]:
    return [(int(first), int(last)) for first, last in revision.study.get("brackets", ())]


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


def _standings(shown: ShownRevision, challenge: Challenge) -> QuerySet[Standing]:
    """Return the rows of a board in an earlier state. No other row is read for it.

    They are found team by team, each by one step into the index.
    """
    last = RawSQL(_LAST, (shown.board.pk, shown.shown_at, challenge.pk))  # noqa: S611
    found = Standing.objects.filter(pk__in=last).order_by("position")
    return found.filter(Q(valid_until=None) | Q(valid_until__gt=shown.shown_at))


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


def _standing(subject: Task | Track, at: datetime | None) -> QuerySet[Standing]:
    """Return the rows of the public board, now or at a time, whoever may see them."""
    rows = Standing.objects.filter(board=_board(subject, Part.PUBLIC))
    if at is None:
        return rows.filter(valid_until=None)
    return rows.filter(Q(valid_until=None) | Q(valid_until__gt=at), valid_from__lte=at)


def _ranks(subject: Task | Track, at: datetime | None) -> dict[int, int | None]:
    """Return the ranks on the public board, now or at a time, by teams."""
    return dict(_standing(subject, at).values_list("team_id", "rank"))


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
