"""Owners look at private scores before the reveal, and each look is recorded."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Challenge, Task
from podium.standings.actions import on_evaluation_stored
from podium.standings.history import present_rows
from podium.standings.models import Board
from podium.standings.reveal import private_tables
from podium.submissions.models import Part
from podium.teams.models import Team
from tests.site import factories

AsUser = Callable[[User | None], Client]
PAGE = reverse("console-private", args=["cup"])


@pytest.fixture
def ranked(team: Team, matching_task: Task, charlie: User) -> Team:
    """Alpha leads in public and Beta in private; returns Beta."""
    beta = factories.make_team(team.challenge, "Beta", charlie)
    trivial = factories.make_team(team.challenge, "Trivial", baseline="trivial")
    for each, public, private in ((trivial, 0.1, 0.11), (team, 0.8, 0.61234), (beta, 0.6, 0.71234)):
        row = factories.make_submission(each, matching_task)
        on_evaluation_stored(factories.make_evaluation(row, public=public, private=private))
    return beta


def test_an_owner_is_asked_first_and_then_sees_them(
    ranked: Team, as_user: AsUser, olga: User, matching_task: Task
) -> None:
    page = as_user(olga).get(PAGE)
    assert "0.71234" not in page.content.decode()
    assert "Nobody has looked." in page.content.decode()
    assert not Event.objects.filter(verb="looked at private scores").exists()
    answer = as_user(olga).post(PAGE)
    shown = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert shown.index("0.71234") < shown.index("0.61234")
    assert str(matching_task) in shown
    event = Event.objects.get(verb="looked at private scores")
    assert (event.actor_id, event.facts) == (olga.pk, {})
    assert "Olga" in shown.partition("Looks so far")[2]
    assert not Board.objects.filter(part=Part.PRIVATE).exists()


@pytest.mark.parametrize(("who", "status"), [("viktor", 403), ("alice", 404), ("sam", 404)])
def test_nobody_else_does(
    ranked: Team, as_user: AsUser, who: str, status: int, request: pytest.FixtureRequest
) -> None:
    client = as_user(request.getfixturevalue(who))
    for answer in (client.get(PAGE), client.post(PAGE)):
        assert answer.status_code == status
        assert "0.71234" not in answer.content.decode()
    assert not Event.objects.filter(verb="looked at private scores").exists()


def test_they_are_what_the_reveal_makes(ranked: Team, matching_task: Task) -> None:
    before = [
        [(row.team.pk, row.rank, row.score) for row in table.rows("cup")]
        for _, table in private_tables(matching_task.track)
    ]
    past = timezone.now() - timedelta(days=1)
    Challenge.objects.update(team_freeze_at=past, closes_at=past, reveal_at=past)
    assert factories.reveal(Challenge.objects.get())
    after = [
        [(row.team.pk, row.rank, row.score) for row in present_rows(subject, Part.PRIVATE)]
        for subject in (matching_task.track, matching_task)
    ]
    assert before == after
    assert len(after[1]) == 3


def test_after_the_reveal_there_is_nothing_to_look_at(
    ranked: Team, as_user: AsUser, olga: User
) -> None:
    past = timezone.now() - timedelta(days=1)
    Challenge.objects.update(team_freeze_at=past, closes_at=past, reveal_at=past, revealed_at=past)
    answer = as_user(olga).post(PAGE, follow=True)
    assert "The private boards are public." in answer.content.decode()
    assert not Event.objects.filter(verb="looked at private scores").exists()
