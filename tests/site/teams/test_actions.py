"""The verbs of teams: who may, when, and each way in which one is refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Challenge, Task
from podium.refusals import Refused
from podium.teams import actions
from podium.teams.models import Invitation, Membership, RulesAcceptance, Team, hash_token
from podium.teams.signals import team_standing_changed
from tests.site.factories import make_challenge, make_submission, make_team, make_user

pytestmark = pytest.mark.dialect


def _code(call: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """Return the code with which a verb refuses; the text must be a sentence."""
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    assert caught.value.message.endswith(".")
    return caught.value.code


def _freeze(challenge: Challenge) -> None:
    challenge.team_freeze_at = timezone.now() - timedelta(minutes=1)
    challenge.save()


def _close(challenge: Challenge) -> None:
    challenge.team_freeze_at = challenge.closes_at = timezone.now() - timedelta(minutes=1)
    challenge.save()


def _verbs(team: Team) -> list[str]:
    events = Event.objects.filter(subject=f"team:{team.pk}", challenge=team.challenge.slug)
    return list(events.values_list("verb", flat=True))


# Making ----------------------------------------------------------------------------------------


def test_a_new_team_has_its_maker_as_captain_and_only_member(
    challenge: Challenge, charlie: User
) -> None:
    team = actions.create_team(challenge=challenge, name="  Deep   Blue ", by=charlie)
    assert (team.name, team.slug, team.captain) == ("Deep Blue", "deep-blue", charlie)
    assert actions.team_of(charlie, challenge) == team
    assert _verbs(team) == ["created team"]


@pytest.mark.parametrize(
    "name",
    ["", "   ", "…!", "a\x00b", "tab\tbed", "zero\u200bwidth", "\u202eback", "x" * 61],
)
def test_a_bad_name_is_refused(challenge: Challenge, charlie: User, name: str) -> None:
    assert _code(actions.create_team, challenge=challenge, name=name, by=charlie) == "bad_name"
    assert not Team.objects.exists()


def test_names_of_baselines_are_not_for_teams(challenge: Challenge, charlie: User) -> None:
    call = {"challenge": challenge, "name": "Baseline AutoGluon", "by": charlie}
    assert _code(actions.create_team, **call) == "bad_name"


@pytest.mark.parametrize("name", ["ALPHA", "alpha", "ａｌｐｈａ", " Alpha "])
def test_a_name_in_use_is_refused_in_any_spelling(team: Team, charlie: User, name: str) -> None:
    call = {"challenge": team.challenge, "name": name, "by": charlie}
    assert _code(actions.create_team, **call) == "name_taken"


def test_a_name_beyond_ascii_is_compared_without_case(team: Team, charlie: User) -> None:
    Team.objects.filter(pk=team.pk).update(name="Äpfel")
    call = {"challenge": team.challenge, "name": "äPFEL", "by": charlie}
    assert _code(actions.create_team, **call) == "name_taken"


def test_the_same_name_is_free_in_another_challenge(team: Team, charlie: User) -> None:
    other = make_challenge("other")
    assert actions.create_team(challenge=other, name=team.name, by=charlie).slug == "alpha"


def test_names_that_look_alike_in_an_address_get_different_addresses(
    challenge: Challenge, charlie: User, alice: User
) -> None:
    first = actions.create_team(challenge=challenge, name="A b", by=charlie)
    second = actions.create_team(challenge=challenge, name="A-b", by=alice)
    third = actions.create_team(challenge=challenge, name="名", by=make_user("dora"))
    assert [first.slug, second.slug, third.slug] == ["a-b", "a-b-2", "team"]


def test_a_member_makes_no_second_team(team: Team, bob: User) -> None:
    call = {"challenge": team.challenge, "name": "Beta", "by": bob}
    assert _code(actions.create_team, **call) == "other_team"


def test_an_organizer_makes_no_team_and_gets_none(
    challenge: Challenge, olga: User, viktor: User
) -> None:
    for user in (olga, viktor):
        call = {"challenge": challenge, "name": "Beta", "by": user}
        assert _code(actions.create_team, **call) == "organizer"
        assert _code(actions.ensure_team, user, challenge) == "organizer"


def test_no_team_is_made_while_teams_stand_still(challenge: Challenge, charlie: User) -> None:
    call = {"challenge": challenge, "name": "Beta", "by": charlie}
    _freeze(challenge)
    assert _code(actions.create_team, **call) == "teams_stand_still"
    _close(challenge)
    assert _code(actions.create_team, **call) == "teams_stand_still"


def test_no_team_is_made_in_a_draft_and_one_is_once_announced(charlie: User) -> None:
    later = timezone.now() + timedelta(days=1)
    challenge = make_challenge("soon", announced_at=None, opens_at=later)
    call: dict[str, Any] = {"challenge": challenge, "name": "Beta", "by": charlie}
    assert _code(actions.create_team, **call) == "teams_stand_still"
    challenge.announced_at = timezone.now()
    challenge.save()
    assert actions.create_team(**call).pk


def test_two_teams_of_one_person_at_once_are_refused_by_the_database(
    team: Team, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "team_of", lambda user, challenge: None)
    call = {"challenge": team.challenge, "name": "Beta", "by": bob}
    assert _code(actions.create_team, **call) == "other_team"
    assert Team.objects.count() == 1


def test_a_name_taken_since_we_looked_is_refused(
    team: Team, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "refuse_taken", lambda challenge, name, except_team=None: None)
    call = {"challenge": team.challenge, "name": "alpha", "by": charlie}
    assert _code(actions.create_team, **call) == "name_taken"


# A team of one ---------------------------------------------------------------------------------


def test_a_first_upload_makes_a_team_of_one(challenge: Challenge, charlie: User) -> None:
    team = actions.ensure_team(charlie, challenge)
    assert (team.name, team.captain) == ("Charlie", charlie)
    assert actions.ensure_team(charlie, challenge) == team


def test_a_member_keeps_their_team(team: Team, bob: User) -> None:
    assert actions.ensure_team(bob, team.challenge) == team


def test_namesakes_get_numbered_teams(challenge: Challenge, charlie: User) -> None:
    actions.ensure_team(charlie, challenge)
    namesake = make_user("charlie2")
    namesake.name = "CHARLIE"
    assert actions.ensure_team(namesake, challenge).name == "CHARLIE 2"


def test_a_name_that_cannot_be_a_teams_gives_a_plain_one(
    challenge: Challenge, charlie: User
) -> None:
    charlie.name = "\u202e"
    assert actions.ensure_team(charlie, challenge).name == f"Team of {charlie.pk}"


def test_a_team_of_one_is_made_after_the_team_freeze_but_not_after_the_close(
    challenge: Challenge, charlie: User, bob: User
) -> None:
    _freeze(challenge)
    assert actions.ensure_team(charlie, challenge)
    _close(challenge)
    assert _code(actions.ensure_team, bob, challenge) == "not_open"


def test_an_upload_that_began_before_the_close_still_gets_its_team(
    challenge: Challenge, charlie: User
) -> None:
    _close(challenge)
    began = challenge.closes_at - timedelta(seconds=1)
    assert actions.ensure_team(charlie, challenge, began)


# Inviting and joining --------------------------------------------------------------------------


def test_a_link_lets_anybody_join_and_only_its_hash_is_stored(
    team: Team, alice: User, charlie: User
) -> None:
    invitation, token = actions.invite(team=team, by=alice)
    assert invitation.token_hash == hash_token(token)
    assert token not in str(Invitation.objects.values()) + str(list(Event.objects.values()))
    assert actions.join(token=token, by=charlie) == team
    assert team.memberships.count() == 3
    assert _verbs(team) == ["joined team", "invited to team"]


def test_joining_twice_changes_nothing(team: Team, alice: User, bob: User) -> None:
    _, token = actions.invite(team=team, by=alice)
    assert actions.join(token=token, by=bob) == team
    assert team.memberships.count() == 2


def test_an_invitation_by_mail_is_sent_after_the_commit(
    team: Team,
    alice: User,
    charlie: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        _, token = actions.invite(team=team, by=alice, email="Charlie@Example.org")
        assert not mailoutbox
    (mail,) = mailoutbox
    assert mail.to == ["charlie@example.org"]
    assert f"/join/{token}/" in str(mail.body)
    assert actions.join(token=token, by=charlie) == team


def test_an_invitation_by_mail_is_for_its_address_alone_and_once(
    team: Team, alice: User, charlie: User
) -> None:
    _, token = actions.invite(team=team, by=alice, email="charlie@example.org")
    assert _code(actions.join, token=token, by=make_user("dora")) == "other_address"
    actions.join(token=token, by=charlie)
    actions.remove_member(team=team, user=charlie, by=alice)
    assert _code(actions.join, token=token, by=charlie) == "over"


@pytest.mark.parametrize("email", ["", "charlie@example.org"])
def test_who_is_in_the_team_is_answered_the_same_again_whatever_became_of_the_link(
    team: Team, alice: User, charlie: User, email: str
) -> None:
    invitation, token = actions.invite(team=team, by=alice, email=email)
    assert actions.join(token=token, by=charlie) == team
    assert actions.join(token=token, by=charlie) == team
    Invitation.objects.filter(pk=invitation.pk).update(
        revoked_at=timezone.now(), expires_at=timezone.now()
    )
    assert actions.join(token=token, by=charlie) == team
    assert _verbs(team).count("joined team") == 1
    assert _code(actions.join, token=token, by=make_user("dora")) == "over"
    assert _code(actions.find_invitation, token=token) == "over"


def test_in_production_the_invited_address_must_be_verified(
    team: Team, alice: User, charlie: User, settings: Settings
) -> None:
    settings.PRODUCTION = True
    _, token = actions.invite(team=team, by=alice, email=charlie.email)
    address = EmailAddress.objects.create(user=charlie, email=charlie.email, verified=False)
    assert _code(actions.join, token=token, by=charlie) == "other_address"
    address.verified = True
    address.save()
    assert actions.join(token=token, by=charlie) == team


def test_only_the_captain_invites(team: Team, bob: User, charlie: User, olga: User) -> None:
    for user in (bob, charlie, olga):
        assert _code(actions.invite, team=team, by=user) == "not_captain"


@pytest.mark.parametrize(
    ("email", "code"), [("nobody", "bad_email"), ("BOB@example.org", "already_member")]
)
def test_a_bad_address_is_refused(team: Team, alice: User, email: str, code: str) -> None:
    assert _code(actions.invite, team=team, by=alice, email=email) == code


def test_open_invitations_are_limited_in_number(team: Team, alice: User) -> None:
    for _ in range(actions.MAX_OPEN_INVITATIONS):
        invitation, _token = actions.invite(team=team, by=alice)
    assert _code(actions.invite, team=team, by=alice) == "too_many"
    actions.revoke_invitation(invitation=invitation, by=alice)
    assert actions.invite(team=team, by=alice)


def test_an_unknown_a_revoked_and_an_expired_link_are_refused(
    team: Team, alice: User, charlie: User
) -> None:
    assert _code(actions.join, token="guess", by=charlie) == "unknown"
    invitation, token = actions.invite(team=team, by=alice)
    actions.revoke_invitation(invitation=invitation, by=alice)
    assert _code(actions.join, token=token, by=charlie) == "over"
    invitation, token = actions.invite(team=team, by=alice)
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now())
    assert _code(actions.join, token=token, by=charlie) == "over"


def test_only_the_captain_revokes_and_a_second_time_changes_nothing(
    team: Team, alice: User, bob: User
) -> None:
    invitation, _ = actions.invite(team=team, by=alice)
    assert _code(actions.revoke_invitation, invitation=invitation, by=bob) == "not_captain"
    for _ in range(2):
        actions.revoke_invitation(invitation=invitation, by=alice)
    assert _verbs(team).count("revoked invitation") == 1


def test_an_organizer_and_a_member_of_another_team_do_not_join(
    team: Team, alice: User, olga: User, charlie: User
) -> None:
    _, token = actions.invite(team=team, by=alice)
    make_team(team.challenge, "Beta", charlie)
    assert _code(actions.join, token=token, by=olga) == "organizer"
    assert _code(actions.join, token=token, by=charlie) == "other_team"


def test_a_full_team_takes_nobody(team: Team, alice: User, charlie: User) -> None:
    _, token = actions.invite(team=team, by=alice)
    Challenge.objects.update(max_team_size=2)
    assert _code(actions.join, token=token, by=charlie) == "full"
    assert _code(actions.invite, team=team, by=alice) == "full"


def test_a_disqualified_team_does_not_change(
    team: Team, alice: User, bob: User, charlie: User, olga: User
) -> None:
    _, token = actions.invite(team=team, by=alice)
    actions.disqualify(team=team, reason="Shared labels.", by=olga)
    assert _code(actions.join, token=token, by=charlie) == "disqualified"
    assert _code(actions.invite, team=team, by=alice) == "disqualified"
    assert _code(actions.leave, team=team, by=bob) == "disqualified"
    assert _code(actions.remove_member, team=team, user=bob, by=alice) == "disqualified"


def test_nobody_enters_or_leaves_after_the_team_freeze(
    team: Team, alice: User, bob: User, charlie: User
) -> None:
    _, token = actions.invite(team=team, by=alice)
    _freeze(team.challenge)
    assert _code(actions.join, token=token, by=charlie) == "teams_stand_still"
    assert _code(actions.invite, team=team, by=alice) == "teams_stand_still"
    assert _code(actions.leave, team=team, by=bob) == "teams_stand_still"
    assert _code(actions.remove_member, team=team, user=bob, by=alice) == "teams_stand_still"


# Changing and leaving --------------------------------------------------------------------------


def test_the_captain_renames_and_the_address_stays(team: Team, alice: User) -> None:
    renamed = actions.rename(team=team, name="Omega", by=alice)
    assert (renamed.name, renamed.slug) == ("Omega", "alpha")
    event = Event.objects.get(verb="renamed team")
    assert event.facts == {"before": "Alpha", "after": "Omega"}


def test_a_team_may_change_the_case_of_its_own_name(team: Team, alice: User) -> None:
    assert actions.rename(team=team, name="ALPHA", by=alice).name == "ALPHA"


def test_renaming_is_refused_to_members_with_taken_names_and_after_the_close(
    team: Team, alice: User, bob: User, charlie: User
) -> None:
    make_team(team.challenge, "Beta", charlie)
    assert _code(actions.rename, team=team, name="Gamma", by=bob) == "not_captain"
    assert _code(actions.rename, team=team, name="beta", by=alice) == "name_taken"
    _close(team.challenge)
    assert _code(actions.rename, team=team, name="Gamma", by=alice) == "closed"


def test_the_captain_hands_over_to_a_member_alone(
    team: Team, alice: User, bob: User, charlie: User
) -> None:
    assert _code(actions.hand_over, team=team, to=charlie, by=alice) == "not_a_member"
    assert _code(actions.hand_over, team=team, to=bob, by=bob) == "not_captain"
    actions.hand_over(team=team, to=bob, by=alice)
    team.refresh_from_db()
    assert team.captain == bob
    assert _verbs(team) == ["handed over team"]


def test_a_removed_member_cannot_return_by_an_old_link(team: Team, alice: User, bob: User) -> None:
    _, token = actions.invite(team=team, by=alice)
    actions.remove_member(team=team, user=bob, by=alice)
    assert actions.team_of(bob, team.challenge) is None
    assert _code(actions.join, token=token, by=bob) == "over"


def test_removing_is_for_the_captain_and_not_of_themselves(
    team: Team, alice: User, bob: User
) -> None:
    assert _code(actions.remove_member, team=team, user=alice, by=bob) == "not_captain"
    assert _code(actions.remove_member, team=team, user=alice, by=alice) == "yourself"


def test_removing_somebody_else_changes_nothing(team: Team, alice: User, charlie: User) -> None:
    actions.remove_member(team=team, user=charlie, by=alice)
    assert _verbs(team) == []


def test_a_member_leaves_and_the_captain_hands_over_first(
    team: Team, alice: User, bob: User
) -> None:
    assert _code(actions.leave, team=team, by=alice) == "captain"
    actions.leave(team=team, by=bob)
    assert not Membership.objects.filter(user=bob).exists()


def test_the_last_member_takes_a_team_without_submissions_along(
    challenge: Challenge, charlie: User
) -> None:
    team = actions.ensure_team(charlie, challenge)
    actions.leave(team=team, by=charlie)
    assert not Team.objects.exists()
    assert Event.objects.filter(verb="left team", facts__name="Charlie").exists()


def test_the_last_member_stays_with_the_submissions(matching_task: Task, charlie: User) -> None:
    team = actions.ensure_team(charlie, matching_task.challenge)
    make_submission(team, matching_task)
    assert _code(actions.leave, team=team, by=charlie) == "last_member"


def test_an_outsider_leaves_nothing(team: Team, charlie: User) -> None:
    actions.leave(team=team, by=charlie)
    assert team.memberships.count() == 2


# Rules and organizers --------------------------------------------------------------------------


def test_rules_are_accepted_once_per_version(challenge: Challenge, charlie: User) -> None:
    assert not actions.has_accepted_rules(charlie, challenge)
    for _ in range(2):
        actions.accept_rules(challenge=challenge, by=charlie)
    assert actions.has_accepted_rules(charlie, challenge)
    assert RulesAcceptance.objects.count() == 1
    assert Event.objects.filter(verb="accepted rules").count() == 1
    challenge.rules = "Be fairer."
    assert not actions.has_accepted_rules(charlie, challenge)


def test_no_rules_need_no_accepting(challenge: Challenge, charlie: User) -> None:
    challenge.rules = "  "
    assert actions.has_accepted_rules(charlie, challenge)


def test_an_owner_disqualifies_and_reinstates_and_the_boards_hear_of_it(
    team: Team, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bool] = []
    monkeypatch.setattr(
        actions, "team_standing_changed", [lambda t: heard.append(bool(t.disqualified_at))]
    )
    for _ in range(2):
        actions.disqualify(team=team, reason="Shared labels.", by=olga)
    for _ in range(2):
        actions.reinstate(team=team, reason="It was a mistake.", by=olga)
    team.refresh_from_db()
    assert (team.disqualified_at, team.disqualified_reason) == (None, "")
    assert heard == [True, False]
    assert _verbs(team) == ["reinstated team", "disqualified team"]


def test_the_boards_do_listen() -> None:
    assert team_standing_changed


@pytest.mark.parametrize("who", ["alice", "bob", "charlie", "viktor", "sam"])
def test_nobody_else_disqualifies_or_reinstates(
    team: Team, who: str, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    assert _code(actions.disqualify, team=team, reason="No.", by=user) == "not_allowed"
    assert _code(actions.reinstate, team=team, reason="No.", by=user) == "not_allowed"


def test_disqualifying_needs_a_reason_and_a_ranked_team(team: Team, olga: User) -> None:
    assert _code(actions.disqualify, team=team, reason="  ", by=olga) == "no_reason"
    baseline = make_team(team.challenge, "AutoGluon", baseline="autogluon")
    assert _code(actions.disqualify, team=baseline, reason="No.", by=olga) == "baseline"
