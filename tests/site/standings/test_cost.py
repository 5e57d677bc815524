"""What it costs to put a score on the boards."""

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.db.models.signals import post_init
from django.test.utils import CaptureQueriesContext

from podium.accounts.models import User
from podium.challenges.models import Task
from podium.standings.actions import rebuild
from podium.standings.models import Standing
from podium.standings.visible import visible_board
from podium.submissions.models import Evaluation, Score, Submission
from podium.teams.models import Team
from tests.site.standings.conftest import Scored


def queries_of(action: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        action()
    return len(queries)


def test_a_score_costs_as_many_queries_among_many_teams_as_among_few(
    matching_task: Task, teams: Callable[[str], list[Team]], scored: Scored
) -> None:
    first, *others = teams("Ahorn Birke Cypresse Dattel Eiche")
    scored(first, matching_task, 0.5)
    among_few = queries_of(lambda: scored(first, matching_task, 0.6))
    for team in others:
        scored(team, matching_task, 0.7)
    assert queries_of(lambda: scored(first, matching_task, 0.8)) == among_few


def test_boards_are_rebuilt_in_as_many_queries_for_many_teams_as_for_few(
    matching_task: Task, teams: Callable[[str], list[Team]], scored: Scored
) -> None:
    first, *others = teams("Ahorn Birke Cypresse Dattel Eiche")
    scored(first, matching_task, 0.5)
    for_few = queries_of(lambda: rebuild(matching_task))
    for team in others:
        scored(team, matching_task, 0.7)
    assert queries_of(lambda: rebuild(matching_task)) == for_few


def play(team: Team, task: Task, count: int) -> None:
    """Give the team this many more scored submissions and their history on the board."""
    board = task.boards.get()
    like = Evaluation.objects.filter(submission__team=team).latest("pk")
    scores = list(like.scores.all())
    first = like.submission.number + 1
    for number in range(first, first + count):
        submission = Submission.objects.get(pk=like.submission_id)
        submission.pk, submission.number = None, number
        submission.save(force_insert=True)
        evaluation = Evaluation(**_copied(like), submission=submission)
        evaluation.save(force_insert=True)
        Score.objects.bulk_create(Score(**_copied(s), evaluation=evaluation) for s in scores)
        at = submission.received_at
        Standing.objects.create(
            board=board,
            team=team,
            valid_from=at,
            valid_until=at,
            score=0.9,
            first_reached=at,
            score_since=at,
            attempts=number,
        )


def _copied(row: Any) -> dict[str, Any]:
    left = {"id", "submission", "evaluation", "created_at"}
    fields = [field for field in row._meta.concrete_fields if field.name not in left]
    return {field.attname: getattr(row, field.attname) for field in fields}


@contextmanager
def counting(model: type[Any]) -> Any:
    """Count the rows of a model that are read or made."""
    made: list[int] = []

    def count(**_: Any) -> None:
        made.append(1)

    post_init.connect(count, sender=model)
    try:
        yield made
    finally:
        post_init.disconnect(count, sender=model)


@pytest.mark.parametrize("count", [10, 200])
def test_a_score_costs_what_it_did_however_much_the_others_have_submitted(
    matching_task: Task, teams: Callable[[str], list[Team]], scored: Scored, count: int
) -> None:
    mine, *others = teams("Ahorn Birke Cypresse")
    for team in (mine, *others):
        scored(team, matching_task, 0.5)

    def cost(public: float) -> tuple[int, int, int, int]:
        written = Standing.objects.count()
        with counting(Standing) as places, counting(Score) as scores:
            queries = queries_of(lambda: scored(mine, matching_task, public))
        return queries, len(places), len(scores), Standing.objects.count() - written

    *before, rows_before = cost(0.4)
    for team in others:
        play(team, matching_task, count)
    queries, places, scores, rows = cost(0.41)
    # The own scores are read again: there is one more of them.
    assert [queries, places, scores - 1] == before
    assert rows == rows_before == 1


def test_a_board_is_read_from_its_document_and_not_from_its_history(
    matching_task: Task,
    teams: Callable[[str], list[Team]],
    scored: Scored,
    charlie: User,
) -> None:
    for team in teams("Ahorn Birke"):
        scored(team, matching_task, 0.5)
        play(team, matching_task, 10)
    with CaptureQueriesContext(connection) as queries:
        assert len(visible_board(charlie, matching_task).rows) == 2
    assert not [query for query in queries if "standings_standing" in query["sql"]]
