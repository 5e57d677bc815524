"""The rows of a board as a viewer sees them, read quickly: there are a thousand of them."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property, lru_cache, partial
from typing import Any, NamedTuple

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse

from podium.challenges.models import Task, Track
from podium.database import in_utc, json_items, rows_of, rows_of_frequent
from podium.standings.models import Revision, Standing
from podium.submissions.models import Submission

FIRST_ROWS = 100  # as many as a page shows, and more: their cells and methods are read with them
Query = tuple[str, tuple[Any, ...]]
Studied = dict[str, dict[str, Any]]  # by the teams' ids as texts


class BoardTeam(NamedTuple):
    """A team as a board names it: a page with a thousand of them has no use for model instances."""

    pk: int
    name: str
    slug: str
    baseline: str
    disqualified_at: datetime | None
    removed_at: datetime | None
    challenge: str

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("team", args=[self.challenge, self.slug])

    @property
    def is_baseline(self) -> bool:
        return bool(self.baseline)


class BoardRow(NamedTuple):
    """One line of a board as the viewer sees it. Baselines have no rank.

    What a worker adds (rank interval, whether the row is separable from the one above, flips
    against the reference baseline, OPIS, mean rank, Elo) is None until it has, and where it is not
    defined. `rise` is the shake-up: how many ranks the team rose at the reveal.
    """

    team: BoardTeam
    is_mine: bool
    method_or_reader: str | Callable[[], str]
    tasks: Sequence[dict[str, Any]]
    rank: int | None
    score: float | None
    low: float | None
    high: float | None
    attempts: int
    first_reached: datetime
    submission_id: int | None
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
        return bool(self.team.baseline)

    @property
    def method(self) -> str:
        told = self.method_or_reader
        return told if isinstance(told, str) else told()

    def cell(self, task: str) -> dict[str, Any]:
        """Return what a track's row says of a task (its slug), empty where that is nothing."""
        return next((cell for cell in self.tasks if cell["task"] == task), {})


class Cells(Sequence[dict[str, Any]]):
    """A track row's cells, made when somebody asks: those of a thousand take longer than a page.

    `told` is their JSON, or what reads it.
    """

    def __init__(self, told: str | Callable[[], str]) -> None:
        self._told = told

    @cached_property
    def _cells(self) -> list[dict[str, Any]]:
        told = self._told if isinstance(self._told, str) else self._told()
        cells: list[dict[str, Any]] = json.loads(told)
        return cells

    def __getitem__(self, index: Any) -> Any:
        return self._cells[index]

    def __len__(self) -> int:
        return len(self._cells)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._cells == list(other)

    def __repr__(self) -> str:
        return repr(self._cells)


class RowReader:
    """Reads rows of the boards of a subject as a member of the team `mine` (an id) sees them.

    `with_cells` saves queries where all cells of a track are read.
    """

    def __init__(self, subject: Task | Track, mine: int | None, *, with_cells: bool) -> None:
        self._challenge = subject.challenge.slug
        self._is_task = isinstance(subject, Task)
        self.mine, self._with_cells = mine, with_cells

    def rows_now(self, revision: Revision) -> list[BoardRow]:
        """Return the rows of a board as it stands, whose revision this is."""
        cells = None if self._with_cells else FIRST_ROWS
        query = _query_now(revision.board_id, self._is_task, FIRST_ROWS, cells)
        return self._rows(rows_of_frequent(*query), studied(revision))

    def rows_by_id(self, standings: Mapping[int, int], revision: Revision) -> list[BoardRow]:
        """Return the rows of these standings (their ids, with the teams') in the board's order.

        One query reads all that is told of them, also what a worker found.
        """
        first: Studied = revision.study.get("rows", {})
        lower = [team for team in standings.values() if str(team) not in first]
        # As parameters so many ids would be read and written one by one.
        ids = ", ".join(str(int(standing)) for standing in standings) or "NULL"
        keys = ", ".join(f"'{int(team)}'" for team in lower)
        is_below = bool(lower) and revision.studied_at is not None
        asked = _BY_ID.format(
            method=_METHOD if self._is_task else "''",
            found="below.value" if is_below else "NULL",
            below=_BELOW.format(items=json_items("object"), keys=keys) if is_below else "",
            ids=ids,
        )
        read = rows_of(asked, (revision.pk,) if is_below else ())
        below = {str(row[0]): json.loads(row[-1]) for row in read if row[-1]}
        return self._rows((row[:-1] for row in read), {**first, **below})

    def rows_of(self, found: QuerySet[Standing], revision: Revision | None) -> list[BoardRow]:
        """Return the rows of these standings with what a worker found of their revision."""
        cells = None if self._with_cells else FIRST_ROWS
        read = rows_of(*_query(found, self._is_task, FIRST_ROWS, cells))
        return self._rows(read, studied(revision) if revision else {})

    def _rows(self, read: Iterable[Sequence[Any]], found_of: Studied) -> list[BoardRow]:
        """Return what was read as rows, with what a worker found of them.

        From plain values: making a model instance of each takes longer than anything else here.
        """
        unread = _Unread()
        rows = []
        for pk, name, slug, baseline, disqualified, removed, standing, method, cells, *own in read:
            rank, score, low, high, attempts, reached, submission = own
            times = (disqualified and in_utc(disqualified), removed and in_utc(removed))
            team = BoardTeam(pk, name, slug, baseline, *times, self._challenge)
            if method is None or cells is None:
                unread.add(standing)
            told = partial(unread.method, standing) if method is None else method
            tasks = Cells(partial(unread.cells, standing) if cells is None else cells)
            found = found_of.get(str(pk))
            added = map(found.get, STUDIED) if found else ()
            if found and low is None:  # a track's interval is a bootstrap
                low, high = found.get("low"), found.get("high")
            shown = (rank, score, low, high, attempts, in_utc(reached), submission)
            rows.append(BoardRow(team, pk == self.mine, told, tasks, *shown, *added))
        return rows


