"""Access to a data set version, by its state, its rule and the challenges that use it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.models import Access, DatasetVersion, LicenceAcceptance, VersionState
from podium.challenges.models import Challenge, Role, Task
from podium.challenges.permissions import may_bring_datasets
from podium.teams.actions import accept_rules
from podium.web.base.access import visible_datasets
from tests.site import factories

ClientOf = Callable[[str], Client]
PEOPLE = ("anonymous", "charlie", "bob", "alice", "olga", "viktor", "sam", "eddy")
SIGN_IN, HIDDEN, SEEN = 302, 404, 200


@pytest.fixture
def eddy(db: None) -> User:
    """An editor of the version, who has no part in any challenge."""
    return factories.make_user("eddy")


@pytest.fixture
def version(
    challenge: Challenge, matching_task: Task, team: Any, alice: User, eddy: User
) -> DatasetVersion:
    """The version of an open challenge, in whose team Alice accepted the rules and Bob did not."""
    accept_rules(challenge=challenge, by=alice)
    version = matching_task.dataset_version
    version.editors.add(eddy)
    files.public().save(str(version.folder / "train.csv"), ContentFile(b"0123456789"))
    files.private().save(matching_task.solution.file, ContentFile(b"labels"))
    return version


def change(version: DatasetVersion, **fields: Any) -> None:
    """Change a row and reread it."""
    DatasetVersion.objects.filter(pk=version.pk).update(**fields)
    version.refresh_from_db()


def hide(challenge: Challenge) -> None:
    """Make the challenge one that is not announced yet."""
    soon = timezone.now() + timedelta(days=1)
    Challenge.objects.filter(pk=challenge.pk).update(announced_at=None, opens_at=soon)


def statuses(version: DatasetVersion, client_of: ClientOf, address: str) -> tuple[int, ...]:
    """Return what each of the people gets; a way to the licence counts as seen."""
    found = []
    for person in PEOPLE:
        answer = client_of(person).get(address)
        if answer.streaming:
            b"".join(answer.streaming_content)
        to_licence = answer.headers.get("Location") == f"{version.get_absolute_url()}#licence"
        found.append(SEEN if to_licence else answer.status_code)
    return tuple(found)


EVERYBODY = (SEEN,) * 8
SIGNED_IN = (SIGN_IN, *(SEEN,) * 7)
#               anonymous charlie bob     alice olga  viktor sam   eddy
PARTICIPANTS = (SIGN_IN, HIDDEN, HIDDEN, SEEN, SEEN, SEEN, SEEN, SEEN)
EDITORS = (HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, SEEN, SEEN)
ORGANIZERS = (HIDDEN, HIDDEN, HIDDEN, HIDDEN, SEEN, SEEN, SEEN, SEEN)


@pytest.mark.parametrize("state", [VersionState.PUBLISHED, VersionState.RETIRED])
@pytest.mark.parametrize(
    ("access", "expected"),
    [
        (Access.PUBLIC, EVERYBODY),
        (Access.SIGNED_IN, SIGNED_IN),
        (Access.PARTICIPANTS, PARTICIPANTS),
    ],
)
def test_a_published_version_is_for_those_whom_its_rule_names(
    version: DatasetVersion,
    client_of: ClientOf,
    state: str,
    access: str,
    expected: tuple[int, ...],
) -> None:
    retired = timezone.now() if state == VersionState.RETIRED else None
    change(version, state=state, retired_at=retired, access=access)
    assert statuses(version, client_of, version.file_url("train.csv")) == expected
    assert statuses(version, client_of, version.get_absolute_url()) == expected


@pytest.mark.parametrize("access", Access.values)
def test_a_checked_version_is_for_its_editors(
    version: DatasetVersion, client_of: ClientOf, access: str
) -> None:
    change(version, state=VersionState.CHECKED, published_at=None, access=access)
    assert statuses(version, client_of, version.file_url("train.csv")) == EDITORS
    assert statuses(version, client_of, version.get_absolute_url()) == EDITORS


@pytest.mark.parametrize("access", Access.values)
def test_what_only_hidden_challenges_use_is_hidden_with_them(
    version: DatasetVersion, client_of: ClientOf, challenge: Challenge, access: str
) -> None:
    hide(challenge)
    change(version, access=access)
    seen = list(ORGANIZERS)
    if access == Access.PARTICIPANTS:
        seen[3] = HIDDEN
    assert statuses(version, client_of, version.file_url("train.csv")) == tuple(seen)


def test_one_visible_challenge_is_enough(
    version: DatasetVersion, client_of: ClientOf, challenge: Challenge
) -> None:
    hide(challenge)
    other = factories.make_challenge("other")
    solution = version.solutions.get()
    factories.make_task(other, "matching", dataset_version=version, solution=solution)
    assert statuses(version, client_of, version.file_url("train.csv")) == EVERYBODY


def test_a_version_that_no_challenge_uses_goes_by_its_rule(
    version: DatasetVersion, client_of: ClientOf
) -> None:
    unused = factories.make_dataset_version("matching", access=Access.PUBLIC)
    assert set(statuses(unused, client_of, unused.get_absolute_url())) == {SEEN}
    change(unused, access=Access.PARTICIPANTS)
    expected = (SIGN_IN, *(HIDDEN,) * 5, SEEN, HIDDEN)
    assert statuses(unused, client_of, unused.get_absolute_url()) == expected


def test_rules_that_changed_have_to_be_accepted_again(
    version: DatasetVersion, client_of: ClientOf, challenge: Challenge, alice: User
) -> None:
    change(version, access=Access.PARTICIPANTS)
    assert client_of("alice").get(version.get_absolute_url()).status_code == SEEN
    Challenge.objects.filter(pk=challenge.pk).update(rules="Be very fair.")
    assert client_of("alice").get(version.get_absolute_url()).status_code == HIDDEN


def test_a_visitor_is_led_back_after_signing_in(
    version: DatasetVersion, client_of: ClientOf
) -> None:
    change(version, access=Access.SIGNED_IN)
    address = version.file_url("train.csv")
    answer = client_of("anonymous").get(address)
    assert answer.headers["Location"] == f"/accounts/login/?next={address}"


def test_the_list_has_what_a_visitor_may_open_and_nothing_retired(
    version: DatasetVersion, client_of: ClientOf
) -> None:
    named = {
        name: factories.make_dataset_version("matching", name, title=f"The {name} set", **fields)
        for name, fields in {
            "open": {},
            "inside": {"access": Access.SIGNED_IN},
            "old": {"state": VersionState.RETIRED, "retired_at": timezone.now()},
            "coming": {"state": VersionState.CHECKED, "published_at": None},
        }.items()
    }
    for person, expected in (
        ("anonymous", {"open"}),
        ("charlie", {"open", "inside"}),
        ("sam", {"open", "inside"}),
    ):
        html = client_of(person).get("/datasets/").content.decode()
        assert {name for name in named if f"The {name} set" in html} == expected, person


def test_the_licence_comes_before_the_first_download(
    version: DatasetVersion, client_of: ClientOf, alice: User
) -> None:
    change(version, access=Access.PARTICIPANTS)
    client = client_of("alice")
    address = version.file_url("train.csv")
    for file in (address, version.archive_url):
        answer = client.get(file)
        assert answer.headers["Location"] == f"{version.get_absolute_url()}#licence"
    accepted = client.post(f"{version.get_absolute_url()}licence/")
    assert accepted.status_code == 302
    answer = client.get(address)
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, b"0123456789")
    acceptance = LicenceAcceptance.objects.get()
    assert (acceptance.user, acceptance.licence_hash) == (alice, version.licence_hash)
    assert Event.objects.get(verb="accepted licence").actor_id == alice.pk
    version.refresh_from_db()
    assert version.downloads == 1


def test_nobody_accepts_what_he_may_not_see(version: DatasetVersion, client_of: ClientOf) -> None:
    change(version, access=Access.PARTICIPANTS)
    address = f"{version.get_absolute_url()}licence/"
    assert client_of("charlie").post(address).status_code == 404
    assert client_of("anonymous").post(address).status_code == 302
    assert client_of("alice").get(address).status_code == 405
    assert not LicenceAcceptance.objects.exists()


def test_a_draft_has_no_page_yet(db: None, client_of: ClientOf) -> None:
    draft = factories.make_draft()
    for address in (draft.get_absolute_url(), draft.file_url("dataset.json"), draft.archive_url):
        assert client_of("sam").get(address).status_code == 404


def test_solutions_and_raw_files_have_no_address(
    version: DatasetVersion, client_of: ClientOf, matching_task: Task
) -> None:
    change(version, profiled_at=timezone.now())
    secret = matching_task.solution.file
    base = version.get_absolute_url()
    up = "../" * 4
    for route in ("files", "images", "profile", "profile/figures", "profile/thumbnails"):
        for path in (secret, f"{up}private/{secret}", f"..%2f..%2f..%2fprivate%2f{secret}"):
            for person in ("anonymous", "alice", "olga", "sam", "eddy"):
                answer = client_of(person).get(f"{base}{route}/{path}")
                assert answer.status_code == 404, (route, path, person)


def test_who_may_edit_and_bring_data_sets(
    version: DatasetVersion, client_of: ClientOf, request: pytest.FixtureRequest
) -> None:
    users = {name: request.getfixturevalue(name) for name in PEOPLE[1:]}
    edited = DatasetVersion.objects.edited_by
    assert {name for name, user in users.items() if edited(user)} == {"sam", "eddy"}
    assert {name for name, user in users.items() if may_bring_datasets(user)} == {"sam", "olga"}
    manager = factories.make_user("mona")
    factories.make_organizer(factories.make_challenge("third"), manager, Role.MANAGER)
    assert may_bring_datasets(manager)
    newcomer = factories.make_user("nora")
    assert not may_bring_datasets(newcomer)
    newcomer.user_permissions.add(Permission.objects.get(codename="add_challenge"))
    assert may_bring_datasets(User.objects.get(pk=newcomer.pk))
    assert not edited(AnonymousUser())
    assert not may_bring_datasets(AnonymousUser())
    assert not visible_datasets(AnonymousUser()).exclude(access=Access.PUBLIC).exists()
