"""Teams that organizers merge, and how tests plan and carry out a merge."""

from typing import Any

import pytest

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
from podium.challenges.rulings import Ruling, carry_out, plan
from podium.standings.actions import on_evaluation_stored
from podium.submissions.team_rulings import ACTS
from podium.teams.models import Team
from tests.site import factories


@pytest.fixture
def beta(challenge: Challenge, charlie: User) -> Team:
    return factories.make_team(challenge, "Beta", charlie)


@pytest.fixture
def gamma(challenge: Challenge, db: None) -> Team:
    return factories.make_team(challenge, "Gamma", factories.make_user("gina"))


@pytest.fixture
def ranked(team: Team, beta: Team, gamma: Team, matching_task: Task) -> Task:
    """Beta leads Gamma, who leads Alpha."""
    trivial = factories.make_team(team.challenge, "Trivial", baseline="trivial")
    for each, score in ((trivial, 0.1), (team, 0.5), (beta, 0.8), (gamma, 0.6)):
        row = factories.make_submission(each, matching_task)
        on_evaluation_stored(factories.make_evaluation(row, public=score, private=score))
    return matching_task


def planned(team: Team, into: Team) -> Ruling[Team]:
    return plan(ACTS, "merge", into.challenge, {team.pk}, into)


def done(ruling: Ruling[Team], by: User, **answers: Any) -> Ruling[Team]:
    (team,) = ruling.fit
    asked = {"into": ruling.other, "reason": "One lab.", **answers}
    read = ruling.fingerprint
    challenge = team.challenge
    return carry_out(ACTS, "merge", challenge, {team.pk}, fingerprint=read, answers=asked, by=by)
