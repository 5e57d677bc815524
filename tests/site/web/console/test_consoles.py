"""The page of all challenges that somebody organizes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from podium.accounts.models import User
from podium.challenges.models import Challenge, Role
from podium.submissions.models import State
from tests.site.factories import (
    make_challenge,
    make_organizer,
    make_submission,
    make_task,
    make_team,
    make_user,
)

AsUser = Callable[[User | None], Client]


def page(client: Client) -> str:
    answer = client.get("/console/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_organizer_sees_the_challenges_of_every_role_with_what_waits(
    challenge: Challenge, olga: User, as_user: AsUser
) -> None:
    other, foreign = make_challenge("second"), make_challenge("foreign")
    make_organizer(other, olga, Role.VIEWER)
    team = make_team(other, "Beta", make_user("beta"))
    task = make_task(other, "matching")
    for state in (State.QUEUED, State.QUEUED, State.FAILED, State.SCORED):
        make_submission(team, task, state)
    html = page(as_user(olga))
    assert f"/c/{challenge.slug}/console/" in html
    assert "/c/second/console/" in html
    assert f"/c/{foreign.slug}/console/" not in html
    cells = ["owner", "viewer", 'Queue">2<', 'Failed">1<', 'Queue">0<', 'Failed">0<']
    assert [cell in html for cell in cells] == [True] * len(cells)


def test_it_names_the_next_date(challenge: Challenge, olga: User, as_user: AsUser) -> None:
    for before, event in (
        (challenge.team_freeze_at, "teams are fixed"),
        (challenge.closes_at, "closes"),
        (challenge.reveal_at, "reveal"),
    ):
        with time_machine.travel(before - timedelta(minutes=1)):
            assert f'"Next date">{event}\n' in page(as_user(olga))
    with time_machine.travel(challenge.reveal_at + timedelta(minutes=1)):
        assert 'Next date">none<' in page(as_user(olga))


@pytest.mark.parametrize("who", ["alice", "charlie"])
def test_nobody_else_hears_of_it(
    challenge: Challenge, request: pytest.FixtureRequest, as_user: AsUser, who: str
) -> None:
    assert as_user(request.getfixturevalue(who)).get("/console/").status_code == 404


def test_a_visitor_is_asked_to_sign_in(challenge: Challenge, as_user: AsUser) -> None:
    assert as_user(None).get("/console/").status_code == 302


def test_many_challenges_take_as_many_queries_as_one(
    challenge: Challenge,
    olga: User,
    as_user: AsUser,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = as_user(olga)
    for number in range(8):
        make_organizer(make_challenge(f"more-{number}"), olga, Role.MANAGER)
    with django_assert_max_num_queries(8):
        client.get("/console/")
