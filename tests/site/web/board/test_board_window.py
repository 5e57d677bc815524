"""The pages of a board, which read no more rows than they tell of."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from podium.challenges.models import Task, Track
from podium.standings import board_rows, studies
from podium.standings.board_order import Window
from podium.standings.board_rows import BoardRow
from podium.standings.boards import VisibleBoard, visible_board
from podium.standings.models import Board, Revision
from podium.web.board import cache as board_cache
from podium.web.board import figures as board_figures
from podium.web.board import window as board_window
from podium.web.board.columns import columns as columns_of
from podium.web.board.state import board_state
from podium.web.board.window import PageWindow
from tests.site.standings.played import end
from tests.site.web.board.boards import address, enter

ANYBODY = AnonymousUser()
FEW = 4


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of two rows, with figures of three; a study is divided after the fourth."""
    monkeypatch.setattr(board_cache, "_bodies", board_cache._Bodies(0))
    monkeypatch.setattr(board_rows, "FIRST_ROWS", FEW)
    monkeypatch.setattr(studies, "FIRST_ROWS", FEW)
    monkeypatch.setattr(board_window, "PAGE_ROWS", 2)
    for name in ("LINES", "FOREST_ROWS"):
        for module in (board_figures, board_window):
            monkeypatch.setattr(module, name, FEW - 1)


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


def study(subject: Task | Track, part: str = "public", end_of_bracket: int = -1) -> None:
    """Store what a worker would find of the board, divided as it divides it.

    Of two brackets the second ends with this ranked team: with the last of all.
    """
    of = {"task": subject} if isinstance(subject, Task) else {"track": subject}
    board = Board.objects.get(**of, part=part)
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
    made = {"rows": found, "brackets": [ranked[:2], [ranked[1], ranked[end_of_bracket]]]}
    first, below = studies.divided(made, standings)
    assert len(below) == {"public": 3, "private": 2}[part]  # there all baselines are the last
    Revision.objects.filter(board=board, number=board.revision).update(
        study=first, study_below=below, studied_at=timezone.now()
    )


def told(row: BoardRow) -> BoardRow:
    """Return the row with its method and cells as they are, whenever they were read."""
    return row._replace(method_or_reader=row.method, tasks=list(row.tasks))


def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages read all rows."""

    def all_rows(*given: Any, window: Window, **options: Any) -> VisibleBoard:
        return replace(visible_board(*given, **options), by=window.by)

    monkeypatch.setattr("podium.web.board.page.visible_board", all_rows)


def read_whole(queries: CaptureQueriesContext) -> bool:
    """Tell whether all that is told of a board's rows was read of all of them."""
    return any('"standings_standing"."submission_id"' in query["sql"] for query in queries)


STATES: list[dict[str, str]] = [
    {},
    {"page": "2"},
    {"page": "3"},
    {"page": "4"},
    {"page": "9"},
    {"sort": "-rank"},
    {"sort": "team"},
    {"sort": "-team", "page": "2"},
    {"sort": "score", "page": "2"},
    {"sort": "-score"},
    {"sort": "attempts"},
    {"sort": "-attempts", "page": "3"},
    {"sort": "improved"},
    {"sort": "nfr"},
    {"sort": "-elo", "page": "2"},
    {"sort": "mean_rank"},
    {"sort": "rise"},
    {"sort": "matching-task", "page": "2"},
    {"sort": "-matching-task"},
    {"q": "i"},
    {"q": "nobody"},
    {"q": "e", "sort": "-team", "page": "2"},
    {"since": "2020-01-01", "page": "2"},
]


@pytest.mark.parametrize("state", STATES, ids=str)
@pytest.mark.parametrize("subject", ["task", "track"])
def test_a_page_is_the_same_as_if_all_rows_were_read(
    task: Task, client: Client, monkeypatch: pytest.MonkeyPatch, subject: str, state: dict[str, str]
) -> None:
    of = task if subject == "task" else task.track
    study(of)
    with CaptureQueriesContext(connection) as queries:
        found = client.get(address(of), state).content
    assert not read_whole(queries)
    with CaptureQueriesContext(connection) as queries:
        whole(monkeypatch)
        assert client.get(address(of), state).content == found
    assert read_whole(queries)


@pytest.mark.parametrize("state", [{}, {"page": "3"}, {"sort": "team"}], ids=str)
def test_an_earlier_or_frozen_board_is_the_same_as_if_all_rows_were_read(
    task: Task, client: Client, monkeypatch: pytest.MonkeyPatch, state: dict[str, str]
) -> None:
    study(task)
    before = timezone.now()
    enter(task, "Ginster", 0.95)
    earlier = {**state, "at": before.isoformat()}
    found = client.get(address(task), earlier).content
    assert b"of 4" in found
    assert b"Ginster" not in found
    with monkeypatch.context() as patched:
        whole(patched)
        assert client.get(address(task), earlier).content == found
    stand_still(task)
    enter(task, "Hasel", 0.99)
    frozen = client.get(address(task), state).content
    assert b"Hasel" not in frozen
    assert b"of 5" in frozen
    whole(monkeypatch)
    assert client.get(address(task), state).content == frozen


