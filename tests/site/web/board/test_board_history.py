"""What the figures of a board's page show of the past of its rows."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from podium.challenges.models import Task
from podium.standings.models import Board, Revision, Standing
from podium.teams.models import Team
from podium.web.board.history import MOST_STEPS, pasts
from tests.site import factories

pytestmark = pytest.mark.dialect

START = datetime(2026, 3, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


@pytest.fixture
def board(matching_task: Task) -> Board:
    return Board.objects.create(task=matching_task)


@pytest.fixture
def rival(matching_task: Task) -> Team:
    return factories.make_team(matching_task.challenge, "Rival", factories.make_user("rival"))


def stand(
    board: Board,
    team: Team,
    begun: float,
    score: float | None,
    *,
    since: float | None = None,
    until: float | None = None,
) -> None:
    """Put the team on the board from a day on, with a score that it has since a day."""
    Standing.objects.create(
        board=board,
        team=team,
        valid_from=day(begun),
        valid_until=None if until is None else day(until),
        score_since=day(begun if since is None else since),
        first_reached=day(begun),
        score=score,
        attempts=1,
    )
    board.revision += 1
    board.save()
    Revision.objects.create(board=board, number=board.revision, at=day(begun))


def improve(board: Board, team: Team, times: int) -> None:
    """Let the team's score rise by a hundredth each day."""
    for number in range(times):
        stand(board, team, number, number / 100, until=None if number == times - 1 else number + 1)


def task_of(board: Board) -> Task:
    assert board.task
    return board.task


def test_it_has_each_displayed_score_with_its_time_and_none_twice(
    board: Board, team: Team, rival: Team
) -> None:
    stand(board, team, 0, 0.5, until=1)
    stand(board, rival, 0.5, 0.7)
    stand(board, team, 1, 0.5, since=0, until=2)
    stand(board, team, 2, None, until=3)
    stand(board, team, 3, 0.6)
    found = pasts(task_of(board), [team.pk], until=day(9), since=day(1.5))[team.pk]
    assert found.scores == [(day(0), 0.5), (day(3), 0.6)]
    assert (found.count, found.rank, found.was_there) == (2, 2, True)


def test_it_ends_at_a_time_and_tells_who_stood_there_before(board: Board, team: Team) -> None:
    stand(board, team, 2, 0.5, until=4)
    stand(board, team, 4, 0.6, until=5)
    early = pasts(task_of(board), [team.pk], until=day(3), since=day(1))[team.pk]
    assert early.scores == [(day(2), 0.5)]
    assert (early.rank, early.was_there) == (None, False)
    stand(board, team, 5, None)
    late = pasts(task_of(board), [team.pk], until=day(9), since=day(6))[team.pk]
    assert (late.rank, late.was_there) == (None, True)


@pytest.mark.parametrize("times", [1, 2, 24, 25, 26, 48, 49, 100])
def test_of_many_scores_it_has_the_first_the_last_and_evenly_some_between(
    board: Board, team: Team, times: int
) -> None:
    improve(board, team, times)
    found = pasts(task_of(board), [team.pk], until=day(999), since=day(0))[team.pk]
    assert found.count == times
    assert found.scores[0] == (day(0), 0.0)
    assert found.scores[-1] == (day(times - 1), (times - 1) / 100)
    assert min(times, MOST_STEPS) // 2 < len(found.scores) <= MOST_STEPS + 1
    days = [round(100 * score) for _, score in found.scores]
    assert len({after - before for before, after in pairwise(days[1:])}) <= 1


def test_it_reads_all_teams_by_three_queries_and_no_other_board(
    board: Board, team: Team, rival: Team
) -> None:
    improve(board, team, 30)
    improve(board, rival, 3)
    private = Board.objects.create(task=board.task, part="private")
    improve(private, team, 2)
    asked = task_of(board), [team.pk, rival.pk]
    with CaptureQueriesContext(connection) as queries:
        found = pasts(*asked, until=day(99), since=day(99))
    assert len(queries) == 3
    assert (found[team.pk].count, found[rival.pk].count) == (30, 3)
    assert pasts(task_of(board), [], until=day(99), since=day(99)) == {}
