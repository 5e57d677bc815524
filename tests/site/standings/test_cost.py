"""What it costs to put a score on the boards."""

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

from podium.challenges.models import Task
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
