"""States of boards, read from a stored document or rebuilt from the history of rows."""

from collections.abc import Collection, Iterator, Sequence
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

Subjects = Sequence[Task | Track]


def boards_of(subjects: Subjects, parts: Collection[str]) -> QuerySet[Board]:
    """Return the boards of these tasks, or of these tracks, on these parts."""
    kind = "task" if all(isinstance(of, Task) for of in subjects) else "track"
    return Board.objects.filter(**{f"{kind}__in": subjects}, part__in=parts)


def states(
    subjects: Subjects, parts: Collection[str], at: datetime | None = None
) -> QuerySet[Revision]:
    """Return the states of the subjects' boards at a time, or now."""
    boards = boards_of(subjects, parts)
    found = Revision.objects.select_related("board").order_by()
    if at is None:
        return found.filter(board__in=boards, number=F("board__revision"))
    earlier = Revision.objects.filter(board=OuterRef("pk"), at__lte=at)
    last = Subquery(earlier.order_by("-at", "-number").values("pk")[:1])
    return found.filter(pk__in=boards.annotate(last=last).values("last"))


def present_rows(subject: Task | Track, part: str) -> list[BoardRow]:
    """Return the present rows of a board, or an empty list if there is no such board."""
    table = present_tables([subject], part).get(subject.pk)
    return table.rows(subject.challenge.slug) if table else []


def present_tables(subjects: Subjects, part: str) -> dict[int, BoardTable]:
    """Return the present tables of the subjects' boards on a part, by the subjects' ids."""
    found = states(subjects, [part]).select_related("document").defer("study")
    of = {state.board.subject_id: state for state in found}
    return {each.pk: table_of(of[each.pk], each) for each in subjects if each.pk in of}


def ranks_at(
    subjects: Subjects, part: str, at: datetime | None = None
) -> dict[int, dict[int, int | None]]:
    """Return the ranks on the subjects' boards at a time, or now: by subject, then team id."""
    found = states(subjects, [part], at).select_related("document").defer("study")
    of = {state.board.subject_id: state for state in found}
    return {each.pk: _ranks(of[each.pk], each) for each in subjects if each.pk in of}


def _ranks(state: Revision, subject: Task | Track) -> dict[int, int | None]:
    if table := _stored(state):
        return dict(zip(table.team, table.rank, strict=True))

    def ranks() -> dict[int, int | None]:
        found = standings_at(state.board_id, subject.challenge, state.at)
        return ranks_of(subject, found, state.board.part)

    # The ranks of an earlier state never change.
    return caches["boards"].get_or_set(f"ranks-{state.pk}", ranks) or {}


def public_rows(subjects: Subjects, team: int, at: datetime | None) -> dict[int, BoardRow]:
    """Return a team's rows on public boards, now or at a time, without ranks, by subject id."""
    found = Standing.objects.filter(board__in=boards_of(subjects, [Part.PUBLIC]), team=team)
    if at is None:
        found = found.filter(valid_until=None)
    else:
        found = found.filter(Q(valid_until=None) | Q(valid_until__gt=at), valid_from__lte=at)
    subject = Coalesce("board__task", "board__track")
    return dict(read_rows(found, subjects[0].challenge.slug, by=subject))


def table_of(revision: Revision, subject: Task | Track) -> BoardTable:
    """Return the table of a state of the subject's board, from its document if it has one."""
    if stored := _stored(revision):
        return stored
    board = revision.board
    at = None if revision.number == board.revision else revision.at
    return BoardTable.of(ranked_at(board, subject, at))


def _stored(revision: Revision) -> BoardTable | None:
    document = getattr(revision, "document", None)
    return BoardTable.decode(bytes(document.data)) if document else None


def ranked_at(board: Board, subject: Task | Track, at: datetime | None) -> list[BoardRow]:
    """Return the rows of a board as they were at a time, or now, from the history."""
    found = read_rows(standings_at(board.pk, subject.challenge, at), subject.challenge.slug)
    return ranked_on(subject, [row for _, row in found], board.part)


def standings_at(board: int, challenge: Challenge, at: datetime | None) -> QuerySet[Standing]:
    """Return the rows of a board, given its id, now or at a time.

    A past time takes one index lookup for each team.
    """
    if at is None:
        return Standing.objects.filter(board=board, valid_until=None)
    last = RawSQL(_LAST, (board, at, challenge.pk))  # noqa: S611
    found = Standing.objects.filter(pk__in=last)
    return found.filter(Q(valid_until=None) | Q(valid_until__gt=at))


def read_rows(
    found: QuerySet[Standing], challenge: str, by: str | Coalesce = "board_id"
) -> Iterator[tuple[int, BoardRow]]:
    """Yield standings as rows without ranks, each with the value `by`.

    `challenge` is the slug of their challenge. Reads plain values: making a thousand model
    instances would take longer than all the rest.
    """
    # Not a join: PostgreSQL would read every submission instead of the thousand of a board.
    sent = Submission.objects.filter(pk=OuterRef("submission")).order_by().values("method")
    named = Coalesce(Subquery(sent), Value(""))
    values = found.order_by().values_list(by, *_TEAM, named, *_FACTS)
    for key, *team, method, cells, score, low, high, attempts, reached, submission, tie in values:
        facts = (None, score, low, high, attempts, reached, submission)
        of = BoardTeam._make([*team, challenge])
        yield key, BoardRow(of, False, method, cells, *facts, tie_break=tie)


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
