"""What a viewer may see of a board: the one function behind every page and export."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from statistics import median

from django.utils import timezone

from leaderboard import decimals, noise_decimals
from leaderboard.boards import TRACK_STEP
from podium.accounts.models import User, Viewer
from podium.challenges.models import Challenge, Phase, Task, Track
from podium.challenges.permissions import Permission, has_permission
from podium.files import Json
from podium.standings.document import BoardTable
from podium.standings.feedback import step_of
from podium.standings.history import Subjects, public_rows, ranks_at, states, table_of
from podium.standings.models import Revision
from podium.standings.ranking import ranked_on
from podium.standings.rows import STUDIED, BoardRow
from podium.submissions.models import Part

UNROUNDED_DECIMALS = 5  # in files and where no noise is known to organizers
UNTESTED_DECIMALS = 3
INTERVAL_ERRORS = 3.92  # how many standard errors a 95 % interval is wide


@dataclass(frozen=True)
class VisibleBoard:
    """A board at a time. `frozen_since` is set while other teams' rows are frozen.

    Its rows are those of `table` with what `study` says of them and the ranks that they rose, both
    by team id; the row of the team `own` is marked. Scores are multiples of `step`, or unrounded if
    it is None. `brackets` are the first and the last team of each run of rows in which no two are
    separable. `pk` is the id of the board, None while there is none.
    """

    challenge: str
    table: BoardTable
    step: float | None
    revision: int = 0
    pk: int | None = None
    part: str = Part.PUBLIC
    at: datetime | None = None
    frozen_since: datetime | None = None
    is_studied: bool = False
    brackets: list[tuple[int, int]] = field(default_factory=list)
    friedman: Json = field(default_factory=dict)
    study: dict[int, Json] = field(default_factory=dict)
    rises: dict[int, int | None] = field(default_factory=dict)
    own: int | None = None

    @cached_property
    def rows(self) -> list[BoardRow]:
        return self._rows(self.table)

    def row(self, team: int | None) -> BoardRow | None:
        """Return the row of a team, given its id, without making the others."""
        rows = self._rows(self.table.of_teams([team]))
        return rows[0] if rows else None

    def _rows(self, table: BoardTable) -> list[BoardRow]:
        studied = [self.study.get(team, {}) for team in table.team]
        added = {name: [of.get(name) for of in studied] for name in STUDIED}
        added["rise"] = [self.rises.get(team) for team in table.team]
        for name, column in (("low", table.low), ("high", table.high)):
            # A track's interval is a bootstrap, which only a study has.
            of_row = zip(column, studied, strict=True)
            added[name] = [of.get(name) if end is None else end for end, of in of_row]
        return table.rows(self.challenge, added, self.own)

    @property
    def mine(self) -> BoardRow | None:
        return self.row(self.own)

    @cached_property
    def decimals(self) -> int:
        return decimals_of(self.step)

    @cached_property
    def shown_decimals(self) -> int:
        """The decimals of scores on pages: of unrounded ones, no more than the noise allows."""
        if self.step is not None:
            return self.decimals
        return decimals_by_noise(self._intervals())

    def _intervals(self) -> Iterator[tuple[float | None, float | None]]:
        table = self.table
        for team, low, high in zip(table.team, table.low, table.high, strict=True):
            studied = self.study.get(team, {}) if low is None or high is None else {}
            yield studied.get("low", low), studied.get("high", high)

    @cached_property
    def tied(self) -> dict[int, tuple[int, int]]:
        """The ranks that a team, by id, shares brackets with: none differs from its own by more
        than noise. Teams in no bracket are left out."""
        places = {team: place for place, team in enumerate(self.table.team)}
        found: dict[int, tuple[int, int]] = {}
        for first, last in self.brackets:
            if first not in places or last not in places:
                continue
            run = slice(places[first], places[last] + 1)
            ranked = [
                (team, rank)
                for team, rank in zip(self.table.team[run], self.table.rank[run], strict=True)
                if rank is not None
            ]
            for team, rank in ranked:
                low, high = found.get(team, (rank, rank))
                found[team] = min(low, ranked[0][1]), max(high, ranked[-1][1])
        return found

    @cached_property
    def team_count(self) -> int:
        return self.table.labels["baseline"].count("")


def visible_board(
    viewer: Viewer, subject: Task | Track, at: datetime | None = None, part: str | None = None
) -> VisibleBoard:
    """Return the board of a task or track as the viewer may see it, now or at a time.

    It is the shared board with the viewer's own row marked; during the freeze that row is live.
    """
    return visible_boards(viewer, [subject], at, part)[subject.pk]


def visible_boards(
    viewer: Viewer, subjects: Subjects, at: datetime | None = None, part: str | None = None
) -> dict[int, VisibleBoard]:
    """Return the boards of tasks, or of tracks, by their ids, in as many queries as of one.

    They are of one challenge, which is loaded with them.
    """
    if not subjects:
        return {}
    challenge = subjects[0].challenge
    organizer = has_permission(viewer, Permission.SEE_DRAFT, challenge)
    boards = shared_boards(subjects, at, part, organizer=organizer)
    return with_own_rows(boards, own_team(viewer, challenge), subjects)


def shared_boards(
    subjects: Subjects, at: datetime | None = None, part: str | None = None, *, organizer: bool
) -> dict[int, VisibleBoard]:
    """Return boards as all organizers, or all other readers, see them, with no row marked.

    Until the reveal it is the public board, whatever part is requested. From then on it is the
    private board or, if requested, the public one as it was at the reveal. During the freeze,
    everyone except organizers sees the rows from its start. Only organizers see boards of a draft.
    """
    if not subjects:
        return {}
    now = timezone.now()
    asked = min(at, now) if at else None
    frozen_since = None if organizer else stood_still(subjects[0].challenge, asked or now)
    shown = _revisions(subjects, organizer=organizer, at=asked, part=part, whole=True)
    private = [pk for pk, revision in shown.items() if revision.board.part == Part.PRIVATE]
    before = ranks_at([of for of in subjects if of.pk in private], Part.PUBLIC, asked)
    return {
        of.pk: replace(
            _board(of, shown.get(of.pk), before.get(of.pk, {})), at=at, frozen_since=frozen_since
        )
        for of in subjects
    }


def _board(
    subject: Task | Track, revision: Revision | None, before: dict[int, int | None]
) -> VisibleBoard:
    """Return the board in a state; `before` are the ranks from which teams rose."""
    slug = subject.challenge.slug
    if revision is None:
        step = step_of(subject) if isinstance(subject, Task) else TRACK_STEP
        return VisibleBoard(slug, BoardTable.of([]), step)
    table, study = table_of(revision, subject), revision.study
    ranks = (
        (team, before.get(team), now) for team, now in zip(table.team, table.rank, strict=True)
    )
    return VisibleBoard(
        slug,
        table,
        revision.step,
        revision.number,
        pk=revision.board_id,
        part=revision.board.part,
        is_studied=revision.studied_at is not None,
        brackets=[(int(first), int(last)) for first, last in study.get("brackets", ())],
        friedman=study.get("friedman", {}),
        study={int(team): of for team, of in study.get("rows", {}).items()},
        rises={team: was - now for team, was, now in ranks if was is not None and now is not None},
    )


def with_own_rows(
    boards: dict[int, VisibleBoard], mine: int | None, subjects: Subjects
) -> dict[int, VisibleBoard]:
    """Return boards with the row of the team `mine` marked, and live while others are frozen."""
    if mine is None or not boards:
        return boards
    marked = {pk: replace(board, own=mine) for pk, board in boards.items()}
    first, challenge = next(iter(marked.values())), subjects[0].challenge
    if not first.frozen_since or challenge.phase() == Phase.DRAFT:
        return marked
    now = timezone.now()
    live = public_rows(subjects, mine, min(first.at, now) if first.at else None)
    return {of.pk: _with_live(marked[of.pk], live.get(of.pk), of) for of in subjects}


def visible_revision(
    subject: Task | Track, *, organizer: bool, at: datetime | None = None, part: str | None = None
) -> Revision | None:
    """Return the state of the subject's board that is shown for a time, None if nothing is shown.

    It comes without its rows and its study: from it, caches build their keys.
    """
    shown = _revisions([subject], organizer=organizer, at=at, part=part, whole=False)
    return shown.get(subject.pk)


def _revisions(
    subjects: Subjects,
    *,
    organizer: bool,
    at: datetime | None,
    part: str | None,
    whole: bool,
) -> dict[int, Revision]:
    """Return the states of boards that are shown for a time, by the subjects' ids.

    Without a time it is the last state, even if the clock of the process that made it was ahead.
    Its study and document are loaded only if `whole`.
    """
    challenge, now = subjects[0].challenge, timezone.now()
    if challenge.phase() == Phase.DRAFT and not organizer:
        return {}
    shown_at = at if organizer else stood_still(challenge, at or now) or at
    wanted = [Part.PUBLIC]
    # Private boards may be older than the reveal, if it was moved after they were made.
    if challenge.is_revealed(at) and challenge.is_revealed() and part != Part.PUBLIC:
        wanted.append(Part.PRIVATE)
    found = states(subjects, wanted, shown_at)
    found = found.select_related("document") if whole else found.defer("study")
    # A private board comes last, so it replaces the public board of its subject.
    shown = sorted(found, key=lambda revision: revision.board.part == Part.PRIVATE)
    return {revision.board.subject_id: revision for revision in shown}


def stood_still(challenge: Challenge, at: datetime) -> datetime | None:
    """Return when the freeze in effect at a time began, None if there was none."""
    since = challenge.frozen_since()
    is_frozen = challenge.freeze_hours and since <= at and not challenge.is_revealed(at)
    return since if is_frozen else None


def decimals_of(step: float | None) -> int:
    """Return the number of decimals that a board with this step shows."""
    return UNROUNDED_DECIMALS if step is None else decimals(step)


def decimals_by_noise(intervals: Iterable[tuple[float | None, float | None]]) -> int:
    """Return the decimals that unrounded scores with these 95 % intervals are shown with.

    They show the first two digits of the median standard error. Without an interval: three.
    """
    widths = [high - low for low, high in intervals if low is not None and high is not None]
    known = [width for width in widths if width > 0]
    if not known:
        return UNTESTED_DECIMALS
    return noise_decimals(median(known) / INTERVAL_ERRORS, UNROUNDED_DECIMALS)


def own_team(viewer: Viewer, challenge: Challenge) -> int | None:
    """Return the id of the viewer's team in a challenge."""
    if not isinstance(viewer, User):
        return None
    return viewer.memberships.filter(challenge=challenge).values_list("team_id", flat=True).first()


