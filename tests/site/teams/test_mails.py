"""How many mails a person can cause, and what the subjects of these mails may say."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from podium.accounts import tokens
from podium.accounts.models import Scope, User
from podium.audit.models import Event
from podium.challenges.models import Challenge
from podium.refusals import Refused
from podium.teams import actions, merging
from podium.teams.models import Team
from tests.site.factories import make_challenge, make_team, make_user

AsUser = Callable[[User | None], Client]
STRANGER = "stranger@example.com"


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    settings.INVITATION_MAILS_A_DAY, settings.INVITATION_MAILS_TO_ADDRESS_A_WEEK = 4, 2
    settings.MERGE_PROPOSALS_A_DAY = 2


def _refusal(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    assert caught.value.code == "too_often"
    return caught.value


def _invite(team: Team, by: User, email: str) -> None:
    """Invite and revoke, so that no invitation is open."""
    invitation, _ = actions.invite(team=team, by=by, email=email)
    actions.revoke_invitation(invitation=invitation, by=by)


@pytest.fixture
def in_days(db: None) -> Callable[[float], Any]:
    """A function that sets the clock forward."""
    return lambda days: patch.object(
        timezone, "now", return_value=timezone.now() + timedelta(days=days)
    )


# Invitations -----------------------------------------------------------------------------------


def test_a_person_mails_so_many_invitations_a_day(
    team: Team, alice: User, in_days: Callable[[float], Any]
) -> None:
    for number in range(4):
        _invite(team, alice, f"friend{number}@example.com")
    refused = _refusal(actions.invite, team=team, by=alice, email="friend5@example.com")
    assert "You can mail 4 invitations in 24 hours." in refused.message
    assert "Create a link without an address and send it yourself" in refused.message
    assert refused.retry_at is not None
    assert timedelta(hours=23) < refused.retry_at - timezone.now() <= timedelta(hours=24)
    assert actions.invite(team=team, by=alice)[1], "links are not mailed"
    with in_days(1.01):
        _invite(team, alice, "friend5@example.com")


def test_mailed_invitations_of_all_teams_count_also_of_deleted_ones(
    team: Team, alice: User
) -> None:
    for number in range(4):
        gone = actions.create_team(challenge=make_challenge(f"c{number}"), name="Gone", by=alice)
        _invite(gone, alice, f"friend{number}@example.com")
        actions.leave(team=gone, by=alice)
    assert not Team.objects.filter(name="Gone").exists()
    _refusal(actions.invite, team=team, by=alice, email="friend5@example.com")


def test_invitations_by_others_do_not_count(team: Team, alice: User, charlie: User) -> None:
    other = make_team(team.challenge, "Beta", charlie)
    for number in range(4):
        _invite(other, charlie, f"friend{number}@example.com")
    _invite(team, alice, "friend@example.com")


def test_an_address_gets_so_many_invitations_a_week_whoever_sends_them(
    team: Team, alice: User, charlie: User, in_days: Callable[[float], Any]
) -> None:
    other = make_team(make_challenge("other"), "Beta", charlie)
    _invite(team, alice, STRANGER)
    _invite(other, charlie, "Stranger@Example.com ")
    for sender, sends in ((alice, team), (charlie, other)):
        refused = _refusal(actions.invite, team=sends, by=sender, email=STRANGER)
        assert f"{STRANGER} has been mailed 2 invitations within a week." in refused.message
        assert "Create a link without an address and send it yourself" in refused.message
    _invite(team, alice, "somebody.else@example.com")
    with in_days(6.9):
        _refusal(actions.invite, team=team, by=alice, email=STRANGER)
    with in_days(7.01):
        _invite(team, alice, STRANGER)


def test_a_refused_invitation_sends_nothing_and_the_record_hides_the_address(
    team: Team,
    alice: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            _invite(team, alice, STRANGER)
        _refusal(actions.invite, team=team, by=alice, email=STRANGER)
    assert [mail.to for mail in mailoutbox] == [[STRANGER]] * 2
    assert team.invitations.count() == 2
    assert not any("stranger" in str(event.facts) for event in Event.objects.all())


def test_the_page_and_the_api_say_when_the_next_may_go_out(
    team: Team, alice: User, as_user: AsUser
) -> None:
    for _ in range(2):
        _invite(team, alice, STRANGER)
    address = reverse("team-invite", args=[team.challenge.slug])
    page = as_user(alice).post(address, {"email": STRANGER})
    assert page.status_code == 422
    assert "has been mailed 2 invitations within a week" in page.content.decode()
    _, token = tokens.make(user=alice, name="tests", scopes=[Scope.TEAM])
    answer = Client().post(
        f"/api/v1/challenges/{team.challenge.slug}/team/invitations",
        {"email": STRANGER},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (429, "too_often")
    assert answer.json()["retry_at"]


# Proposals to merge ----------------------------------------------------------------------------


def test_a_person_proposes_so_many_merges_a_day(
    team: Team, alice: User, charlie: User, in_days: Callable[[float], Any]
) -> None:
    other = make_team(team.challenge, "Beta", charlie)
    for _ in range(2):
        proposal = merging.propose(team=team, other=other, by=alice)
        merging.withdraw(proposal=proposal, by=alice)
    refused = _refusal(merging.propose, team=team, other=other, by=alice)
    assert "You can propose 2 merges in 24 hours." in refused.message
    assert merging.propose(team=other, other=team, by=charlie).pk, "others can"
    with in_days(1.01):
        assert merging.propose(team=team, other=other, by=alice).pk


def test_proposals_in_all_challenges_count(team: Team, alice: User, charlie: User) -> None:
    for challenge in (make_challenge("c1"), make_challenge("c2")):
        mine = make_team(challenge, "Mine", alice)
        other = make_team(challenge, "Theirs", make_user(challenge.slug))
        merging.propose(team=mine, other=other, by=alice)
    beta = make_team(team.challenge, "Beta", charlie)
    _refusal(merging.propose, team=team, other=beta, by=alice)


# Subjects --------------------------------------------------------------------------------------

BAIT = "sign in at evil.example/now"


def test_a_teams_name_makes_no_link_in_an_invitation(
    challenge: Challenge,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    eve = make_user("eve")
    User.objects.filter(pk=eve.pk).update(name="http://evil.example")
    eve.refresh_from_db()
    team = actions.create_team(challenge=challenge, name=BAIT, by=eve)
    with django_capture_on_commit_callbacks(execute=True):
        actions.invite(team=team, by=eve, email=STRANGER)
    (mail,) = mailoutbox
    assert mail.subject == "Podium: join the team sign in at evil example now"
    assert "evil.example" not in str(mail.body)


def test_a_teams_name_makes_no_link_in_a_proposal(
    team: Team,
    charlie: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    bait = actions.create_team(challenge=team.challenge, name=BAIT, by=charlie)
    with django_capture_on_commit_callbacks(execute=True):
        merging.propose(team=bait, other=team, by=charlie)
    (mail,) = mailoutbox
    assert mail.subject == "Podium: the team sign in at evil example now proposes to merge"
    assert "evil.example" not in str(mail.body)