def test_what_is_read_are_the_rows_shown_with_those_beside_them_and_in_figures(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    study(task, end_of_bracket=2)
    monkeypatch.setattr(board_window, "FOREST_ROWS", 1)
    monkeypatch.setattr(board_window, "LINES", 1)
    window = PageWindow(board_state({"page": "3"}, {"rank"}, timezone.now(), is_revealed=False), [])
    board = visible_board(ANYBODY, task, window=window)
    every = visible_board(ANYBODY, task)
    # The page with a row on each side of it, one in figures, and those without a rank.
    names = ["Ahorn", "Cypresse", "AutoGluon", "Dattel", "Eiche", "Fichte", "Trivial"]
    assert list(map(told, board.rows)) == [told(r) for r in every.rows if r.team.name in names]
    assert [row._replace(standing=0) for row in board.order] == every.order
    assert (len(board.order), board.team_count) == (8, 6)


@pytest.mark.parametrize("state", [{}, {"page": "3"}, {"sort": "-team"}], ids=str)
def test_figures_are_the_same_in_every_state_also_with_baselines_at_the_top(
    task: Task, client: Client, state: dict[str, str]
) -> None:
    for place, name in enumerate(["Linear", "Forest", "Neighbours", "Boosting"]):
        enter(task, name, 0.99 - place / 1000, baseline=name.lower())
    enter(task, "Cypresse", 0.89)  # a line of a figure
    html = client.get(address(task), state).content.decode()
    figures = html[html.index('id="forest-wide') :]
    for name in ("Ahorn", "Birke", "Cypresse"):
        assert name in figures
    for name in ("Dattel", "Eiche", "Fichte"):
        assert name not in figures


def test_the_study_below_is_read_of_the_rows_that_a_page_tells_of(
    task: Task, client: Client
) -> None:
    study(task, end_of_bracket=2)
    with CaptureQueriesContext(connection) as queries:
        client.get(address(task))
        assert "study_below" not in str(queries.captured_queries)
        client.get(address(task), {"page": "4"})
    below = [one["sql"] for one in queries if "study_below" in one["sql"]]
    assert len(below) == 1
    assert "row.key IN (" in below[0]
    assert visible_board(ANYBODY, task).rows[6].rank_low == 7


@pytest.mark.parametrize("state", STATES, ids=str)
@pytest.mark.parametrize("subject", ["task", "track"])
def test_so_is_a_page_of_a_private_board_and_its_shake_up(
    task: Task, client: Client, monkeypatch: pytest.MonkeyPatch, subject: str, state: dict[str, str]
) -> None:
    for place, name in enumerate(["Eiche", "Ahorn", "Birke", "Fichte", "Cypresse", "Dattel"]):
        enter(task, name, 0.5, 0.9 - place / 100)
    end(task.challenge)
    of = task if subject == "task" else task.track
    study(of, "private")
    with CaptureQueriesContext(connection) as queries:
        found = client.get(address(of), state).content
    assert not read_whole(queries)
    assert b"changed places" in found
    whole(monkeypatch)
    assert client.get(address(of), state).content == found


@pytest.mark.parametrize("when", ["open", "frozen", "revealed"])
@pytest.mark.parametrize("subject", ["task", "track"])
@pytest.mark.parametrize("state", STATES, ids=str)
def test_no_page_needs_more_than_twelve_queries(
    task: Task, client: Client, when: str, subject: str, state: dict[str, str]
) -> None:
    of = task if subject == "task" else task.track
    study(of)
    if when == "frozen":
        stand_still(task)
        enter(task, "Eiche", 0.99)
    elif when == "revealed":
        end(task.challenge)
    client.force_login(task.challenge.teams.get(name="Eiche").memberships.get().user)
    with CaptureQueriesContext(connection) as queries:
        html = client.get(address(of), state).content.decode()
    assert 'aria-label="Your place"' in html
    assert len(queries) <= 12


def test_one_s_own_row_is_among_those_read(task: Task) -> None:
    eiche = task.challenge.teams.get(name="Eiche").memberships.get().user
    state = board_state({}, {"rank"}, timezone.now(), is_revealed=False)
    board = visible_board(eiche, task, window=PageWindow(state, []))
    assert board.mine
    assert board.mine.team.name == "Eiche"


def test_a_live_row_goes_among_all_others(task: Task) -> None:
    stand_still(task)
    enter(task, "Eiche", 0.99)
    eiche = task.challenge.teams.get(name="Eiche").memberships.get().user
    columns = columns_of(task, [])
    state = board_state({"sort": "team"}, {"rank", "team"}, timezone.now(), is_revealed=False)
    window = PageWindow(state, columns)
    board = visible_board(eiche, task, window=window)
    assert [row.name for row in board.order][:2] == ["Eiche", "Ahorn"]
    names = {row.team.pk: row.team.name for row in board.rows}
    assert [names[team] for team in window.page(board).teams] == ["Ahorn", "AutoGluon"]


def test_an_empty_board_has_no_rows(matching_task: Task, client: Client) -> None:
    enter(matching_task, "Ahorn", 0.9)
    Board.objects.get(task=matching_task).standings.all().delete()
    html = client.get(address(matching_task)).content.decode()
    assert "No scores yet" in html


def stand_still(task: Task) -> None:
    """Let the board stand still from now on."""
    task.challenge.freeze_hours = 48
    task.challenge.team_freeze_at = timezone.now()
    task.challenge.closes_at = timezone.now() + timedelta(hours=48)
    task.challenge.reveal_at = timezone.now() + timedelta(hours=49)
    task.challenge.save()
