"""The entry rule of a challenge: single sign-on, admitted addresses, each person once."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from podium.accounts import tokens
from podium.accounts.models import Scope, User
from podium.challenges.models import Challenge, Task
from podium.refusals import Refused
from podium.teams import actions, merging
from podium.teams.deleting import delete_account
from podium.teams.models import Membership, MergeProposal, Team
from tests.site.factories import make_submission, make_team, make_user

AsUser = Callable[[User | None], Client]


@pytest.fixture(autouse=True)
def _single_sign_on(settings: Settings) -> None:
    settings.OIDC_URL, settings.OIDC_NAME = "https://login.example.org", "Lab login"


def _confirm(user: User, email: str = "", *, verified: bool = True) -> EmailAddress:
    row: EmailAddress = EmailAddress.objects.create(
        user=user, email=email or user.email, verified=verified
    )
    return row


def _connect(user: User, uid: str) -> None:
    SocialAccount.objects.create(user=user, provider="sso", uid=uid)


def _require(challenge: Challenge, *addresses: str, single_sign_on: bool = False) -> None:
    challenge.entry_addresses, challenge.entry_single_sign_on = list(addresses), single_sign_on
    challenge.save()


def _refusal(call: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    assert caught.value.code == "not_admitted"
    assert caught.value.message.endswith(".")
    return caught.value.message


def _refused_everywhere(challenge: Challenge, user: User) -> str:
    """Return the one reason for which the user neither makes nor joins a team, nor uploads."""
    team = make_team(challenge, "Inside", make_user("inside"))
    _, token = actions.invite(team=team, by=team.captain)
    found = {
        _refusal(actions.create_team, challenge=challenge, name="New", by=user),
        _refusal(actions.ensure_team, user, challenge),
        _refusal(actions.join, token=token, by=user),
    }
    assert not user.memberships.exists()
    (reason,) = found
    return reason


def test_by_default_everybody_enters(challenge: Challenge, alice: User) -> None:
    actions.create_team(challenge=challenge, name="Alpha", by=alice)
    assert alice.memberships.get().entered_by == ""


@pytest.mark.parametrize("admitted", ["alice@example.org", "@example.org"])
def test_a_confirmed_address_on_the_list_enters(
    challenge: Challenge, alice: User, admitted: str
) -> None:
    _require(challenge, "@uni.example", admitted)
    _confirm(alice)
    team = actions.create_team(challenge=challenge, name="Alpha", by=alice)
    bob = make_user("bob")
    _confirm(bob, "bob@uni.example")  # not the one that he signs in with
    _, token = actions.invite(team=team, by=alice)
    assert actions.join(token=token, by=bob) == team


@pytest.mark.parametrize(
    "email", ["alice@uni.example.evil.org", "alice@sub.uni.example", "alice@notuni.example"]
)
def test_another_domain_is_refused_with_what_to_do(
    challenge: Challenge, alice: User, email: str
) -> None:
    _require(challenge, "@uni.example", "@lab.example", "jane@example.org")
    _confirm(alice, email)
    reason = _refused_everywhere(challenge, alice)
    assert "confirmed e-mail address at uni.example or at lab.example or that the" in reason
    assert "ask the organizers to invite yours" in reason
    assert "jane" not in reason


def test_an_address_that_is_not_confirmed_is_refused_with_what_to_do(
    challenge: Challenge, alice: User
) -> None:
    _require(challenge, "alice@example.org")
    assert "Confirm your address alice@example.org first" in _refused_everywhere(challenge, alice)
    address = _confirm(alice, verified=False)
    message = _refusal(actions.create_team, challenge=challenge, name="New", by=alice)
    assert "Confirm your address alice@example.org first" in message
    address.verified = True
    address.save()
    assert actions.create_team(challenge=challenge, name="New", by=alice)


def test_a_confirmed_address_of_somebody_else_lets_nobody_in(
    challenge: Challenge, alice: User, bob: User
) -> None:
    _require(challenge, bob.email)
    _confirm(bob)
    _confirm(alice)
    assert "ask the organizers" in _refused_everywhere(challenge, alice)


def test_without_single_sign_on_a_person_is_refused_with_what_to_do(
    challenge: Challenge, alice: User
) -> None:
    _require(challenge, single_sign_on=True)
    _confirm(alice)
    reason = _refused_everywhere(challenge, alice)
    assert reason.startswith("To take part you must sign in by Lab login.")
    assert "connect Lab login, then try again" in reason
    _connect(alice, "17")
    assert actions.create_team(challenge=challenge, name="Alpha", by=alice)


def test_both_are_needed_where_both_are_asked_for(challenge: Challenge, alice: User) -> None:
    _require(challenge, "@uni.example", single_sign_on=True)
    _connect(alice, "17")
    assert "sign in by Lab login and have a confirmed" in _refused_everywhere(challenge, alice)
    _confirm(alice, "alice@uni.example")
    assert actions.create_team(challenge=challenge, name="Alpha", by=alice)


# One person, one entry ---------------------------------------------------------------------------


def test_one_address_admits_one_account_although_it_moves_on(
    challenge: Challenge, alice: User, bob: User, charlie: User
) -> None:
    _require(challenge, "@uni.example")
    address = _confirm(alice, "jane@uni.example")
    actions.create_team(challenge=challenge, name="Alpha", by=alice)
    address.delete()
    _confirm(bob, "jane@uni.example")
    _confirm(charlie, "jane+2@uni.example")  # whose mails arrive at the same mailbox
    for user in (bob, charlie):
        message = _refusal(actions.create_team, challenge=challenge, name="Beta", by=user)
        assert "Another account entered this challenge with your address" in message
    _confirm(bob, "bob@uni.example")
    assert actions.create_team(challenge=challenge, name="Beta", by=bob)


def test_one_account_of_the_provider_admits_one_account_here(
    challenge: Challenge, alice: User, bob: User
) -> None:
    _require(challenge, single_sign_on=True)
    _connect(alice, "17")
    actions.create_team(challenge=challenge, name="Alpha", by=alice)
    SocialAccount.objects.update(user=bob)
    assert "Another account" in _refusal(
        actions.create_team, challenge=challenge, name="Beta", by=bob
    )


def test_leaving_frees_an_address_and_deleting_an_account_that_submitted_does_not(
    challenge: Challenge, matching_task: Task, alice: User, bob: User
) -> None:
    _require(challenge, "jane@uni.example")
    address = _confirm(alice, "jane@uni.example")
    actions.leave(team=actions.create_team(challenge=challenge, name="Alpha", by=alice), by=alice)
    team = actions.create_team(challenge=challenge, name="Alpha", by=alice)
    make_submission(team, matching_task)
    address.delete()
    delete_account(by=alice)
    _confirm(bob, "jane@uni.example")
    assert "Another account" in _refusal(
        actions.create_team, challenge=challenge, name="Beta", by=bob
    )


def test_what_is_stored_of_the_address_does_not_tell_it(challenge: Challenge, alice: User) -> None:
    _require(challenge, "@example.org")
    _confirm(alice)
    actions.create_team(challenge=challenge, name="Alpha", by=alice)
    entered_by = Membership.objects.get().entered_by
    assert len(entered_by) == 32
    assert "alice" not in entered_by


# People who are in ---------------------------------------------------------------------------


def test_members_stay_when_the_rule_becomes_stricter(
    team: Team, matching_task: Task, alice: User
) -> None:
    _require(team.challenge, "@uni.example")
    assert actions.ensure_team(alice, team.challenge) == team
    Membership.objects.get(user=alice).full_clean()


@pytest.mark.parametrize("who", ["surviving", "absorbed"])
def test_teams_merge_only_if_all_members_could_enter(team: Team, alice: User, who: str) -> None:
    dora = make_user("dora")
    beta = make_team(team.challenge, "Beta", dora)
    _require(team.challenge, "@uni.example")
    for row in Membership.objects.select_related("user"):
        if (row.team == beta) == (who == "surviving"):
            _confirm(row.user, f"{row.user.name.lower()}@uni.example")
    proposal = merging.propose(team=team, other=beta, by=alice)
    with pytest.raises(Refused, match="A member of these teams does not meet that"):
        merging.accept(proposal=proposal, by=dora)
    for row in Membership.objects.select_related("user"):
        if not EmailAddress.objects.filter(user=row.user).exists():
            _confirm(row.user, f"{row.user.name.lower()}@uni.example")
    assert merging.accept(proposal=proposal, by=dora) == team
    assert not MergeProposal.objects.still_open().exists()


# By page and API ---------------------------------------------------------------------------------

RULES = {
    "address": ({"entry_addresses": ["@uni.example"]}, "at uni.example"),
    "unconfirmed": ({"entry_addresses": ["alice@example.org"]}, "Confirm your address"),
    "sign-on": ({"entry_single_sign_on": True}, "connect Lab login, then try again"),
}


@pytest.mark.parametrize("rule", RULES)
def test_pages_and_api_refuse_alike(
    challenge: Challenge, matching_task: Task, alice: User, as_user: AsUser, rule: str
) -> None:
    fields, reason = RULES[rule]
    Challenge.objects.update(rules="", **fields)
    team = make_team(challenge, "Inside", make_user("inside"))
    _, join = actions.invite(team=team, by=team.captain)
    page, file = as_user(alice), "id,score\n"
    assert reason in page.get(reverse("my-team", args=["cup"])).content.decode()
    sent = {"file": ContentFile(file, "x.csv")}
    for answer in (
        page.post(reverse("team-create", args=["cup"]), {"name": "Alpha"}),
        page.post(reverse("join", args=[join]), follow=True),
        page.post(reverse("submit", args=["cup", matching_task.slug]), sent),
    ):
        assert reason in answer.content.decode()
    token = tokens.make(user=alice, name="tests", scopes=Scope.values, days=30)[1]
    api = Client(headers={"Authorization": f"Bearer {token}"})
    root = "/api/v1/challenges/cup"
    for path, body in (
        (f"{root}/team", {"name": "Alpha"}),
        ("/api/v1/teams/join", {"token": join}),
    ):
        found = api.post(path, body, content_type="application/json").json()
        assert (found["status"], found["code"]) == (409, "not_admitted"), found
        assert reason in found["detail"]
    sent = {"file": ContentFile(file, "x.csv")}
    found = api.post(f"{root}/tasks/{matching_task.slug}/submissions", sent).json()
    assert (found["status"], found["code"]) == (409, "not_admitted")
    assert not alice.memberships.exists()


def test_the_page_and_the_api_of_the_challenge_say_it_without_naming_people(
    challenge: Challenge, as_user: AsUser
) -> None:
    anonymous = as_user(None)
    assert anonymous.get("/api/v1/challenges/cup").json()["entry"] == ""
    _require(challenge, "@uni.example", "jane@example.org", single_sign_on=True)
    note = (
        "To take part you must sign in by Lab login and have a confirmed e-mail address "
        "at uni.example or that the organizers invited."
    )
    assert anonymous.get("/api/v1/challenges/cup").json()["entry"] == note
    page = anonymous.get("/c/cup/").content.decode()
    assert note in page
    assert "jane" not in page
