"""Owners choose in the console who may enter a team."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Challenge, Role
from tests.site.factories import make_challenge, make_organizer, make_user
from tests.site.web.console.sheets import carried_out, filled, planned

AsUser = Callable[[User | None], Client]
ASKED = {"entry_single_sign_on": "on", "entry_addresses": "@Uni.Example, jane@example.org\r\n"}
STORED = (True, ["@uni.example", "jane@example.org"])


@pytest.fixture(autouse=True)
def _single_sign_on(settings: Settings) -> None:
    settings.OIDC_URL = "https://login.example.org"


def _url(challenge: Challenge) -> str:
    return reverse("console-sheet", args=[challenge.slug, "access"])


def _rule(challenge: Challenge) -> tuple[bool, list[str]]:
    challenge.refresh_from_db()
    return challenge.entry_single_sign_on, challenge.entry_addresses


def test_an_owner_changes_it_by_an_event_that_names_nobody(
    challenge: Challenge, as_user: AsUser, olga: User
) -> None:
    page = carried_out(as_user(olga), _url(challenge), **ASKED)
    assert "Admitted e-mail addresses: 0 listed → 2 listed" in page
    assert _rule(challenge) == STORED
    event = Event.objects.get(verb="changed challenge")
    assert (event.actor_id, event.challenge, event.is_public) == (olga.pk, "cup", False)
    assert event.facts == {"entry_single_sign_on": [False, True], "entry_addresses": [0, 2]}
    assert "confirmed e-mail address at uni.example" in (
        as_user(None).get("/c/cup/").content.decode()
    )


def test_sending_the_form_back_changes_nothing_and_an_empty_one_lets_everybody_in(
    challenge: Challenge, as_user: AsUser, olga: User
) -> None:
    Challenge.objects.update(entry_single_sign_on=STORED[0], entry_addresses=STORED[1])
    client = as_user(olga)
    assert "Nothing would change: it is so already." in planned(client, _url(challenge))
    assert not Event.objects.exists()
    assert _rule(challenge) == STORED
    nobody = {"entry_addresses": " \n", "entry_single_sign_on": None}
    carried_out(client, _url(challenge), **nobody)
    assert _rule(challenge) == (False, [])


@pytest.mark.parametrize("role", [Role.MANAGER, Role.VIEWER])
def test_other_roles_neither_see_the_list_nor_change_it(
    challenge: Challenge, as_user: AsUser, role: Role
) -> None:
    Challenge.objects.update(entry_addresses=["jane@uni.example"])
    mia = make_user("mia")
    make_organizer(challenge, mia, role)
    client = as_user(mia)
    assert "jane@uni" not in client.get(reverse("console", args=["cup"])).content.decode()
    assert client.post(_url(challenge), ASKED).status_code == 403
    assert _rule(challenge) == (False, ["jane@uni.example"])


@pytest.mark.parametrize("who", ["alice", "sam", "stranger"])
def test_nobody_else_gets_there(
    request: pytest.FixtureRequest, challenge: Challenge, as_user: AsUser, who: str
) -> None:
    if who == "stranger":
        user = make_user(who)
        make_organizer(make_challenge("other"), user, Role.OWNER)
    else:
        user = request.getfixturevalue(who)
    assert as_user(user).post(_url(challenge), ASKED).status_code == 404
    assert as_user(None).post(_url(challenge), ASKED).status_code == 302
    assert _rule(challenge) == (False, [])


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"entry_addresses": "uni.example"}, "entry_addresses"),
        ({"entry_addresses": "@uni.example\n<script>"}, "entry_addresses"),
        ({"entry_addresses": "a\x00b@uni.example"}, "entry_addresses"),
        ({"entry_single_sign_on": "on"}, "entry_single_sign_on"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    challenge: Challenge,
    as_user: AsUser,
    olga: User,
    settings: Settings,
    sent: dict[str, str],
    field: str,
) -> None:
    settings.OIDC_URL = ""
    client = as_user(olga)
    response = client.post(_url(challenge), filled(client, _url(challenge), **sent))
    assert response.status_code == 422
    assert f'href="#setup_{field}"' in response.content.decode()
    assert _rule(challenge) == (False, [])