def _with_live(board: VisibleBoard, live: BoardRow | None, subject: Task | Track) -> VisibleBoard:
    """Return the board, ranked again, with the viewer's live row in place of the frozen one.

    A study is of the frozen board: it does not apply to a row that has changed since, and its
    `separable` applies only if both the row and the one above it are the same.
    """
    then, others = board.mine, [row for row in board.rows if not row.is_mine]
    if live is None and then is None:
        return board
    is_same = live and then and (then.score, then.submission_id) == (live.score, live.submission_id)
    if live and then and is_same:
        live = live._replace(low=then.low, high=then.high, separable=then.separable)
    changed = None if is_same else board.own
    rows = ranked_on(subject, [*others, *([live] if live else [])])
    before, after = _above(board.rows), _above(rows)

    def is_like_before(row: BoardRow) -> bool:
        above = after.get(row.team.pk)
        return above == before.get(row.team.pk) and (above is None or above != changed)

    # A task may count for one row and not yet, or no longer, for the frozen others.
    tasks = list(dict.fromkeys(cell["task"] for row in rows for cell in row.tasks))
    rows = [row._replace(tasks=[row.cell(task) for task in tasks]) for row in rows]
    study = {pk: of for pk, of in board.study.items() if pk != changed}
    for row in rows:
        if row.separable is not None and not is_like_before(row):
            study[row.team.pk] = {**study[row.team.pk], "separable": None}
    return replace(board, table=BoardTable.of(rows), study=study)


def _above(rows: list[BoardRow]) -> dict[int, int]:
    """Return the id of the team above, by team id, for each ranked row except the first."""
    ranked = [row.team.pk for row in rows if row.rank is not None]
    return dict(zip(ranked[1:], ranked, strict=False))
