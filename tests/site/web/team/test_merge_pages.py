"""The pages on which two teams become one, and where a captain answers about research."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
from podium.refusals import Refused
from podium.submissions.models import Quota
from podium.teams import actions, merging
from podium.teams.models import MergeProposal, ResearchUse, RulesAcceptance, Team
from tests.site.factories import make_challenge, make_team, make_user

AsUser = Callable[[User | None], Client]


@pytest.fixture
def beta(team: Team, charlie: User) -> Team:
    return make_team(team.challenge, "Beta", charlie, make_user("dora"))


@pytest.fixture
def proposal(team: Team, beta: Team, alice: User) -> MergeProposal:
    """Alpha's captain proposes that Beta becomes part of Alpha."""
    return merging.propose(team=team, other=beta, by=alice)


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def _merge(proposal: MergeProposal, verb: str = "") -> str:
    name = f"merge-{verb}" if verb else "merge"
    return reverse(name, args=[proposal.surviving.challenge.slug, proposal.pk])


def test_a_captain_proposes_from_the_team_page_and_both_teams_see_it(
    team: Team, beta: Team, alice: User, bob: User, charlie: User, as_user: AsUser
) -> None:
    page = as_user(alice).get("/c/cup/team/")
    assert "Propose to another team" in _text(page)
    assert "Propose to another team" not in _text(as_user(bob).get("/c/cup/team/"))
    answer = as_user(alice).post("/c/cup/team/merges/", {"other": beta.pk}, follow=True)
    assert "We mailed your proposal to the captain of Beta" in _text(answer)
    assert "Proposed to Beta" in _text(answer)
    assert "Alpha proposes that your team" in _text(as_user(charlie).get("/c/cup/team/"))


def test_a_refused_proposal_says_why_and_keeps_the_choice(
    team: Team, beta: Team, alice: User, as_user: AsUser
) -> None:
    Challenge.objects.update(max_team_size=3)
    answer = as_user(alice).post("/c/cup/team/merges/", {"other": beta.pk})
    assert answer.status_code == 422
    assert "Together you would be 4 members." in _text(answer)
    assert f'value="{beta.pk}" selected' in _text(answer)


def test_a_team_of_another_challenge_cannot_be_chosen(
    team: Team, alice: User, as_user: AsUser
) -> None:
    other = make_team(make_challenge("other"), "Elsewhere", make_user("else"))
    answer = as_user(alice).post("/c/cup/team/merges/", {"other": other.pk})
    assert answer.status_code == 422
    assert "Elsewhere" not in _text(answer)


@pytest.mark.parametrize(
    ("who", "offered"),
    [
        ("alice", {"withdraw"}),
        ("bob", set()),
        ("charlie", {"accept", "decline"}),
        ("olga", None),
        ("sam", None),
    ],
)
def test_each_reader_is_offered_what_they_may_do(
    proposal: MergeProposal,
    as_user: AsUser,
    who: str,
    offered: set[str] | None,
    request: pytest.FixtureRequest,
) -> None:
    answer = as_user(request.getfixturevalue(who)).get(_merge(proposal))
    if offered is None:
        assert answer.status_code == 404
        return
    verbs = {"accept", "decline", "withdraw"}
    assert {verb for verb in verbs if _merge(proposal, verb) in _text(answer)} == offered
    assert "It cannot be undone." in _text(answer)


def test_a_captain_of_a_third_team_does_not_find_the_proposal(
    proposal: MergeProposal, as_user: AsUser
) -> None:
    emil = make_user("emil")
    make_team(proposal.surviving.challenge, "Gamma", emil)
    for verb in ("", "accept"):
        method = as_user(emil).post if verb else as_user(emil).get
        assert method(_merge(proposal, verb)).status_code == 404


def test_only_who_was_asked_reads_that_attempts_are_in_the_way(
    proposal: MergeProposal,
    team: Team,
    beta: Team,
    alice: User,
    charlie: User,
    matching_task: Task,
    as_user: AsUser,
) -> None:
    for each in (team, beta):
        Quota.objects.create(team=each, task=matching_task, day=date(2026, 3, 1), used=3)
    assert "together used 6 submissions" not in _text(as_user(alice).get(_merge(proposal)))
    html = _text(as_user(charlie).get(_merge(proposal)))
    assert "together used 6 submissions" in html
    assert _merge(proposal, "accept") not in html
    answer = as_user(charlie).post(_merge(proposal, "accept"), follow=True)
    assert "They cannot merge." in _text(answer)
    beta.refresh_from_db()
    assert not beta.is_merged


