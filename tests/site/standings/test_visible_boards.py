"""Boards that are read together are those that are read one by one."""

from datetime import timedelta
from itertools import product

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
from podium.files import Json
from podium.standings.document import BoardTable
from podium.standings.models import Revision, Standing
from podium.standings.rows import BoardRow, BoardTeam
from podium.standings.visible import VisibleBoard, visible_board, visible_boards
from podium.submissions.actions import withdraw
from podium.submissions.models import Part, Submission
from podium.teams.models import Team
from tests.site import factories
from tests.site.standings.conftest import Scored
from tests.site.standings.entrants import reveal_now
from tests.site.standings.test_reveal import Teams


@pytest.fixture
def contest(challenge: Challenge, teams: Teams, scored: Scored) -> list[Team]:
    """Two teams and a baseline on four boards; some have moved since two hours ago."""
    slugs = ("both", "one", "left", "none")
    both, one, left, _ = (factories.make_task(challenge, "matching", slug) for slug in slugs)
    ann, ben = teams("Ann Ben")
    reference = factories.make_team(challenge, "Reference", baseline="autogluon")
    for task in (both, one, left):
        scored(ann, task, 0.5, private=0.3, minutes_ago=200)
        scored(reference, task, 0.6, private=0.6, minutes_ago=200)
    scored(ben, both, 0.4, private=0.9, minutes_ago=200)
    ago = timezone.now() - timedelta(hours=2)
    Standing.objects.filter(valid_until=None).update(valid_from=ago)
    Standing.objects.exclude(valid_until=None).update(valid_from=ago, valid_until=ago)
    Revision.objects.update(at=ago)
    scored(ann, both, 0.7, private=0.2)
    scored(ben, one, 0.8)
    withdraw(submission=Submission.objects.get(team=ann, task=left), by=None)
    return [ann, ben, reference]


@pytest.mark.parametrize("when", ["open", "frozen", "revealed", "hidden again", "draft"])
def test_many_boards_are_each_as_read_alone(
    contest: list[Team], olga: User, viktor: User, charlie: User, when: str
) -> None:
    challenge = Challenge.objects.get()
    if when == "frozen":
        left = challenge.closes_at - timezone.now()
        Challenge.objects.update(freeze_hours=int(left.total_seconds() // 3600) + 1)
    elif when == "draft":
        later = [timezone.now() + timedelta(days=90 + n) for n in range(4)]
        names = ("opens_at", "team_freeze_at", "closes_at", "reveal_at")
        Challenge.objects.update(announced_at=None, **dict(zip(names, later, strict=True)))
    elif when in {"revealed", "hidden again"}:
        reveal_now(challenge)
        if when == "hidden again":
            Challenge.objects.update(reveal_at=timezone.now() + timedelta(days=1))
    people = {user.email.partition("@")[0]: user for user in User.objects.all()}
    assert people.keys() >= {"of-ann", "of-ben", "charlie", "olga", "viktor"}
    related = ("challenge", "track__challenge", "solution", "dataset_version")
    tasks = list(Task.objects.select_related(*related))
    assert len(tasks) == 4
    for who, part in product([None, *people], [None, Part.PUBLIC, Part.PRIVATE]):
        viewer = people[who] if who else AnonymousUser()
        boards = visible_boards(viewer, tasks, part=part)
        alone = {task.pk: visible_board(viewer, task, part=part) for task in tasks}
        assert boards == alone, (who, part)
        for board in boards.values():
            rows = {row.team.pk: row for row in board.rows}
            assert {team.pk: board.row(team.pk) for team in contest} == {
                team.pk: rows.get(team.pk) for team in contest
            }


def test_many_boards_take_as_many_queries_as_one(contest: list[Team], olga: User) -> None:
    tasks = list(Task.objects.select_related("challenge", "solution", "dataset_version"))
    reveal_now(tasks[0].challenge)
    with CaptureQueriesContext(connection) as one:
        visible_boards(olga, tasks[:1])
    with CaptureQueriesContext(connection) as many:
        visible_boards(olga, tasks)
    assert len(one) == len(many) <= 5


def test_of_no_task_there_is_no_board(db: None, olga: User) -> None:
    assert visible_boards(olga, []) == {}


@pytest.mark.parametrize(
    ("step", "ends", "studied", "shown"),
    [
        (0.02, [(0.1, 0.9)], {}, 2),  # displayed scores have the decimals of their step
        (None, [(0.8, 0.85)], {}, 3),  # a standard error of 0.013
        (None, [(0.8, 0.803)], {}, 5),
        (None, [(0.0, 1.0), (0.8, 0.85), (0.8, 0.84)], {}, 3),  # the median counts
        (None, [(None, None)], {0: {"low": 0.1, "high": 0.9}}, 2),  # a track's are in its study
        (None, [(None, None), (0.5, 0.5)], {}, 3),  # no noise is known
    ],
)
def test_unrounded_scores_have_the_decimals_that_the_noise_allows(
    step: float | None,
    ends: list[tuple[float | None, float | None]],
    studied: dict[int, Json],
    shown: int,
) -> None:
    rows = [
        BoardRow(
            *(BoardTeam(pk, str(pk), "", "", "", None, None, "c"), False, "", [], pk + 1, 0.8),
            *(low, high, 1, timezone.now(), None),
        )
        for pk, (low, high) in enumerate(ends)
    ]
    board = VisibleBoard("c", BoardTable.of(rows), step, study=studied)
    assert board.shown_decimals == shown
    assert board.decimals == (2 if step else 5)
