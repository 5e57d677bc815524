"""The pages on which staff export and delete the data of a person on request."""

import io
import zipfile
from collections.abc import Callable, Mapping

import pytest
from django.test import Client
from django.urls import reverse

from podium.accounts.models import User
from podium.audit.models import Event
from podium.teams.deleting import delete_account, is_former
from podium.teams.models import Team
from tests.site import factories

AsUser = Callable[[User | None], Client]
PEOPLE = reverse("console-people")
WHY = "Request 17 of 3 March"
PAGES = {
    "console-people": "get",
    "console-person": "get",
    "console-person-data": "post",
    "console-person-delete": "get",
}


def address(name: str, person: User) -> str:
    return PEOPLE if name == "console-people" else reverse(name, args=[person.pk])


def confirmed(client: Client, person: User, **other: str) -> Mapping[str, str]:
    """Return what the form of the page sends when its plan was read."""
    page = client.get(address("console-person-delete", person)).content.decode()
    read = page.partition('name="fingerprint" value="')[2].partition('"')[0]
    return {"fingerprint": read, "typed": person.email, "why": WHY, **other}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("who", "status"),
    [("anonymous", 302), ("alice", 404), ("bob", 404), ("olga", 404), ("viktor", 404)],
)
def test_only_staff_see_the_pages(
    request: pytest.FixtureRequest, as_user: AsUser, bob: User, name: str, who: str, status: int
) -> None:
    client = as_user(None if who == "anonymous" else request.getfixturevalue(who))
    for method in {PAGES[name], "post"} - ({"post"} if name == "console-person" else set()):
        assert getattr(client, method)(address(name, bob)).status_code == status
    bob.refresh_from_db()
    assert not is_former(bob)
    assert not Event.objects.exists()


@pytest.mark.parametrize(("name", "status"), [(name, 200) for name in PAGES])
def test_staff_see_them(as_user: AsUser, sam: User, bob: User, name: str, status: int) -> None:
    client, more = as_user(sam), {"why": WHY} if PAGES[name] == "post" else {}
    assert getattr(client, PAGES[name])(address(name, bob), more).status_code == status


@pytest.mark.parametrize("name", list(PAGES)[1:])
def test_a_former_participant_and_nobody_are_404(
    as_user: AsUser, sam: User, bob: User, name: str
) -> None:
    delete_account(by=bob)
    client = as_user(sam)
    for pk in (bob.pk, 10**6):
        answer = getattr(client, PAGES[name])(reverse(name, args=[pk]), {"why": WHY})
        assert answer.status_code == 404


def test_the_console_leads_staff_to_them(as_user: AsUser, sam: User, olga: User) -> None:
    assert PEOPLE in as_user(sam).get(reverse("consoles")).content.decode()
    assert PEOPLE not in as_user(olga).get(reverse("consoles")).content.decode()


def test_a_person_is_found_and_shown(as_user: AsUser, sam: User, team: Team, bob: User) -> None:
    client = as_user(sam)
    answer = client.post(PEOPLE, {"who": "bob@example.org"})
    assert answer.headers["Location"] == address("console-person", bob)
    page = client.get(answer.headers["Location"]).content.decode()
    assert "Alpha in The cup" in page
    assert "Nothing has been exported on request yet." in page


def test_of_several_with_one_name_all_are_shown(as_user: AsUser, sam: User, bob: User) -> None:
    twin = factories.make_user("bob2")
    User.objects.filter(pk=twin.pk).update(name="Bob")
    page = as_user(sam).post(PEOPLE, {"who": "Bob"}).content.decode()
    for each in (bob, twin):
        assert address("console-person", each) in page
        assert each.email in page


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("", "Enter the address or the name."),
        ("nobody@example.org", "No account has this address or name."),
        ("a\0b", "Null characters are not allowed."),
    ],
)
def test_who_is_not_found_is_said_at_the_field(
    as_user: AsUser, sam: User, who: str, said: str
) -> None:
    answer = as_user(sam).post(PEOPLE, {"who": who})
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_the_export_is_that_of_the_persons_own_page(as_user: AsUser, sam: User, bob: User) -> None:
    def contents(answer: object) -> dict[str, bytes]:
        file = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
        return {name: file.read(name) for name in file.namelist() if name != "README.txt"}

    own = as_user(bob)
    given = as_user(sam).post(address("console-person-data", bob), {"why": WHY})
    assert f"podium-data-{bob.pk}.zip" in given.headers["Content-Disposition"]
    assert "no-store" in given.headers["Cache-Control"]
    assert contents(given) == contents(own.get(reverse("account-data")))
    event = Event.objects.get()
    assert (event.verb, event.actor_id, event.facts) == (
        "exported personal data", sam.pk, {"why": WHY}
    )  # fmt: skip
    assert WHY in as_user(sam).get(address("console-person", bob)).content.decode()


@pytest.mark.parametrize(
    ("why", "said"),
    [("", "Say on what request"), ("As Bob asked", "names the person"), ("x" * 501, "at most 500")],
)
def test_nothing_is_exported_without_a_good_reason(
    as_user: AsUser, sam: User, bob: User, why: str, said: str
) -> None:
    answer = as_user(sam).post(address("console-person-data", bob), {"why": why})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Event.objects.exists()


def test_a_plan_is_read_and_carried_out(as_user: AsUser, sam: User, team: Team, bob: User) -> None:
    client, url = as_user(sam), address("console-person-delete", bob)
    page = client.get(url).content.decode()
    for said in (
        "Nothing has happened yet.",
        "Their name, e-mail addresses and sign-in methods are erased.",
        "their submissions stay with the team “Alpha”",
        "under the name “Former participant”",
        "It cannot be undone. The person is mailed at bob@example.org",
    ):
        assert said in page
    answer = client.post(url, confirmed(client, bob), follow=True)
    assert "The account is deleted." in answer.content.decode()
    bob.refresh_from_db()
    assert is_former(bob)
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"typed": ""}, "Type the address of the account."),
        ({"typed": "alice@example.org"}, "That is not the address of the account."),
        ({"why": ""}, "Say on what request."),
        ({"why": "bob"}, "The reason names the person"),
        ({"fingerprint": "0" * 64}, "Something has changed since."),
    ],
)
def test_a_bad_confirmation_deletes_nothing(
    as_user: AsUser, sam: User, bob: User, other: dict[str, str], said: str
) -> None:
    client = as_user(sam)
    sent = confirmed(client, bob, **other)
    answer = client.post(address("console-person-delete", bob), sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    bob.refresh_from_db()
    assert not is_former(bob)
    # What is read now can be confirmed: the page has the present plan.
    assert confirmed(client, bob)["fingerprint"] in page


def test_duties_are_shown_and_nothing_can_be_confirmed(
    as_user: AsUser, sam: User, team: Team, alice: User
) -> None:
    page = as_user(sam).get(address("console-person-delete", alice)).content.decode()
    assert "This person is the captain of “Alpha” in The cup." in page
    assert "Delete the account</button>" not in page


def test_staff_who_delete_themselves_are_signed_out(as_user: AsUser, sam: User) -> None:
    factories.make_user("other", is_staff=True, is_superuser=True)
    client = as_user(sam)
    answer = client.post(address("console-person-delete", sam), confirmed(client, sam))
    assert answer.headers["Location"] == reverse("home")
    assert "_auth_user_id" not in client.session
