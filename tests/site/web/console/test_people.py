"""Owners name organizers by address, and organizers announce things, without the admin."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Challenge, Organizer, PendingRole, Role
from podium.challenges.organizers import claim_roles, roles_of
from podium.notices import telling
from podium.notices.models import Kind, Notice
from podium.notices.texts import text
from podium.teams.models import Team
from tests.site import factories
from tests.site.web.console.sheets import carried_out, filled, planned

AsUser = Callable[[User | None], Client]
NORA = "nora@example.org"


@pytest.fixture
def owner(as_user: AsUser, olga: User) -> Client:
    return as_user(olga)


def of(name: str, *args: str | int) -> str:
    return reverse(name, args=["cup", *args])


ROLES = reverse("console-sheet", args=["cup", "organizers"])


def notices(user: User, kind: str) -> list[str]:
    for _ in range(2):
        telling.sweep()
    found = Notice.objects.filter(user=user, kind=kind).order_by("pk")
    return [text(notice, user).title for notice in found]


def test_a_person_gets_a_role_by_their_address_and_hears_of_it(
    owner: Client, olga: User, challenge: Challenge
) -> None:
    nora = factories.make_user("nora")
    page = carried_out(owner, ROLES, email="Nora@Example.org", role="manager")
    assert "nora@example.org: nothing → manager" in page
    assert Organizer.objects.get(user=nora).role == Role.MANAGER
    event = Event.objects.get()
    assert (event.verb, event.subject, event.actor_id, event.facts) == (
        "gave role", f"user:{nora.pk}", olga.pk, {"role": "manager"}
    )  # fmt: skip
    assert notices(nora, Kind.ROLE) == ["You are manager of The cup"]
    assert notices(olga, Kind.ROLE) == []
    roles = list(roles_of(challenge))
    carried_out(owner, ROLES, **{f"role_{roles.index(NORA)}": ""})
    assert not Organizer.objects.filter(user=nora).exists()
    assert notices(nora, Kind.ROLE) == ["Your role in The cup", "You no longer organize The cup"]


def test_a_role_waits_until_the_address_is_confirmed(
    owner: Client, as_user: AsUser, settings: Settings, challenge: Challenge, olga: User
) -> None:
    settings.PRODUCTION = True
    nora = factories.make_user("nora")
    carried_out(owner, ROLES, email=NORA, role="owner")
    assert PendingRole.objects.get().email == NORA
    assert mail.outbox == []
    claim_roles(nora)
    assert as_user(nora).get(of("console")).status_code == 404
    assert "1 whose address" in owner.get(of("console-setup")).content.decode()
    assert "Nobody has confirmed the address yet." in owner.get(ROLES).content.decode()
    EmailAddress.objects.create(user=nora, email="NORA@example.org", verified=True)
    claim_roles(nora)
    assert as_user(nora).get(of("console")).status_code == 200
    assert not PendingRole.objects.exists()
    offered, gave = Event.objects.order_by("pk")
    assert (offered.verb, offered.actor_id) == ("offered role", olga.pk)
    assert offered.facts == {"role": "owner"}
    assert NORA not in f"{offered.subject}{offered.facts}"
    assert (gave.verb, gave.actor_id, gave.facts) == ("gave role", None, {"role": "owner"})
    assert notices(nora, Kind.ROLE) == ["You are owner of The cup"]


def test_a_new_account_gets_the_role_that_waits_for_it(
    owner: Client, client: Client, challenge: Challenge
) -> None:
    carried_out(owner, ROLES, email=NORA, role="viewer")
    nora = factories.make_user("nora", password="x")
    nora.set_password("a good password")
    nora.save()
    EmailAddress.objects.create(user=nora, email=NORA, verified=True, primary=True)
    form = {"login": NORA, "password": "a good password"}
    assert client.post(reverse("account_login"), form).status_code == 302
    assert Organizer.objects.get(user=nora).role == Role.VIEWER


def test_a_role_does_not_come_to_somebody_who_competes(
    owner: Client, challenge: Challenge, team: Team
) -> None:
    carried_out(owner, ROLES, email="new@example.org", role="viewer")
    PendingRole.objects.update(email="bob@example.org")
    bob = User.objects.get(email="bob@example.org")
    claim_roles(bob)
    assert PendingRole.objects.exists()
    team.memberships.filter(user=bob).delete()
    claim_roles(bob)
    assert Organizer.objects.get(user=bob).role == Role.VIEWER


def test_a_role_that_waits_is_changed_and_taken_back(owner: Client, challenge: Challenge) -> None:
    carried_out(owner, ROLES, email=NORA, role="viewer")
    number = list(roles_of(challenge)).index(NORA)
    carried_out(owner, ROLES, **{f"role_{number}": "manager"})
    assert PendingRole.objects.get().role == Role.MANAGER
    carried_out(owner, ROLES, **{f"role_{number}": ""})
    assert not PendingRole.objects.exists()
    verbs = [event.verb for event in Event.objects.order_by("pk")]
    assert verbs == ["offered role", "offered role", "took role"]
    telling.sweep()
    assert not Notice.objects.filter(kind=Kind.ROLE).exists()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"email": "nora"}, "Enter a valid email address"),
        ({"email": NORA, "role": "queen"}, "Select a valid choice"),
        ({"email": "bob@example.org"}, "bob@example.org is in a team of this challenge."),
        ({"role_0": ""}, "nobody would own the challenge any more. Name an owner."),
        ({"role_0": "viewer"}, "nobody would own the challenge any more. Name an owner."),
    ],
)
def test_what_cannot_be_is_refused(
    owner: Client, team: Team, changed: dict[str, str], says: str
) -> None:
    answer = owner.post(ROLES, filled(owner, ROLES, **changed))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not PendingRole.objects.exists()
    assert Organizer.objects.count() == 1


# Announcements -----------------------------------------------------------------------------------


def test_an_announcement_is_read_first_and_reaches_everybody_once(
    owner: Client, team: Team, alice: User, charlie: User
) -> None:
    url = of("console-new-announcement")
    page = carried_out(owner, url, title="New data", body="Look at **this**.")
    assert "Look at <strong>this</strong>." in page
    assert notices(alice, Kind.ANNOUNCEMENT) == ["New data"]
    assert notices(charlie, Kind.ANNOUNCEMENT) == []
    news = team.challenge.announcements.get()
    listed = owner.get(of("console-announcements")).content.decode()
    assert "New data" in listed
    page = carried_out(owner, of("console-announcement", news.pk), body="Look at that.")
    assert "Nobody is notified again." in page
    news.refresh_from_db()
    assert news.body == "Look at that."
    assert notices(alice, Kind.ANNOUNCEMENT) == ["New data"]
    assert [event.verb for event in Event.objects.all()] == ["changed challenge"] * 2


def test_an_announcement_is_taken_back_in_two_steps(
    owner: Client, team: Team, alice: User, olga: User
) -> None:
    news = team.challenge.announcements.create(title="Wrong", body="It is over.")
    assert notices(alice, Kind.ANNOUNCEMENT) == ["Wrong"]
    url = of("console-take-back", news.pk)
    assert "“Wrong”: It is over. → nothing" in planned(owner, url)
    assert team.challenge.announcements.exists()
    carried_out(owner, url)
    assert not team.challenge.announcements.exists()
    assert notices(alice, Kind.ANNOUNCEMENT) == ["An announcement that was taken back"]
    event = Event.objects.get()
    assert (event.actor_id, event.facts) == (
        olga.pk,
        {"announcements.Wrong": ["It is over.", None]},
    )


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"title": "Open", "body": "Go."}, "An announcement has this title."),
        ({"title": "", "body": "Go."}, "This field is required."),
        ({"title": "New", "body": ""}, "This field is required."),
        ({"title": "x" * 161, "body": "Go."}, "at most 160 characters"),
        ({"title": "a\x00b", "body": "Go."}, "Null characters"),
    ],
)
def test_an_announcement_that_cannot_be_is_refused(
    owner: Client, challenge: Challenge, changed: dict[str, str], says: str
) -> None:
    challenge.announcements.create(title="Open", body="Come.")
    url = of("console-new-announcement")
    answer = owner.post(url, filled(owner, url, **changed))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert challenge.announcements.get().body == "Come."


def test_nobody_is_notified_of_a_draft(owner: Client, team: Team, alice: User) -> None:
    later = timezone.now() + timedelta(days=1)
    Challenge.objects.update(opens_at=later, announced_at=None)
    carried_out(owner, of("console-new-announcement"), title="Soon", body="Wait.")
    assert "nobody is notified before it is announced" in (
        owner.get(of("console-announcements")).content.decode()
    )
    assert notices(alice, Kind.ANNOUNCEMENT) == []


def test_an_announcement_of_another_challenge_is_not_found(
    owner: Client, challenge: Challenge
) -> None:
    other = factories.make_challenge("other").announcements.create(title="Open", body="Go.")
    for name in ("console-announcement", "console-take-back"):
        assert owner.get(of(name, other.pk)).status_code == 404
