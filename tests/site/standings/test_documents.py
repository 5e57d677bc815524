"""The stored document of a board says what its history says, and costs little to write."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.accounts.models import User
from podium.challenges.models import Task
from podium.standings.document import BoardTable
from podium.standings.history import present_rows, ranked_at, ranks_at
from podium.standings.models import Board, BoardDocument, Standing
from podium.standings.rows import BoardRow, BoardTeam
from podium.submissions.actions import describe
from podium.submissions.models import Part
from podium.teams.actions import disqualify, rename
from podium.teams.deleting import delete_account
from podium.teams.models import Team
from tests.site.standings.conftest import Scored

names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
counts = st.integers(1, 10**9)


@st.composite
def boards(draw: Any) -> list[BoardRow]:
    tasks = draw(st.lists(names, max_size=3, unique=True))
    teams = draw(st.lists(counts, max_size=4, unique=True))

    def row(team: int) -> BoardRow:
        labels = (draw(names), draw(names), draw(st.sampled_from(["", "trivial"])), draw(names))
        times = (draw(st.none() | moments), draw(st.none() | moments))
        cells = [{"task": slug, "score": draw(numbers), "skill": draw(numbers)} for slug in tasks]
        return BoardRow(
            *(BoardTeam(team, *labels, *times, "open"), False, draw(st.text(max_size=5)), cells),
            *(draw(st.none() | counts), draw(numbers), draw(numbers), draw(numbers), draw(counts)),
            *(draw(moments), draw(st.none() | counts)),
            tie_break=draw(numbers),
        )

    return [row(team) for team in teams]


@settings(max_examples=60)
@given(boards())
def test_a_document_gives_back_the_rows_it_was_made_of(rows: list[BoardRow]) -> None:
    assert BoardTable.decode(BoardTable.of(rows).encode()).rows("open") == rows


@pytest.mark.parametrize("column", ["rank", "method", "first_reached", "submission_id"])
def test_a_document_with_a_column_that_is_too_short_gives_no_rows(column: str) -> None:
    team = BoardTeam(1, "Ahorn", "ahorn", "", "", None, None, "open")
    row = BoardRow(team, False, "", [], 1, 0.5, None, None, 1, datetime(2026, 1, 1, tzinfo=UTC), 1)
    table = replace(BoardTable.of([row, row]), **{column: [1]})
    with pytest.raises(ValueError, match="shorter"):
        table.rows("open")


def test_ranks_of_an_earlier_state_are_those_of_its_rows(
    matching_task: Task, teams: Callable[[str], list[Team]], scored: Scored
) -> None:
    a, b, c = teams("Ahorn Birke Ceder")
    for team, score in ((a, 0.5), (b, 0.6), (c, 0.5), (a, 0.7), (c, 0.6)):
        scored(team, matching_task, score)
    board = Board.objects.get(task=matching_task)
    for revision in board.revisions.order_by("number"):
        at = revision.at
        rows = ranked_at(board, matching_task, at)
        earlier = ranks_at([matching_task], Part.PUBLIC, at)
        assert earlier == {matching_task.pk: {row.team.pk: row.rank for row in rows}}
    assert ranks_at([matching_task], Part.PUBLIC)[matching_task.pk] == {a.pk: 1, b.pk: 2, c.pk: 2}


def test_a_board_has_one_document_which_its_changes_update(
    matching_task: Task, teams: Callable[[str], list[Team]], scored: Scored
) -> None:
    a, b = teams("Ahorn Birke")
    for team, score in ((a, 0.5), (b, 0.6), (a, 0.7)):
        scored(team, matching_task, score)
        (document,) = BoardDocument.objects.filter(revision__board__task=matching_task)
        assert document.revision.number == document.revision.board.revision
    assert [row.score for row in present_rows(matching_task, Part.PUBLIC)] == [0.7, 0.6]


@pytest.mark.parametrize("freeze_hours", [0, 1])
def test_a_freeze_has_a_document_of_its_own(
    matching_task: Task, teams: Callable[[str], list[Team]], scored: Scored, freeze_hours: int
) -> None:
    a, b = teams("Ahorn Birke")
    scored(a, matching_task, 0.5)
    then = timezone.now()
    challenge = matching_task.challenge
    challenge.freeze_hours, challenge.team_freeze_at = freeze_hours, then
    challenge.closes_at = then + timedelta(hours=1)
    challenge.save()
    scored(b, matching_task, 0.6)
    scored(a, matching_task, 0.7)
    found = BoardDocument.objects.filter(revision__board__task=matching_task)
    numbers = found.order_by("revision__number").values_list("revision__number", flat=True)
    assert list(numbers) == ([1, 3] if freeze_hours else [3])


def test_without_its_document_a_board_is_read_from_its_history(
    matching_task: Task, teams: Callable[[str], list[Team]], scored: Scored
) -> None:
    a, b = teams("Ahorn Birke")
    scored(a, matching_task, 0.5)
    scored(b, matching_task, 0.6)
    shown = present_rows(matching_task, Part.PUBLIC)
    BoardDocument.objects.all().delete()
    assert present_rows(matching_task, Part.PUBLIC) == shown
    scored(a, matching_task, 0.7)
    board = Board.objects.get(task=matching_task)
    assert present_rows(matching_task, Part.PUBLIC) == ranked_at(board, matching_task, None)
    assert BoardDocument.objects.filter(revision__board=board).count() == 1


def test_an_overtaken_team_gets_no_row_in_the_history(
    matching_task: Task, teams: Callable[[str], list[Team]], scored: Scored
) -> None:
    a, b = teams("Ahorn Birke")
    scored(a, matching_task, 0.5)
    scored(b, matching_task, 0.6)
    assert Standing.objects.filter(board__task=matching_task, team=a).count() == 1
    assert [row.rank for row in present_rows(matching_task, Part.PUBLIC)] == [1, 2]


def rewritten(task: Task) -> list[BoardRow]:
    """Return the rows of every document of the task's board."""
    found = BoardDocument.objects.filter(revision__board__task=task).order_by("revision__number")
    return [row for each in found for row in BoardTable.decode(bytes(each.data)).rows("open")]


