"""The pages on which organizers merge one team into another."""

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from podium.accounts.models import User
from podium.challenges.models import Task
from podium.challenges.rulings import plan
from podium.refusals import Refused
from podium.submissions.team_rulings import ACTS
from podium.teams import actions
from podium.teams.models import Team
from tests.site import factories
from tests.site.submissions.merges import beta, gamma, planned, ranked

__all__ = ["beta", "gamma", "ranked"]

AsUser = Callable[[User | None], Client]
URL = reverse("console-rule", args=["cup", "teams"])


def fingerprint(page: str) -> str:
    return page.partition('name="fingerprint" value="')[2].partition('"')[0]


def test_the_console_asks_for_the_team_then_shows_the_plan_then_merges(
    ranked: Task, as_user: AsUser, olga: User, team: Team, beta: Team
) -> None:
    console = as_user(olga)
    form: dict[str, Any] = {"act": "merge", "pick": beta.pk}
    page = console.post(URL, form).content.decode()
    assert "Choose a team" in page
    assert "See what happens" in page
    assert (fingerprint(page), "Rank now" in page) == ("", False)
    form["into"] = team.pk
    answer = console.post(URL, form)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 200
    assert "Charlie moves from Beta to Alpha" in page
    assert "This cannot be undone." in page
    assert "2 teams." in page
    assert "Rank now" in page
    beta.refresh_from_db()
    assert not beta.is_merged
    form["fingerprint"] = fingerprint(page)
    answer = console.post(URL, form)
    assert answer.status_code == 422
    assert "Give a reason" in answer.content.decode()
    page = console.post(URL, {**form, "reason": "One lab."}, follow=True).content.decode()
    assert "1 team merged into another team." in page
    beta.refresh_from_db()
    assert beta.merged_into == team


def test_a_console_that_read_an_older_plan_reads_the_new_one(
    ranked: Task, as_user: AsUser, olga: User, team: Team, beta: Team
) -> None:
    form: dict[str, Any] = {"act": "merge", "pick": beta.pk, "into": team.pk}
    form["fingerprint"] = fingerprint(as_user(olga).post(URL, form).content.decode())
    factories.make_submission(team, ranked)
    answer = as_user(olga).post(URL, {**form, "reason": "One lab."})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Read again what would happen now" in page
    assert fingerprint(page) == planned(beta, team).fingerprint


def test_the_console_says_why_a_team_cannot_be_chosen(
    as_user: AsUser, olga: User, team: Team, beta: Team
) -> None:
    other = factories.make_team(
        factories.make_challenge("other"), "There", factories.make_user("z")
    )
    for into, says in (
        ("", "This field is required"),
        ("x", "Select a valid choice"),
        (other.pk, "Select a valid choice"),
        (beta.pk, "Choose another team than the one"),
    ):
        answer = as_user(olga).post(URL, {"act": "merge", "pick": beta.pk, "into": into})
        assert answer.status_code == 422
        assert says in answer.content.decode()
    actions.disqualify(team=team, reason="Cheated.", by=olga)
    page = as_user(olga).post(URL, {"act": "merge", "pick": beta.pk, "into": team.pk})
    assert "is disqualified. Choose another, or reinstate it first" in page.content.decode()
    page = as_user(olga).post(URL, {"act": "merge", "pick": team.pk})
    assert "There is nothing to do" in page.content.decode()


def test_one_team_merges_at_a_time(team: Team, beta: Team) -> None:
    with pytest.raises(Refused, match="Choose at most 1 team at a time"):
        plan(ACTS, "merge", team.challenge, {team.pk, beta.pk})
