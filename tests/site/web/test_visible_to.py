"""A challenge that not everybody sees: every address of it, for every kind of reader."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from podium.accounts.models import User
from podium.challenges.models import VisibleTo
from tests.site import factories
from tests.site.undone import undone
from tests.site.web.conftest import PEOPLE, World
from tests.site.web.test_access import DRAFT_PAGES, TABLE, address

DATA = ("dataset", "download", "dataset-image", "dataset-figure", "dataset-rows")
BADGES = {"team-badge", "team-table"}  # which other sites show
STRANGERS = ("anonymous", "charlie", "sam")
Clients = Callable[[str], Client]


def _close(world: World, level: VisibleTo) -> None:
    challenge = world.task.challenge
    challenge.visible_to = level
    challenge.entry_addresses = ["@uni.example"] if level == VisibleTo.ADMITTED else []
    challenge.full_clean()
    challenge.save()


def _expected(level: VisibleTo, name: str, person: str) -> int:
    """Return the status that a reader gets of a page with this access."""
    if name in BADGES:
        return 404
    if person == "anonymous":
        return 302
    if level == VisibleTo.ADMITTED and person in STRANGERS:
        return 200 if person == "sam" and name in DATA else 404  # staff open all data
    return TABLE[name][1][PEOPLE.index(person)]


@pytest.mark.parametrize("name", [*DRAFT_PAGES, *DATA])
@pytest.mark.parametrize("level", [VisibleTo.SIGNED_IN, VisibleTo.ADMITTED])
def test_only_its_readers_get_any_address(
    world: World, client_of: Clients, level: VisibleTo, name: str
) -> None:
    _close(world, level)
    place, got = address(name, world), {}
    for person in PEOPLE:
        client = client_of(person)
        with undone():
            answer = getattr(client, TABLE[name][0])(place)
            if answer.streaming:
                assert b"".join(answer.streaming_content)  # which closes the file
            got[person] = answer.status_code
    assert got == {person: _expected(level, name, person) for person in PEOPLE}


@pytest.mark.parametrize("person", STRANGERS)
@pytest.mark.parametrize("page", ["/", "/datasets/", "/api/v1/challenges", "/console/"])
def test_strangers_read_its_name_nowhere(
    world: World, client_of: Clients, page: str, person: str
) -> None:
    _close(world, VisibleTo.ADMITTED)
    text = client_of(person).get(page, follow=True).content.decode()
    for title in (world.task.challenge.title, world.task.title):
        assert title not in text


def test_a_visitor_comes_back_after_signing_in(world: World, client_of: Clients) -> None:
    _close(world, VisibleTo.SIGNED_IN)
    place = address("task-board", world)
    answer = client_of("anonymous").get(f"{place}?q=a")
    assert answer.headers["Location"] == f"/accounts/login/?next={place}%3Fq%3Da"
    assert world.task.challenge.title not in answer.content.decode()


def test_a_visitor_is_asked_by_the_api_to_sign_in(world: World, client_of: Clients) -> None:
    _close(world, VisibleTo.SIGNED_IN)
    answer = client_of("anonymous").get(f"/api/v1/challenges/{world.task.challenge.slug}")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in")


@pytest.mark.parametrize("verified", [True, False])
def test_only_a_confirmed_address_opens_it(
    world: World, as_user: Callable[[User | None], Client], verified: bool
) -> None:
    _close(world, VisibleTo.ADMITTED)
    dora = factories.make_user("dora")
    EmailAddress.objects.create(user=dora, email="dora@uni.example", verified=verified)
    client = as_user(dora)
    assert client.get(address("challenge", world)).status_code == (200 if verified else 404)
    assert (world.task.challenge.title in client.get("/").content.decode()) is verified


def test_a_draft_stays_hidden_whoever_may_see_it_later(world: World, client_of: Clients) -> None:
    _close(world, VisibleTo.SIGNED_IN)
    challenge = world.task.challenge
    challenge.announced_at, challenge.opens_at = None, challenge.team_freeze_at
    challenge.team_freeze_at = challenge.closes_at
    challenge.save()
    assert client_of("charlie").get(address("challenge", world)).status_code == 404
    assert client_of("anonymous").get(address("challenge", world)).status_code == 404