def test_an_accepted_proposal_leads_to_the_one_team_and_the_old_page_says_so(
    proposal: MergeProposal, beta: Team, charlie: User, as_user: AsUser
) -> None:
    answer = as_user(charlie).post(_merge(proposal, "accept"), follow=True)
    assert "You are one team now." in _text(answer)
    assert "<h1>Alpha</h1>" in _text(answer)
    assert "You are one team." in _text(as_user(charlie).get(_merge(proposal)))
    public = as_user(None).get("/c/cup/teams/beta/")
    assert 'became part of <a href="/c/cup/teams/alpha/">Alpha</a>' in _text(public)


@pytest.mark.parametrize(("who", "verb"), [("charlie", "decline"), ("alice", "withdraw")])
def test_a_proposal_that_is_over_says_so(
    proposal: MergeProposal,
    as_user: AsUser,
    who: str,
    verb: str,
    request: pytest.FixtureRequest,
) -> None:
    client = as_user(request.getfixturevalue(who))
    assert client.post(_merge(proposal, verb)).headers["Location"] == "/c/cup/team/"
    html = _text(client.get(_merge(proposal)))
    assert "Nothing has changed." in html
    assert _merge(proposal, "accept") not in html


# Research --------------------------------------------------------------------------------------


def test_the_captain_answers_about_research_and_members_read_it(
    team: Team, alice: User, bob: User, as_user: AsUser
) -> None:
    assert "Your captain has not answered." in _text(as_user(bob).get("/c/cup/team/"))
    for answer in ("no", "yes"):
        sent = as_user(alice).post("/c/cup/team/research/", {"answer": answer})
        assert sent.status_code == 302
        assert f"Your captain answered {answer}." in _text(as_user(bob).get("/c/cup/team/"))
    team.refresh_from_db()
    assert team.research_use == ResearchUse.YES


def test_a_member_does_not_answer_and_no_answer_is_none(
    team: Team, alice: User, bob: User, as_user: AsUser
) -> None:
    refused = as_user(bob).post("/c/cup/team/research/", {"answer": "yes"})
    assert refused.status_code == 422
    assert "captain may do this." in _text(refused)
    assert as_user(alice).post("/c/cup/team/research/", {"answer": "maybe"}).status_code == 422
    with pytest.raises(Refused):
        actions.say_research_use(team=team, answer="maybe", by=alice)
    team.refresh_from_db()
    assert team.research_use == ResearchUse.UNSAID


# Rules that change while they are read -----------------------------------------------------------


def test_rules_that_changed_while_they_were_read_are_asked_for_anew(
    challenge: Challenge, charlie: User, as_user: AsUser
) -> None:
    read = challenge.rules_hash
    assert f'name="rules_version" value="{read}"' in _text(as_user(charlie).get("/c/cup/team/"))
    challenge.rules = "Be fairer."
    challenge.save()
    form = {"name": "Gamma", "accept_rules": "on", "rules_version": read}
    answer = as_user(charlie).post("/c/cup/team/create/", form)
    assert answer.status_code == 422
    html = _text(answer)
    assert "The rules changed while you read them: version" in html
    assert f'name="rules_version" value="{challenge.rules_hash}"' in html
    assert "checked" not in html
    assert not RulesAcceptance.objects.exists()
    assert not Team.objects.exists()
    form["rules_version"] = challenge.rules_hash
    assert as_user(charlie).post("/c/cup/team/create/", form).status_code == 302
    assert RulesAcceptance.objects.get().rules_hash == challenge.rules_hash


def test_joining_asks_anew_too(team: Team, alice: User, charlie: User, as_user: AsUser) -> None:
    _, token = actions.invite(team=team, by=alice)
    form = {"accept_rules": "on", "rules_version": team.challenge.rules_hash}
    Challenge.objects.update(rules="Be fairer.")
    answer = as_user(charlie).post(f"/join/{token}/", form)
    assert "The rules changed while you read them: version" in _text(answer)
    assert actions.team_of(charlie, team.challenge) is None
