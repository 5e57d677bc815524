"""The places of two entries on many boards are those that each board itself shows."""

from datetime import timedelta
from itertools import product

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from podium.accounts.models import User
from podium.boards.entries import shown_places
from podium.challenges.models import Challenge, Task
from podium.standings.models import Revision, Standing
from podium.standings.visible import visible_board
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
def test_it_shows_what_the_boards_show(
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
        seen = shown_places(viewer, tasks, contest, part)
        for task in tasks:
            board = visible_board(viewer, task, part=part)
            shown = {row.team.pk: (row.score, row.submission_id, row.is_mine) for row in board.rows}
            places = {
                pk: (each.score, each.submission_id, each.is_mine)
                for pk, each in seen[task.pk].places.items()
            }
            assert (seen[task.pk].part, places) == (board.part, shown), (who, part, task.slug)


def test_of_no_task_and_no_team_it_shows_nothing(contest: list[Team], olga: User) -> None:
    assert shown_places(olga, [], contest) == {}
    tasks = list(Task.objects.select_related("challenge"))
    assert not any(each.places for each in shown_places(olga, tasks, []).values())