class TestLabels:
    """Every document has today's names, the one of a freeze too."""

    @pytest.fixture
    def documents(self, matching_task: Task, team: Team, rival: Team, scored: Scored) -> int:
        scored(team, matching_task, 0.5, method="Trees")
        scored(rival, matching_task, 0.6)
        challenge = matching_task.challenge
        challenge.freeze_hours, challenge.team_freeze_at = 1, timezone.now()
        challenge.closes_at = timezone.now() + timedelta(hours=1)
        challenge.save()
        scored(rival, matching_task, 0.7)
        return BoardDocument.objects.filter(revision__board__task=matching_task).count()

    @pytest.fixture
    def rival(self, teams: Callable[[str], list[Team]]) -> Team:
        return teams("Rival")[0]

    def test_a_new_name(self, matching_task: Task, team: Team, documents: int, alice: User) -> None:
        rename(team=team, name="Beta", by=alice)
        names = [row.team.name for row in rewritten(matching_task) if row.team.pk == team.pk]
        assert names == ["Beta"] * documents == ["Beta", "Beta"]

    def test_a_new_method(
        self, matching_task: Task, team: Team, documents: int, alice: User
    ) -> None:
        describe(submission=team.submissions.get(), method="Forests", by=alice)
        methods = [row.method for row in rewritten(matching_task) if row.team.pk == team.pk]
        assert methods == ["Forests"] * documents

    def test_a_disqualified_team(
        self, matching_task: Task, team: Team, documents: int, olga: User
    ) -> None:
        disqualify(team=team, reason="Two accounts.", by=olga)
        rows = rewritten(matching_task)
        assert [row.team.name for row in rows] == ["Rival", "Alpha", "Rival"]
        assert [row.team.disqualified_at is not None for row in rows] == [False, True, False]

    def test_a_deleted_account(
        self, matching_task: Task, rival: Team, team: Team, documents: int
    ) -> None:
        name = rival.captain.name
        Team.objects.filter(pk=rival.pk).update(name=name)
        delete_account(by=rival.captain)
        rows = [row for row in rewritten(matching_task) if row.team.pk == rival.pk]
        assert len(rows) == documents
        assert {row.team.name for row in rows} == {Team.objects.get(pk=rival.pk).name} != {name}
