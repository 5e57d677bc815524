"""What a page of two entries asks of the database does not grow with the tasks."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from podium.accounts.models import User
from podium.challenges.models import Challenge, Feedback, Task
from podium.standings.models import Comparison
from podium.submissions.models import Evaluation, Part
from podium.teams.models import Team
from tests.site import factories
from tests.site.web.board.test_compare import computed
from tests.site.web.board.test_matrix import again
from tests.site.web.moments import frozen, over

MOST_QUERIES = 22
FEW, MANY = 2, 8
AsUser = Callable[[User | None], Client]


def grown(challenge: Challenge, count: int, **fields: Any) -> list[Task]:
    """Return this many tasks; Alpha and a baseline are in all of them."""
    entries = [
        Team.objects.filter(slug="alpha").first()
        or factories.make_team(challenge, "Alpha", factories.make_user("ann")),
        Team.objects.filter(slug="reference").first()
        or factories.make_team(challenge, "Reference", baseline="autogluon"),
    ]
    made = challenge.tasks.count()
    for number in range(made, count):
        task = factories.make_task(challenge, "matching", f"task-{number}", **fields)
        for place, team in enumerate(entries):
            again(task, team, 0.5 + place / 10 + number / 100)
    slices = [
        {"part": part, "by": "colour", "value": "red", "n": 2500, "fewest": 900, "reason": ""}
        | {"score": 0.41, "low": 0.31, "high": 0.51}
        for part in Part.values
    ]
    Evaluation.objects.update(diagnostics={"headline": "average_precision", "slices": slices})
    return list(challenge.tasks.select_related("challenge", "solution", "dataset_version"))


def queries(client: Client, challenge: Challenge) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = client.get(
            reverse("compare", args=[challenge.slug]), {"a": "alpha", "b": "reference"}
        )
    assert answer.status_code == 200
    html = answer.content.decode()
    assert html.count('<th scope="row"') >= challenge.tasks.count()
    return len(asked)


@pytest.mark.parametrize("when", ["before", "frozen", "over"])
@pytest.mark.parametrize(
    ("mode", "ready"),
    [(Feedback.ROUNDED, True), (Feedback.ROUNDED, False), (Feedback.LADDER, True)],
)
def test_it_asks_as_much_for_many_tasks_as_for_few(
    challenge: Challenge, as_user: AsUser, olga: User, when: str, mode: str, ready: bool
) -> None:
    counts: dict[str, list[int]] = {"anonymous": [], "member": [], "organizer": []}
    for count in (FEW, MANY):
        grown(challenge, count, feedback=mode)
        if when == "over":
            over(challenge, made=count == FEW)
        elif when == "frozen":
            frozen(challenge)
        part = Part.PRIVATE if when == "over" else Part.PUBLIC
        readers = {"anonymous": None, "organizer": olga, "member": User.objects.get(name="Ann")}
        for who, reader in readers.items():
            Comparison.objects.all().delete()
            for task in challenge.tasks.all() if ready else ():
                computed(task, "alpha", "reference", part=part)
            counts[who].append(queries(as_user(reader), challenge))
    for who, (few, many) in counts.items():
        # What a team was shown under this mode is replayed task by task.
        each = 2 if mode == Feedback.LADDER and who == "member" and when != "over" else 0
        assert few <= MOST_QUERIES + each * FEW, who
        assert many - few <= each * (MANY - FEW), who