class _Unread:
    """The cells and methods of the rows of a board that were not read with them.

    The first that asks reads those of all of them. That is safe at any later time: a standing's
    cells never change.
    """

    def __init__(self) -> None:
        self._standings: list[int] = []
        self._read: dict[int, tuple[str, str]] = {}

    def add(self, standing: int) -> None:
        """Let one more row be read with the others."""
        self._standings.append(standing)

    def cells(self, standing: int) -> str:
        """Return the cells of a standing as JSON."""
        return self._of(standing)[0]

    def method(self, standing: int) -> str:
        """Return what the team calls the submission of a standing."""
        return self._of(standing)[1]

    def _of(self, standing: int) -> tuple[str, str]:
        if not self._read:
            rows = Standing.objects.filter(pk__in=self._standings).order_by()
            query = rows.values_list("pk", "tasks", _method()).query.sql_with_params()
            self._read = {pk: (cells, method or "") for pk, cells, method in rows_of(*query)}
        return self._read[standing]


def studied(revision: Revision) -> Studied:
    """Return what a worker found of the rows of a revision."""
    first: Studied = revision.study.get("rows", {})
    return first if revision.studied_at is None else {**first, **revision.study_below}


def now_on(board: int) -> QuerySet[Standing]:
    """Return the rows of a board as it stands."""
    return Standing.objects.filter(board=board, valid_until=None).order_by("position")


@lru_cache(maxsize=1000)  # for Django takes long to put a query together
def _query_now(board: int, is_task: bool, methods: int, cells: int | None) -> Query:
    """Return the query for the rows of now."""
    return _query(now_on(board), is_task, methods, cells)


def _query(
    found: QuerySet[Standing], is_task: bool, methods: int, cells: int | None
) -> Query:  # fmt: skip
    """Return the query for rows with methods and cells (None: all) of so many first ones."""
    # The row of a track has no method: one that is not read would be asked for.
    method = _first(methods, Coalesce(_method(), Value(""))) if is_task else Value("")
    names = (*_OF_TEAM, "pk", method, _first(cells, F("tasks")), *_SHOWN)
    return found.values_list(*names).query.sql_with_params()


def _method() -> Subquery:
    """Return what the team calls the submission of a standing.

    Not by a join: PostgreSQL would rather read all submissions there are than a board's thousand.
    """
    sent = Submission.objects.filter(pk=OuterRef("submission"))
    return Subquery(sent.order_by().values("method"))


def _first(count: int | None, read: Any) -> Any:
    """Return what is read of so many first rows alone (None: of all), and is None for others."""
    return read if count is None else Case(When(position__lte=count, then=read))


_OF_TEAM = (
    *("team_id", "team__name", "team__slug", "team__baseline"),
    *("team__disqualified_at", "team__removed_at"),
)
_SHOWN = ("rank", "score", "low", "high", "attempts", "first_reached", "submission_id")
STUDIED = (
    *("rank_low", "rank_high", "separable", "nfr", "opis", "mean_rank"),
    *("elo", "elo_low", "elo_high"),
)
# By hand: the ids are many, and differ each time. The columns are those of `_query`.
_BY_ID = """
    SELECT team.id, team.name, team.slug, team.baseline, team.disqualified_at, team.removed_at,
        standing.id, {method}, standing.tasks, standing.rank, standing.score, standing.low,
        standing.high, standing.attempts, standing.first_reached, standing.submission_id, {found}
    FROM standings_standing AS standing
    JOIN teams_team AS team ON team.id = standing.team_id {below}
    WHERE standing.id IN ({ids}) ORDER BY standing.position
"""
_METHOD = """
    COALESCE((SELECT method FROM submissions_submission WHERE id = standing.submission_id), '')
"""
_BELOW = """
    LEFT JOIN (
        SELECT row.key, row.value FROM standings_revision, {items}(study_below) AS row
        WHERE standings_revision.id = %s AND row.key IN ({keys})
    ) AS below ON below.key = CAST(team.id AS VARCHAR)
"""
