"""What the page of a submission says while nothing or nobody scores it."""

import pytest
from django.test import Client

from podium import workers
from podium.challenges.models import Task
from podium.submissions.models import State
from podium.teams.models import Team
from podium.workers import Worker
from tests.site import factories

ALIVE = [Worker("scoring@here", ("control", "scoring"), 1, 2)]


@pytest.mark.parametrize("state", [State.QUEUED, State.SCORING])
@pytest.mark.parametrize(
    ("alive", "said", "unsaid"),
    [
        (ALIVE, "keeps itself up to date", "No scoring worker"),
        ([], "No scoring worker is running right now", "A worker is scoring"),
        (None, "The queue does not answer right now", "No scoring worker"),
    ],
    ids=["alive", "dead", "redis away"],
)
def test_a_waiting_submission_tells_whether_anybody_can_score_it(
    team: Team,
    matching_task: Task,
    monkeypatch: pytest.MonkeyPatch,
    state: State,
    alive: list[Worker] | None,
    said: str,
    unsaid: str,
) -> None:
    monkeypatch.setattr(workers, "workers_alive", lambda: alive)
    submission = factories.make_submission(team, matching_task, state)
    client = Client()
    client.force_login(team.captain, backend="django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
    page = client.get(submission.get_absolute_url()).content.decode()
    assert said in page
    assert unsaid not in page
