"""Deleting an account: what goes, what stays, and what must be handed over first."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import serializers
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from podium.accounts import tokens
from podium.accounts.models import ApiToken, User
from podium.audit.models import Event
from podium.challenges.models import Challenge, Role, Task
from podium.refusals import Refused
from podium.teams import actions, merging
from podium.teams.deleting import delete_account
from podium.teams.departure import FORMER, duties
from podium.teams.forms import HandOverForm
from podium.teams.models import Membership, MergeProposal, RulesAcceptance, Team
from tests.site.factories import (
    make_challenge,
    make_organizer,
    make_submission,
    make_task,
    make_team,
    make_user,
)

AsUser = Callable[[User | None], Client]
PASSWORD = "long enough for a test"


def test_the_person_is_wiped_and_the_row_stays_for_what_points_to_it(
    team: Team, bob: User, matching_task: Task
) -> None:
    EmailAddress.objects.create(user=bob, email="second@example.org", verified=True)
    tokens.make(user=bob, name="laptop", scopes=["read"])
    actions.accept_rules(challenge=team.challenge, by=bob)
    sent = make_submission(team, matching_task, submitted_by=bob)
    User.objects.filter(pk=bob.pk).update(is_staff=True, last_login=timezone.now())
    delete_account(by=bob)
    bob.refresh_from_db()
    sent.refresh_from_db()
    assert (bob.name, str(bob)) == (FORMER, FORMER)
    assert [bob.is_active, bob.is_staff, bob.has_usable_password()] == [False] * 3
    assert bob.last_login is None
    assert not EmailAddress.objects.filter(user=bob).exists()
    assert not ApiToken.objects.exists()
    assert (sent.submitted_by, sent.team) == (bob, team)
    assert Membership.objects.filter(user=bob, team=team).exists()
    assert RulesAcceptance.objects.filter(user=bob).exists()


def test_two_people_can_go(alice: User, bob: User) -> None:
    delete_account(by=alice)
    delete_account(by=bob)
    assert User.objects.filter(name=FORMER).count() == 2


def test_nothing_that_is_kept_names_the_person(team: Team, alice: User) -> None:
    zoe = make_user("zoe-quark")
    solo = make_team(make_challenge("second"), "Zoe-Quark", zoe)
    make_submission(solo, make_task(solo.challenge, "matching"))
    _, token = actions.invite(team=team, by=alice, email=zoe.email)
    actions.join(token=token, by=zoe)
    actions.hand_over(team=team, to=zoe, by=alice)
    actions.rename(team=team, name="Zoe-Quark and friends", by=zoe)
    actions.hand_over(team=team, to=alice, by=zoe)
    actions.rename(team=team, name="Friends", by=alice)
    delete_account(by=zoe)
    kept = [
        *User.objects.all(),
        *Event.objects.filter(actor_id=zoe.pk),
        *EmailAddress.objects.all(),
    ]
    kept += [*Team.objects.all(), *Membership.objects.all(), *team.invitations.all()]
    assert "zoe" not in serializers.serialize("json", kept).lower()
    event = Event.objects.get(verb="deleted account")
    assert (event.actor, event.actor_id, event.facts) == (FORMER, zoe.pk, {})


@pytest.mark.parametrize("name", ["Zoe " + "Quark" * 15, "Zoe  Quark", "\uff3a\uff4f\uff45"])
def test_the_name_goes_from_a_team_that_is_called_by_it_in_another_spelling(
    db: None, name: str
) -> None:
    zoe = make_user("zoe")
    User.objects.filter(pk=zoe.pk).update(name=name)
    zoe.refresh_from_db()
    task = make_task(make_challenge(), "matching")
    solo = actions.ensure_team(zoe, task.challenge)
    make_submission(solo, task)
    delete_account(by=zoe)
    solo.refresh_from_db()
    assert solo.name == FORMER


def test_a_short_name_is_not_found_within_other_words(
    challenge: Challenge, matching_task: Task
) -> None:
    al = make_user("al")
    team = make_team(challenge, "Alpha", al)
    make_submission(team, matching_task)
    facts = {"before": "Calibri", "after": "Al's own"}
    event = Event.objects.create(actor_id=al.pk, actor="Al", verb="x", subject="x:1", facts=facts)
    delete_account(by=al)
    team.refresh_from_db()
    event.refresh_from_db()
    assert team.name == "Alpha"
    assert event.facts == {"before": "Calibri", "after": FORMER}


def test_a_hash_that_reads_like_a_short_name_stays(challenge: Challenge) -> None:
    ed = make_user("ed")
    facts = {"sha256": "ed" * 32, "after": "Ed and friends"}
    event = Event.objects.create(actor_id=ed.pk, actor="Ed", verb="x", subject="x:1", facts=facts)
    delete_account(by=ed)
    event.refresh_from_db()
    assert event.facts == {"sha256": "ed" * 32, "after": FORMER}


def test_a_captain_hands_over_first(team: Team, alice: User, bob: User) -> None:
    with pytest.raises(Refused, match="You are the captain of “Alpha” in The cup") as caught:
        delete_account(by=alice)
    assert caught.value.code == "duties"
    alice.refresh_from_db()
    assert alice.name == "Alice"
    actions.hand_over(team=team, to=bob, by=alice)
    assert duties(alice) == []
    delete_account(by=alice)


def test_a_captain_can_hand_over_and_go_after_the_close(
    team: Team, alice: User, bob: User, challenge: Challenge
) -> None:
    challenge.team_freeze_at = challenge.closes_at = timezone.now() - timedelta(days=1)
    challenge.save()
    actions.hand_over(team=team, to=bob, by=alice)
    delete_account(by=alice)


def test_a_captain_among_former_participants_is_alone(team: Team, alice: User, bob: User) -> None:
    delete_account(by=bob)
    assert duties(alice) == []


def test_nobody_hands_over_to_who_is_gone(team: Team, alice: User, bob: User) -> None:
    delete_account(by=bob)
    with pytest.raises(Refused, match="Choose a member who still has") as caught:
        actions.hand_over(team=team, to=bob, by=alice)
    assert caught.value.code == "not_a_member"
    assert not HandOverForm(team=team).fields["to"].queryset.exists()  # type: ignore[attr-defined]


def test_a_lone_team_goes_unless_it_has_submitted(
    challenge: Challenge, charlie: User, matching_task: Task
) -> None:
    team = actions.ensure_team(charlie, challenge)
    other = actions.ensure_team(make_user("dora"), challenge)
    make_submission(other, matching_task)
    delete_account(by=charlie)
    assert not Team.objects.filter(pk=team.pk).exists()
    delete_account(by=other.captain)
    other.refresh_from_db()
    assert (other.name, other.slug) == (FORMER, "former-participant")
    assert Event.objects.get(verb="renamed team").facts == {}


def test_a_lone_team_with_a_name_of_its_own_keeps_it(
    challenge: Challenge, charlie: User, matching_task: Task
) -> None:
    team = make_team(challenge, "Deep Blue", charlie)
    make_submission(team, matching_task)
    _, token = actions.invite(team=team, by=charlie)
    delete_account(by=charlie)
    team.refresh_from_db()
    assert team.name == "Deep Blue"
    with pytest.raises(Refused):
        actions.join(token=token, by=make_user("emil"))


def test_proposals_of_a_lone_team_are_over(
    team: Team, alice: User, charlie: User, matching_task: Task
) -> None:
    lone = make_team(team.challenge, "Lone", charlie)
    make_submission(lone, matching_task)
    merging.propose(team=team, other=lone, by=alice)
    merging.propose(team=lone, other=team, by=charlie)
    delete_account(by=charlie)
    assert not MergeProposal.objects.still_open().exists()


def test_the_only_owner_of_a_challenge_stays_until_there_is_another(
    challenge: Challenge, olga: User, viktor: User
) -> None:
    assert duties(olga) == ["You are the only owner of The cup. Another owner must be named first."]
    with pytest.raises(Refused):
        delete_account(by=olga)
    make_organizer(challenge, make_user("otto"), Role.OWNER)
    delete_account(by=olga)
    delete_account(by=viktor)
    assert challenge.organizers.count() == 1


def test_the_person_reads_of_it_in_a_mail(
    bob: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        delete_account(by=bob)
    (mail,) = mailoutbox
    assert mail.to == ["bob@example.org"]


# The page --------------------------------------------------------------------------------------


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@example.org", PASSWORD, name="Ada")


def _signed_in(user: User) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def test_the_password_is_asked_for_before_anything_is_deleted(ada: User) -> None:
    client, elsewhere = _signed_in(ada), _signed_in(ada)
    answer = client.get("/account/delete/")
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    wrong = client.post(answer.headers["Location"], {"password": "a guess that is wrong"})
    assert wrong.status_code == 200
    unasked = client.post("/account/delete/", {"sure": "on"})
    assert unasked.headers["Location"] == "/account/delete/"
    ada.refresh_from_db()
    assert ada.is_active
    client.get("/account/delete/")
    client.post("/accounts/reauthenticate/?next=/account/delete/", {"password": PASSWORD})
    assert "What happens" in client.get("/account/delete/").content.decode()
    assert client.post("/account/delete/", {}).status_code == 422
    done = client.post("/account/delete/", {"sure": "on"}, follow=True)
    assert "Your account is deleted." in done.content.decode()
    ada.refresh_from_db()
    assert (ada.is_active, ada.has_usable_password()) == (False, False)
    for gone in (client, elsewhere):
        assert gone.get("/account/").status_code == 302
    form = {"login": "ada@example.org", "password": PASSWORD}
    assert Client().post("/accounts/login/", form).status_code == 200


def test_who_has_no_password_must_have_signed_in_a_moment_ago(bob: User, as_user: AsUser) -> None:
    client = as_user(bob)
    assert "sign out, sign in again" in client.get("/account/delete/").content.decode()
    client.post("/account/delete/", {"sure": "on"})
    bob.refresh_from_db()
    assert bob.is_active
    _record_sign_in(client, seconds_ago=301)
    client.post("/account/delete/", {"sure": "on"})
    bob.refresh_from_db()
    assert bob.is_active
    _record_sign_in(client, seconds_ago=10)
    assert client.post("/account/delete/", {"sure": "on"}).status_code == 302
    bob.refresh_from_db()
    assert not bob.is_active


def _record_sign_in(client: Client, *, seconds_ago: int) -> None:
    session = client.session
    at = timezone.now().timestamp() - seconds_ago
    session["account_authentication_methods"] = [{"method": "socialaccount", "at": at}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()


def test_duties_stand_on_the_page_and_nothing_is_deleted(
    team: Team, alice: User, as_user: AsUser
) -> None:
    client = as_user(alice)
    _record_sign_in(client, seconds_ago=10)
    html = client.get("/account/delete/").content.decode()
    assert "Hand the team over first." in html
    assert "Delete my account" not in html
    answer: Any = client.post("/account/delete/", {"sure": "on"})
    assert answer.status_code == 422
    alice.refresh_from_db()
    assert alice.is_active


def test_what_others_recorded_of_a_team_names_nobody_who_is_gone(
    team: Team, alice: User, olga: User
) -> None:
    zoe = make_user("zoe-quark")
    gone = make_team(team.challenge, "Zoe-Quark solo", make_user("dora"))
    _, token = actions.invite(team=gone, by=gone.captain)
    actions.join(token=token, by=zoe)
    actions.rename(team=gone, name="Dora & Zoe-Quark", by=gone.captain)
    actions.leave(team=gone, by=zoe)
    _, token = actions.invite(team=team, by=alice)
    actions.join(token=token, by=zoe)
    actions.rename(team=team, name="Alice with ZOE-QUARK", by=alice)
    actions.rename(team=team, name="Friends", by=alice)
    actions.disqualify(team=team, reason="Zoe-Quark's script", by=olga)
    elsewhere = make_team(make_challenge("second"), "Zoe-Quark too", make_user("emil"))
    actions.rename(team=elsewhere, name="Others", by=elsewhere.captain)
    delete_account(by=zoe)
    renames = Event.objects.filter(verb="renamed team").order_by("pk")
    assert [event.facts for event in renames] == [
        {"before": FORMER, "after": FORMER},
        {"before": "Alpha", "after": FORMER},
        {"before": FORMER, "after": "Friends"},
        {"before": "Zoe-Quark too", "after": "Others"},
    ]
    assert renames[1].actor == "Alice"
    assert Event.objects.get(verb="disqualified team").facts == {"why": "Zoe-Quark's script"}
