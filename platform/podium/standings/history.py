"""States of boards, read from a stored document or rebuilt from the history of rows."""

from datetime import datetime

from django.core.cache import caches
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from podium.challenges.models import Challenge, Task, Track
from podium.standings.document import BoardTable
from podium.standings.models import Board, Revision, Standing
from podium.standings.ranking import ranked_on, ranks_of
from podium.standings.rows import LABELS, BoardRow, BoardTeam
from podium.submissions.models import Part, Submission


def board_of(subject: Task | Track, part: str) -> Subquery:
    """Return a subquery for the id of a board, for use in filters."""
    name = "task" if isinstance(subject, Task) else "track"
    return Subquery(Board.objects.filter(**{name: subject}, part=part).values("pk"))


def state_at(
    subject: Task | Track, part: str, at: datetime | None = None, *, whole: bool = False
) -> Revision | None:
    """Return the state of a board at a time, or now; its study and document only if `whole`."""
    found = Revision.objects.filter(board=board_of(subject, part)).select_related("board")
    found = found.filter(at__lte=at) if at else found.filter(number=F("board__revision"))
    found = found.select_related("document") if whole else found.defer("study")
    return found.order_by("-at", "-number").first()


def present_rows(subject: Task | Track, part: str) -> list[BoardRow]:
    """Return the present rows of a board, or an empty list if there is no such board."""
    revision = state_at(subject, part)
    return rows_of(revision, subject) if revision else []


def present_tables(tasks: list[Task], part: str) -> dict[int, BoardTable]:
    """Return the present tables of the tasks' boards on a part, by task id."""
    subjects = {task.pk: task for task in tasks}
    current = Revision.objects.filter(board__task__in=tasks, number=F("board__revision"))
    found = current.filter(board__part=part).select_related("board", "document").defer("study")
    return {
        task: table_of(revision, subjects[task])
        for revision in found
        if (task := revision.board.task_id)
    }


def ranks_at(subject: Task | Track, part: str, at: datetime | None = None) -> dict[int, int | None]:
    """Return the ranks on a board at a time, or now, by team id."""
    revision = state_at(subject, part, at)
    if revision is None:
        return {}
    if revision.number == revision.board.revision:
        table = table_of(revision, subject)
        return dict(zip(table.team, table.rank, strict=True))

    def ranks() -> dict[int, int | None]:
        found = standings_at(revision.board_id, subject.challenge, revision.at)
        return ranks_of(subject, found, part)

    # The ranks of an earlier state never change.
    return caches["boards"].get_or_set(f"ranks-{revision.pk}", ranks) or {}


def public_row(subject: Task | Track, team: int, at: datetime | None) -> list[BoardRow]:
    """Return a team's row on the public board, now or at a time, without its rank; or nothing."""
    found = Standing.objects.filter(board=board_of(subject, Part.PUBLIC), team=team)
    if at is None:
        found = found.filter(valid_until=None)
    else:
        found = found.filter(Q(valid_until=None) | Q(valid_until__gt=at), valid_from__lte=at)
    return read_rows(found, subject.challenge.slug)


def rows_of(revision: Revision, subject: Task | Track) -> list[BoardRow]:
    """Return the rows of a state of the subject's board."""
    if stored := _stored(revision):
        return stored.rows(subject.challenge.slug)
    return _rebuilt(revision, subject)


def table_of(revision: Revision, subject: Task | Track) -> BoardTable:
    """Return the table of a state of the subject's board, from its document if it has one."""
    return _stored(revision) or BoardTable.of(_rebuilt(revision, subject))


def _stored(revision: Revision) -> BoardTable | None:
    document = getattr(revision, "document", None)
    return BoardTable.decode(bytes(document.data)) if document else None


def _rebuilt(revision: Revision, subject: Task | Track) -> list[BoardRow]:
    board = revision.board
    return ranked_at(board, subject, None if revision.number == board.revision else revision.at)


def ranked_at(board: Board, subject: Task | Track, at: datetime | None) -> list[BoardRow]:
    """Return the rows of a board as they were at a time, or now, from the history."""
    rows = read_rows(standings_at(board.pk, subject.challenge, at), subject.challenge.slug)
    return ranked_on(subject, rows, board.part)


def standings_at(board: int, challenge: Challenge, at: datetime | None) -> QuerySet[Standing]:
    """Return the rows of a board, given its id, now or at a time.

    A past time takes one index lookup for each team.
    """
    if at is None:
        return Standing.objects.filter(board=board, valid_until=None)
    last = RawSQL(_LAST, (board, at, challenge.pk))  # noqa: S611
    found = Standing.objects.filter(pk__in=last)
    return found.filter(Q(valid_until=None) | Q(valid_until__gt=at))


def read_rows(found: QuerySet[Standing], challenge: str) -> list[BoardRow]:
    """Return standings as rows without ranks; `challenge` is the slug of their challenge.

    Reads plain values: making a thousand model instances would take longer than all the rest.
    """
    # Not a join: PostgreSQL would read every submission instead of the thousand of a board.
    sent = Submission.objects.filter(pk=OuterRef("submission")).order_by().values("method")
    values = found.order_by().values_list(*_TEAM, Coalesce(Subquery(sent), Value("")), *_FACTS)
    rows = []
    for *team, method, cells, score, low, high, attempts, reached, submission, tie in values:
        facts = (None, score, low, high, attempts, reached, submission)
        named = BoardTeam._make([*team, challenge])
        rows.append(BoardRow(named, False, method, cells, *facts, tie_break=tie))
    return rows


_TEAM = ("team_id", *(f"team__{name}" for name in LABELS))
_FACTS = (
    *("tasks", "score", "low", "high", "attempts", "first_reached", "submission_id"),
    "tie_break",
)
# Without MATERIALIZED, PostgreSQL would look up each row twice.
_LAST = """
    WITH last AS MATERIALIZED (
        SELECT (
            SELECT id FROM standings_standing
            WHERE board_id = %s AND team_id = teams_team.id AND valid_from <= %s
            ORDER BY valid_from DESC, id DESC LIMIT 1
        ) AS id FROM teams_team WHERE challenge_id = %s
    ) SELECT id FROM last
"""
