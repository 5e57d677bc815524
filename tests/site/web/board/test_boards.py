"""What a board shows: ranks, baselines, whiskers, the reader's own row, and few queries."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from figures.words import number, plural
from podium.accounts.models import User
from podium.challenges.models import Aggregate, Challenge, Task
from podium.standings.document import BoardTable
from podium.standings.models import Revision, Standing
from podium.standings.rows import BoardRow, BoardTeam
from podium.standings.visible import VisibleBoard, visible_board
from podium.teams.models import Team
from podium.web.base.presenters import board_facts, until
from podium.web.board.table import excerpt_context
from tests.site import factories
from tests.site.web.board.boards import enter, fill, shown

pytestmark = pytest.mark.dialect

MOST_QUERIES = 15


@pytest.fixture
def full(matching_task: Task, team: Team) -> Task:
    """A task with two teams that tie, two baselines and Alice's team below them."""
    challenge = matching_task.challenge
    first, second, third = (
        factories.make_team(challenge, name, factories.make_user(name.lower()))
        for name in ("First", "Second", "Third")
    )
    fill(
        (matching_task, first, 0.91),
        (matching_task, second, 0.874),
        (matching_task, third, 0.8701),
        (matching_task, factories.make_team(challenge, "AutoGluon", baseline="autogluon"), 0.86),
        (matching_task, factories.make_team(challenge, "Trivial", baseline="trivial"), 0.3),
        (matching_task, team, 0.5),
    )
    return matching_task


def test_equal_displayed_scores_share_a_rank_and_baselines_take_none(
    full: Task, alice: User
) -> None:
    rows = excerpt_context(full, visible_board(alice, full), limit=9)["rows"]
    assert [(row["rank"], row["name"], row["score"]) for row in rows] == [
        (1, "First", "0.91"),
        (2, "Second", "0.87"),
        (2, "Third", "0.87"),
        (None, "AutoGluon", "0.86"),
        (4, "Alpha", "0.50"),
        (None, "Trivial", "0.30"),
    ]
    assert [row["name"] for row in rows if row["baseline"]] == ["AutoGluon", "Trivial"]
    assert [row["name"] for row in rows if row["mine"]] == ["Alpha"]


def test_an_excerpt_keeps_my_row_and_the_reference(full: Task, alice: User) -> None:
    def names(viewer: Any) -> list[str]:
        board = visible_board(viewer, full)
        return [row["name"] for row in excerpt_context(full, board, limit=2)["rows"]]

    assert names(alice) == ["First", "Second", "AutoGluon", "Alpha"]
    assert names(AnonymousUser()) == ["First", "Second", "AutoGluon"]


def test_whiskers_share_a_scale_of_teams_and_the_reference(full: Task, alice: User) -> None:
    context = excerpt_context(full, visible_board(alice, full), limit=9)
    assert (context["scale"]["low"], context["scale"]["high"]) == ("0.79", "0.91")
    first, *_, last, trivial = [row["whisker"] for row in context["rows"]]
    assert 'x2="100.00%" y1="8"' in first
    assert "‹" not in first
    for far in (last, trivial):  # far below, they would leave no room for the others
        assert ">‹</text>" in far
        assert "<circle" not in far
        assert 'class="span"' not in far
    assert f'class="reference" x1="{100 * (0.86 - 0.79) / (0.91 - 0.79):.2f}%"' in first
    assert "<title>0.91, 95 % interval 0.91 to 0.91</title>" in first


def test_a_board_without_intervals_has_no_scale(matching_task: Task) -> None:
    team = BoardTeam(1, "Crows", "crows", "", "", None, None, matching_task.challenge.slug)
    row = BoardRow(team, False, "", [], 1, 0.5, None, None, 1, timezone.now(), None)
    for rows in ([row], [], [row._replace(score=None)]):
        board = VisibleBoard("c", BoardTable.of(rows), 0.01)
        context = excerpt_context(matching_task, board, limit=9)
        assert context["scale"] is None
        assert all(shown["whisker"] == "" for shown in context["rows"])


@pytest.mark.parametrize(
    ("aggregate", "label", "cell"),
    [(Aggregate.MEAN_SKILL, "Mean skill", "0.714"), (Aggregate.MEAN_SCORE, "Mean score", "0.800")],
)
def test_a_track_shows_skills_or_scores_as_it_is_ranked(
    matching_task: Task, client: Client, aggregate: str, label: str, cell: str
) -> None:
    track = matching_task.track
    track.aggregate = aggregate
    track.save()
    matching_task.track.refresh_from_db()
    enter(matching_task, "Trivial", 0.3, baseline="trivial")
    enter(matching_task, "First", 0.8)
    factories.make_task(matching_task.challenge, "matching", "another")
    board = shown(client, track)
    assert label in board.heads
    assert board.rows[0].cells["Matching Task"] == cell
    assert "Another" not in board.heads  # nobody entered it


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(0.5, 2, "0.50"), (-0.05, 2, "−0.05"), (None, 3, "–"), (1, 0, "1"), (0.1 + 0.2, 1, "0.3")],
)
def test_numbers_have_a_fixed_count_of_decimals(
    value: float | None, decimals: int, text: str
) -> None:
    assert number(value, decimals) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 teams"), (1, "1 team"), (2, "2 teams"), (1200, "1,200 teams")]
)
def test_counts_go_with_their_noun(count: int, text: str) -> None:
    assert plural(count, "team") == text


@pytest.mark.parametrize(
    ("wait", "text"),
    [
        (timedelta(days=2, hours=5), "in 2 days"),
        (timedelta(hours=1, seconds=30), "in 1 hour"),
        (timedelta(minutes=3, seconds=30), "in 3 minutes"),
        (timedelta(seconds=20), "in a moment"),
        (timedelta(seconds=-20), "now"),
    ],
)
def test_waiting_times_name_their_largest_unit(wait: timedelta, text: str) -> None:
    assert until(timezone.now() + wait) == text


def test_the_header_tells_my_place_or_how_many_there_are(full: Task, alice: User) -> None:
    assert board_facts(visible_board(alice, full)) == [
        {"label": "Your place", "value": 4, "note": "of 4 teams"}
    ]
    assert board_facts(visible_board(AnonymousUser(), full)) == [{"label": "Teams", "value": 4}]


@pytest.mark.parametrize("page", ["task-board", "track"])
@pytest.mark.parametrize("person", [None, "alice", "charlie", "olga"])
@pytest.mark.parametrize("freeze_hours", [0, 24 * 90])
def test_a_board_needs_few_queries_whatever_its_size(
    full: Task,
    request: pytest.FixtureRequest,
    as_user: Callable[[User | None], Client],
    page: str,
    person: str | None,
    freeze_hours: int,
) -> None:
    Challenge.objects.filter(pk=full.challenge_id).update(freeze_hours=freeze_hours)
    client = as_user(request.getfixturevalue(person) if person else None)
    slug = full.challenge.slug
    address = reverse(page, args=[slug, full.slug if page == "task-board" else full.track.kind])
    counts, yesterday = [], timezone.now() - timedelta(days=1)
    for size in (0, 12):
        for place in range(size):
            enter(full, f"Team {place}", 0.4 + place / 100)
        Standing.objects.filter(valid_until=None).update(valid_from=yesterday)
        Revision.objects.update(at=yesterday)  # so that this is what is frozen
        caches["boards"].clear()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] <= MOST_QUERIES, [query["sql"] for query in queries]
