"""Permissions in the console of data sets: every address, every kind of reader."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.models import DatasetVersion, Import, ImportState
from podium.challenges.models import Challenge, Role
from podium.teams.models import Team
from podium.web.console import urls
from podium.web.console.datasets.views import VERBS
from tests.site import factories
from tests.site.web.console.datasets import make_import

PEOPLE = ("anonymous", "alice", "charlie", "viktor", "dora", "eddy", "sam")
STRANGERS = ("anonymous", "alice", "charlie", "viktor", "dora")
# name: method, then what anonymous, Alice (in a team), Charlie, Viktor (a viewer of a challenge),
# Dora (manages a challenge), Eddy (edits only the version) and Sam (staff) get.
TABLE: dict[str, tuple[str, tuple[int, ...]]] = {
    "console-datasets": ("get", (302, 404, 404, 404, 200, 200, 200)),
    "console-dataset-new": ("get", (302, 404, 404, 404, 200, 404, 200)),
    "console-dataset": ("get", (302, 404, 404, 404, 404, 200, 200)),
    "console-dataset-files": ("post", (302, 404, 404, 404, 404, 200, 200)),
    "console-dataset-remove": ("post", (302, 404, 404, 404, 404, 302, 302)),
    "console-dataset-draft": ("post", (302, 404, 404, 404, 404, 302, 302)),
    "console-dataset-draft-file": ("get", (302, 404, 404, 404, 404, 200, 200)),
    "console-dataset-draft-upload": ("post", (302, 404, 404, 404, 404, 422, 422)),
    "console-dataset-publish": ("post", (302, 404, 404, 404, 404, 422, 422)),
    "console-dataset-access": ("post", (302, 404, 404, 404, 404, 422, 422)),
    "console-dataset-format": ("post", (302, 404, 404, 404, 404, 422, 422)),
    "console-dataset-editors": ("post", (302, 404, 404, 404, 404, 422, 422)),
    "console-dataset-editor-remove": ("get", (302, 404, 404, 404, 404, 302, 302)),
    "console-dataset-discard": ("get", (302, 404, 404, 404, 404, 200, 200)),
    "console-dataset-act": ("post", (302, 404, 404, 404, 404, 302, 302)),
}
CASES = [
    (name, method, person, status)
    for name, (method, statuses) in TABLE.items()
    for person, status in zip(PEOPLE, statuses, strict=True)
]
POSTS = [name for name, (method, _) in TABLE.items() if method == "post"]


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("podium.celery.send", lambda task, pk: None)


@pytest.fixture
def dora(challenge: Challenge) -> User:
    """Manages the challenge, and edits no data set."""
    user = factories.make_user("dora")
    factories.make_organizer(challenge, user, Role.MANAGER)
    return user


@pytest.fixture
def eddy(db: None) -> User:
    return factories.make_user("eddy")


@pytest.fixture
def source(eddy: User, team: Team) -> Import:
    return make_import(ImportState.DRAFTED, eddy)


@pytest.fixture
def client_of(
    request: pytest.FixtureRequest, as_user: Callable[[User | None], Client]
) -> Callable[[str], Client]:
    return lambda name: as_user(None if name == "anonymous" else request.getfixturevalue(name))


def _routes(patterns: list[Any]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern) and str(pattern.name).startswith("console-dataset"):
            yield str(pattern.name)


def address(name: str, verb: str = "check") -> str:
    """Return the address of a route of the version pets 1."""
    more = {"console-dataset-act": [verb], "console-dataset-editor-remove": ["person-1"]}
    arguments: list[Any] = ["pets", 1, *more.get(name, [])]
    plain = name in {"console-datasets", "console-dataset-new"}
    return reverse(name, args=[] if plain else arguments)


def test_the_table_lists_every_route() -> None:
    assert set(_routes(urls.urlpatterns)) == set(TABLE)


@pytest.mark.parametrize(("name", "method", "person", "status"), CASES)
def test_each_reader_gets_what_the_table_says(
    source: Import,
    client_of: Callable[[str], Client],
    name: str,
    method: str,
    person: str,
    status: int,
) -> None:
    answer = getattr(client_of(person), method)(address(name))
    assert answer.status_code == status
    if person == "anonymous":
        assert answer["Location"] == f"/accounts/login/?next={address(name)}"


@pytest.mark.parametrize("person", STRANGERS)
@pytest.mark.parametrize("verb", VERBS)
def test_strangers_change_nothing(
    source: Import, client_of: Callable[[str], Client], verb: str, person: str
) -> None:
    before = (Import.objects.values().get(), DatasetVersion.objects.values().get())
    client = client_of(person)
    for url in [*map(address, POSTS), address("console-dataset-act", verb)]:
        assert client.post(url, {"access": "public", "read": ""}).status_code in {302, 404}
    assert client.post(address("console-dataset-discard")).status_code in {302, 404}
    assert (Import.objects.values().get(), DatasetVersion.objects.values().get()) == before
    assert not Event.objects.exists()


@pytest.mark.parametrize("person", ["anonymous", "alice", "viktor", "eddy"])
def test_only_those_who_run_a_challenge_begin_a_data_set(
    source: Import, client_of: Callable[[str], Client], person: str
) -> None:
    form = {"name": "owls", "title": "Owls", "importer": "kaggle", "access": "public"}
    answer = client_of(person).post(address("console-dataset-new"), form)
    assert answer.status_code == (302 if person == "anonymous" else 404)
    assert not DatasetVersion.objects.filter(name="owls").exists()


@pytest.mark.parametrize("name", POSTS)
def test_what_changes_something_is_not_read(
    source: Import, client_of: Callable[[str], Client], name: str
) -> None:
    assert client_of("eddy").get(address(name)).status_code == 405


@pytest.mark.parametrize("name", [*POSTS, "console-dataset-new", "console-dataset-discard"])
def test_every_form_needs_its_token(source: Import, sam: User, name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(sam, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(address(name)).status_code == 403
    assert not Event.objects.exists()


def test_another_number_and_an_unknown_verb_are_not_found(
    source: Import, client_of: Callable[[str], Client]
) -> None:
    client = client_of("eddy")
    assert client.get(reverse("console-dataset", args=["pets", 2])).status_code == 404
    assert client.post(address("console-dataset-act", "destroy")).status_code == 404


def test_the_list_shows_ones_own_versions_alone(
    source: Import, client_of: Callable[[str], Client]
) -> None:
    factories.make_draft("owls", title="Secret Owls")
    for person, shown in (("eddy", {"Pets"}), ("sam", {"Pets", "Secret Owls"}), ("dora", set())):
        html = client_of(person).get(address("console-datasets")).content.decode()
        assert {title for title in ("Pets", "Secret Owls") if f">{title}</a>" in html} == shown


@pytest.mark.parametrize(
    ("person", "is_there"),
    [("anonymous", False), ("alice", False), ("viktor", False), ("dora", True), ("sam", True)],
)
def test_the_way_there_stands_in_the_bar_of_those_who_may_begin(
    source: Import, client_of: Callable[[str], Client], person: str, is_there: bool
) -> None:
    html = client_of(person).get("/").content.decode()
    assert ('href="/console/datasets/"' in html) == is_there


def test_staff_finds_it_before_there_is_a_challenge(
    sam: User, as_user: Callable[[User | None], Client]
) -> None:
    assert 'href="/console/datasets/"' in as_user(sam).get("/").content.decode()
