"""What owners choose in the console: who reads members' names, what deleted accounts leave."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Challenge, DeletedAccounts, Role, ShowMembers
from tests.site.factories import make_organizer, make_user
from tests.site.web.console.sheets import carried_out, filled, planned

AsUser = Callable[[User | None], Client]
ASKED = {"show_members": "organizers", "deleted_accounts": "remove"}


def _url(challenge: Challenge) -> str:
    return reverse("console-sheet", args=[challenge.slug, "access"])


def _kept(challenge: Challenge) -> tuple[str, str]:
    challenge.refresh_from_db()
    return challenge.show_members, challenge.deleted_accounts


def test_an_owner_changes_both_by_an_event(
    challenge: Challenge, as_user: AsUser, olga: User
) -> None:
    page = carried_out(as_user(olga), _url(challenge), **ASKED)
    assert "Members’ names are read by: everybody → organizers" in page
    assert _kept(challenge) == (ShowMembers.ORGANIZERS, DeletedAccounts.REMOVE)
    event = Event.objects.get(verb="changed challenge")
    assert (event.actor_id, event.challenge, event.is_public) == (olga.pk, challenge.slug, False)
    assert event.facts == {
        "show_members": ["everybody", "organizers"],
        "deleted_accounts": ["keep", "remove"],
    }


def test_the_event_names_what_changed_alone(
    challenge: Challenge, as_user: AsUser, olga: User
) -> None:
    carried_out(as_user(olga), _url(challenge), **{**ASKED, "deleted_accounts": "keep"})
    event = Event.objects.get(verb="changed challenge")
    assert event.facts == {"show_members": ["everybody", "organizers"]}


def test_the_form_is_filled_with_what_holds_and_sending_it_changes_nothing(
    challenge: Challenge, as_user: AsUser, olga: User
) -> None:
    Challenge.objects.filter(pk=challenge.pk).update(**ASKED)
    client = as_user(olga)
    sent = filled(client, _url(challenge))
    assert {name: sent[name] for name in ASKED} == ASKED
    assert "Nothing would change: it is so already." in planned(client, _url(challenge))
    assert not Event.objects.exists()


@pytest.mark.parametrize("role", [Role.MANAGER, Role.VIEWER])
def test_others_than_owners_neither_see_the_form_nor_change_anything(
    challenge: Challenge, as_user: AsUser, role: Role
) -> None:
    mia = make_user("mia")
    make_organizer(challenge, mia, role)
    client = as_user(mia)
    page = client.get(reverse("console", args=[challenge.slug])).content.decode()
    assert reverse("console-setup", args=[challenge.slug]) not in page
    assert client.post(_url(challenge), ASKED).status_code == 403
    assert _kept(challenge) == ("everybody", "keep")


@pytest.mark.parametrize("name", list(ASKED))
@pytest.mark.parametrize("value", ["", "nobody", "x" * 500, "a\x00b"])
def test_what_is_no_choice_is_refused_beside_its_field(
    challenge: Challenge, as_user: AsUser, olga: User, name: str, value: str
) -> None:
    client = as_user(olga)
    sent = filled(client, _url(challenge), **{**ASKED, name: value})
    response = client.post(_url(challenge), sent)
    assert response.status_code == 422
    assert f'href="#setup_{name}"' in response.content.decode()
    assert _kept(challenge) == ("everybody", "keep")


def test_the_page_of_the_challenge_says_so_at_once(
    challenge: Challenge, as_user: AsUser, olga: User
) -> None:
    anonymous = as_user(None)
    before = anonymous.get(challenge.get_absolute_url()).content.decode()
    carried_out(as_user(olga), _url(challenge), **ASKED)
    after = anonymous.get(challenge.get_absolute_url()).content.decode()
    assert "only to themselves and the organizers" not in before
    assert "only to themselves and the organizers" in after
    assert "its submissions are withdrawn and their files deleted" in after
