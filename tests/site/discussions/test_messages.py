"""The private thread between a team and the organizers: who reads, writes and is notified."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from podium.accounts.models import User
from podium.archives.tables import TABLES
from podium.audit.models import Event
from podium.challenges.models import Challenge, Role
from podium.discussions.actions import MOST_BODY
from podium.discussions.messages import MESSAGES_PER_DAY, send_message
from podium.discussions.models import Message
from podium.notices.models import Kind, Notice
from podium.notices.texts import text
from podium.refusals import Refused
from podium.teams.deleting import delete_account
from podium.teams.departure import FORMER
from podium.teams.models import Membership, Team
from tests.site import factories
from tests.site.web.console.sheets import filled

pytestmark = pytest.mark.dialect
AsUser = Callable[[User | None], Client]
SECRET = "zebra-stripes"


@pytest.fixture
def mara(challenge: Challenge) -> User:
    """A manager of the challenge."""
    user = factories.make_user("mara")
    factories.make_organizer(challenge, user, Role.MANAGER)
    return user


def told() -> list[str]:
    rows = Notice.objects.filter(kind=Kind.MESSAGE).order_by("user__name")
    return list(rows.values_list("user__name", flat=True))


def refused(team: Team, by: User, body: str = SECRET) -> str:
    """Return the code with which a message is refused, nothing being stored."""
    before = (Message.objects.count(), Event.objects.count(), Notice.objects.count())
    with pytest.raises(Refused) as caught:
        send_message(team=team, body=body, by=by)
    assert (Message.objects.count(), Event.objects.count(), Notice.objects.count()) == before
    return caught.value.code


def test_a_member_reaches_owners_and_managers_once_each(
    team: Team, alice: User, olga: User, mara: User, viktor: User
) -> None:
    made = send_message(team=team, body=SECRET, by=alice)
    assert not made.by_organizer
    assert told() == ["Mara", "Olga"]


def test_an_organizer_reaches_all_members_once_each(
    team: Team, olga: User, mara: User, charlie: User
) -> None:
    made = send_message(team=team, body=SECRET, by=mara)
    assert made.by_organizer
    assert told() == ["Alice", "Bob"]


def test_notices_say_who_wrote_and_not_what(team: Team, alice: User, olga: User) -> None:
    send_message(team=team, body=SECRET, by=alice)
    send_message(team=team, body=SECRET, by=olga)
    to_olga = text(Notice.objects.get(user=olga), olga)
    to_alice = text(Notice.objects.get(user=alice), alice)
    assert (to_olga.title, to_olga.url) == (
        "Alpha wrote to the organizers of The cup",
        "/c/cup/console/teams/alpha/messages/",
    )
    assert (to_alice.title, to_alice.url) == (
        "The organizers of The cup wrote to Alpha",
        "/c/cup/team/messages/",
    )
    assert SECRET not in f"{to_olga} {to_alice}"


def test_a_notice_says_nothing_to_a_person_who_has_left(team: Team, bob: User, olga: User) -> None:
    send_message(team=team, body=SECRET, by=olga)
    Membership.objects.filter(user=bob).delete()
    assert text(Notice.objects.get(user=bob), bob).is_moot


def test_events_have_no_text_and_are_not_public(team: Team, alice: User) -> None:
    send_message(team=team, body=SECRET, by=alice)
    event = Event.objects.get(verb="sent message")
    assert (event.facts, event.is_public) == ({"team": team.pk}, False)


@pytest.mark.parametrize(
    ("person", "code"), [("charlie", "not_yours"), ("sam", "not_yours"), ("viktor", "closed")]
)
def test_others_do_not_write(
    person: str, code: str, team: Team, request: pytest.FixtureRequest
) -> None:
    assert refused(team, request.getfixturevalue(person)) == code


@pytest.mark.parametrize(
    ("body", "code"),
    [("", "no_text"), ("x" * (MOST_BODY + 1), "long_text"), ("a\u202eb", "bad_text")],
)
def test_bad_texts_are_refused(body: str, code: str, team: Team, alice: User) -> None:
    assert refused(team, alice, body) == code


def test_a_member_sends_so_many_a_day_and_an_organizer_any_number(
    team: Team, alice: User, bob: User, olga: User
) -> None:
    for _ in range(MESSAGES_PER_DAY):
        send_message(team=team, body=SECRET, by=alice)
        send_message(team=team, body=SECRET, by=olga)
    assert refused(team, alice) == "too_often"
    assert send_message(team=team, body=SECRET, by=olga)
    assert send_message(team=team, body=SECRET, by=bob)
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert send_message(team=team, body=SECRET, by=alice)


def test_a_disqualified_team_writes_and_an_archived_challenge_is_closed(
    team: Team, alice: User
) -> None:
    Team.objects.update(disqualified_at=timezone.now(), disqualified_reason="It cheated.")
    assert send_message(team=team, body=SECRET, by=alice)
    team.challenge.archived_at = timezone.now()
    assert refused(team, alice) == "closed"


def test_a_team_without_members_is_not_written_to(team: Team, olga: User) -> None:
    Membership.objects.all().delete()
    assert refused(team, olga) == "closed"


def test_the_message_stays_when_its_author_deletes_the_account(
    team: Team, bob: User, olga: User, as_user: AsUser
) -> None:
    send_message(team=team, body=SECRET, by=bob)
    delete_account(by=bob)
    page = as_user(olga).get("/c/cup/console/teams/alpha/messages/").content.decode()
    assert SECRET in page
    assert FORMER in page
    assert "Bob" not in page


def test_only_the_full_archive_has_it(team: Team, alice: User) -> None:
    send_message(team=team, body=SECRET, by=alice)
    [table] = [table for table in TABLES if table.model is Message]
    assert not table.public
    assert table.chosen(team.challenge, is_public=False).count() == 1


def test_both_sides_read_and_write_on_their_pages(
    team: Team, alice: User, olga: User, viktor: User, charlie: User, as_user: AsUser
) -> None:
    ours, theirs = "/c/cup/team/messages/", "/c/cup/console/teams/alpha/messages/"
    for person, url in ((alice, ours), (olga, theirs)):
        client = as_user(person)
        said = filled(client, url, body=f"{SECRET} of **{person}**")
        assert client.post(url, said).status_code == 302
    for person, url in ((alice, ours), (olga, theirs), (viktor, theirs)):
        page = as_user(person).get(url).content.decode()
        assert page.count(SECRET) == 2
        assert "<strong>Olga</strong>" in page
        assert ("Send message" in page) == (person != viktor)
    assert as_user(viktor).post(theirs, {"body": SECRET}).status_code == 403
    for url in (ours, theirs, "/c/cup/", "/c/cup/teams/alpha/", "/c/cup/questions/"):
        assert SECRET not in as_user(charlie).get(url).content.decode()
    assert Message.objects.count() == 2


def test_organizers_find_the_messages_of_a_team_that_was_merged(
    team: Team, charlie: User, alice: User, olga: User, as_user: AsUser
) -> None:
    beta = factories.make_team(team.challenge, "Beta", charlie)
    send_message(team=beta, body=SECRET, by=charlie)
    console, old = "/c/cup/console/teams/alpha/messages/", "/c/cup/console/teams/beta/messages/"
    assert old not in as_user(olga).get(console).content.decode()
    Team.objects.filter(pk=beta.pk).update(merged_into=team, merged_at=timezone.now())
    assert f'<a href="{old}">Read its messages</a>' in as_user(olga).get(console).content.decode()
    assert SECRET in as_user(olga).get(old).content.decode()
    ours = as_user(alice).get("/c/cup/team/messages/").content.decode()
    assert old not in ours
    assert SECRET not in ours


def test_a_refused_text_stays_in_its_field(team: Team, alice: User, as_user: AsUser) -> None:
    answer = as_user(alice).post("/c/cup/team/messages/", {"body": f"{SECRET}\u202e"})
    assert answer.status_code == 422
    assert SECRET in answer.content.decode()


def test_the_team_page_and_the_list_of_teams_lead_there(
    team: Team, alice: User, olga: User, as_user: AsUser
) -> None:
    assert "/c/cup/team/messages/" in as_user(alice).get("/c/cup/team/").content.decode()
    send_message(team=team, body=SECRET, by=alice)
    listed = as_user(olga).get("/c/cup/console/teams/").content.decode()
    assert "/c/cup/console/teams/alpha/messages/" in listed
    assert "unanswered" in listed
    send_message(team=team, body=SECRET, by=olga)
    assert "unanswered" not in as_user(olga).get("/c/cup/console/teams/").content.decode()
