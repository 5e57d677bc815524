"""Lists of submissions take as many queries for many as for a few, and say of each the same."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from podium.accounts.models import User
from podium.challenges.models import Feedback, Task
from podium.submissions.models import State
from podium.teams.models import Team
from tests.site import factories
from tests.site.api.conftest import As
from tests.site.factories import reveal_due
from tests.site.notices.conftest import scored
from tests.site.writeups.conftest import move

pytestmark = pytest.mark.dialect

TASK = "challenges/cup/tasks/matching-task/submissions?limit=200"


def _send(team: Team, task: Task, public: float) -> None:
    scored(team, task, public)
    factories.make_submission(team, task, State.REJECTED)
    factories.make_submission(team, task, State.FAILED)


@pytest.mark.parametrize("is_revealed", [False, True], ids=["open", "revealed"])
@pytest.mark.parametrize("mode", Feedback.values)
def test_a_list_of_submissions_is_as_its_items_alone_and_costs_the_same_for_many(
    team: Team, matching_task: Task, alice: User, calls: As, mode: str, is_revealed: bool
) -> None:
    Task.objects.filter(pk=matching_task.pk).update(feedback=mode)
    matching_task.refresh_from_db()
    for public in (0.7, 0.6):
        _send(team, matching_task, public)
    if is_revealed:
        move(matching_task.challenge, team_freeze_at=-3, closes_at=-2, reveal_at=-1)
        reveal_due()
    caller = calls(alice)

    def listed() -> tuple[int, list[dict[str, object]]]:
        with CaptureQueriesContext(connection) as seen:
            items = caller.get(TASK).json()["items"]
        return len(seen), items

    listed()  # that notes the use of the token
    few, items = listed()
    for public in (0.9, 0.5, 0.95, 0.2):
        _send(team, matching_task, public)
    many, items = listed()
    assert (len(items), many) == (18, few)
    for item in items:
        alone = caller.get(f"submissions/{item['id']}").json()
        assert {name: alone[name] for name in item} == item
