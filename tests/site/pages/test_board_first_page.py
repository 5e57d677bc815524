"""The first page of a board, which reads no more rows than it shows."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leaderboard.separation import WINDOW
from podium.challenges.models import Task, Track
from podium.pages import board_cache, board_figures
from podium.pages.board_figures import FOREST_ROWS, LINES
from podium.pages.board_state import PAGE_ROWS
from podium.standings import board_rows, studies
from podium.standings.board_rows import FIRST_ROWS, BoardRow
from podium.standings.boards import VisibleBoard, visible_board
from podium.standings.models import Board, Revision
from tests.site.pages.boards import address, enter, shown
from tests.site.standings.played import end

ANYBODY = AnonymousUser()
FEW = 4


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of two rows, of which the first is made of the four first rows."""
    monkeypatch.setattr(board_cache, "_bodies", board_cache._Bodies(0))
    monkeypatch.setattr(board_rows, "FIRST_ROWS", FEW)
    monkeypatch.setattr(studies, "FIRST_ROWS", FEW)
    for module in ("board_table", "board_page"):
        monkeypatch.setattr(f"podium.pages.{module}.PAGE_ROWS", 2)
    for name in ("LINES", "FOREST_ROWS"):
        monkeypatch.setattr(board_figures, name, FEW - 1)


@pytest.fixture
def task(matching_task: Task) -> Task:
    """A task with six teams and two baselines, the last of all rows and one between."""
    for place, name in enumerate(["Ahorn", "Birke", "Cypresse"]):
        enter(matching_task, name, 0.9 - place / 100)
    enter(matching_task, "AutoGluon", 0.8, baseline="autogluon")
    for place, name in enumerate(["Dattel", "Eiche", "Fichte"]):
        enter(matching_task, name, 0.7 - place / 100)
    enter(matching_task, "Trivial", 0.1, baseline="trivial")
    return matching_task


def study(subject: Task | Track) -> None:
    """Store what a worker would find of the board, divided as it divides it."""
    of = {"task": subject} if isinstance(subject, Task) else {"track": subject}
    board = Board.objects.get(**of, part="public")
    standings = list(board.standings.filter(valid_until=None).order_by("position"))
    ranked = [row.team_id for row in standings if row.rank]
    found = {
        str(row.team_id): {
            "rank_low": row.position,
            "rank_high": 9,
            "separable": False,
            "nfr": 0.1,
            "elo": 1000 + row.position,
            "mean_rank": 1.5,
            "low": 0.2,
            "high": 0.3,
        }
        for row in standings
    }
    made = {"rows": found, "brackets": [ranked[:2], ranked[1:3]]}
    first, below = studies.divided(made, standings)
    assert len(below) == 3
    Revision.objects.filter(board=board, number=board.revision).update(
        study=first, study_below=below, studied_at=timezone.now()
    )


def told(row: BoardRow) -> BoardRow:
    """Return the row with its method and cells as they are, whenever they were read."""
    return row._replace(method_or_reader=row.method, tasks=list(row.tasks))


def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first page read all rows, as other pages do."""

    def all_rows(*given: object, only_first: bool = False, **options: object) -> VisibleBoard:
        return visible_board(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("podium.pages.board_page.visible_board", all_rows)


def test_the_first_rows_are_enough_for_figures_and_the_brackets_that_begin_on_the_page() -> None:
    assert PAGE_ROWS + WINDOW + 10 < FIRST_ROWS
    assert max(LINES, FOREST_ROWS) < FIRST_ROWS


@pytest.mark.parametrize("subject", ["task", "track"])
def test_the_first_page_is_the_same_as_if_all_rows_were_read(
    task: Task, client: Client, monkeypatch: pytest.MonkeyPatch, subject: str
) -> None:
    of = task if subject == "task" else task.track
    study(of)
    with CaptureQueriesContext(connection) as queries:
        found = client.get(address(of)).content
    read = [query["sql"] for query in queries if '"standings_standing"."score"' in query["sql"]]
    assert len(read) == 1
    assert f'"position" <= {FEW}' in read[0]
    assert "study_below" not in str(queries.captured_queries)
    assert b"Page 1 of 4" in found
    assert b"6 teams" in found
    whole(monkeypatch)
    assert client.get(address(of)).content == found


def test_it_knows_how_many_rows_and_teams_there_are(task: Task) -> None:
    study(task)
    first, every = visible_board(ANYBODY, task, only_first=True), visible_board(ANYBODY, task)
    expected = [row for row in every.rows if row.rank is None or row.rank < FEW]
    assert list(map(told, first.rows)) == list(map(told, expected))
    assert (first.row_count, first.team_count) == (every.row_count, every.team_count) == (8, 6)
    assert first.brackets == every.brackets
    assert every.rows[6].rank_low == 7  # below the first rows, and studied nevertheless


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"page": "2"}, ["Cypresse", "AutoGluon baseline"]),
        ({"sort": "team"}, ["Ahorn", "AutoGluon baseline"]),
        ({"sort": "-rank"}, ["Fichte", "Eiche"]),
        ({"q": "i"}, ["Birke", "Eiche"]),
    ],
)
def test_every_other_page_reads_all_rows(
    task: Task, client: Client, query: dict[str, str], names: list[str]
) -> None:
    study(task)
    with CaptureQueriesContext(connection) as queries:
        assert shown(client, task, **query).names == names
    assert "study_below" in str(queries.captured_queries)


def test_boards_that_stand_still_or_were_or_are_private_are_read_whole(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = timezone.now()
    enter(task, "Ginster", 0.5)
    assert visible_board(ANYBODY, task, before, only_first=True).row_count == 8
    assert visible_board(ANYBODY, task, before, only_first=True).in_all is None
    task.challenge.freeze_hours = 48
    task.challenge.team_freeze_at = timezone.now()
    task.challenge.closes_at = timezone.now() + timedelta(hours=47)
    task.challenge.reveal_at = timezone.now() + timedelta(hours=48)
    task.challenge.save()
    assert visible_board(ANYBODY, task, only_first=True).in_all is None
    end(task.challenge)
    task.refresh_from_db()
    found = visible_board(ANYBODY, task, only_first=True)
    assert (found.part, found.in_all, len(found.rows)) == ("private", None, found.row_count)


def test_a_board_with_few_rows_is_whole_on_its_first_page(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_rows, "FIRST_ROWS", 100)
    first = visible_board(ANYBODY, task, only_first=True)
    assert list(map(told, first.rows)) == list(map(told, visible_board(ANYBODY, task).rows))
    assert first.row_count == 8


def test_an_empty_board_has_no_rows(matching_task: Task) -> None:
    enter(matching_task, "Ahorn", 0.9)
    Board.objects.get(task=matching_task).standings.all().delete()
    assert visible_board(ANYBODY, matching_task, only_first=True).row_count == 0
