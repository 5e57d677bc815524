"""Announcements for some teams: exactly their members are notified, and nobody else reads them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.archives.tables import TABLES
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.export import definition_text
from podium.challenges.models import Announcement, Challenge, Task
from podium.discussions.models import Addressee
from podium.notices import telling
from podium.notices.audiences import Audience, TeamState
from podium.notices.models import Kind, Notice
from podium.notices.texts import text
from podium.submissions.models import State
from podium.teams.models import Membership, Team
from tests.site import factories

pytestmark = pytest.mark.dialect
AsUser = Callable[[User | None], Client]
SECRET = "zebra-stripes"


@pytest.fixture
def others(challenge: Challenge, charlie: User) -> Team:
    """Another team, which never submits."""
    return factories.make_team(challenge, "Beta", charlie)


def fill(client: Client, challenge: Challenge, **said: str) -> str:
    """Fill in a new announcement and return the page that says what it does."""
    url = reverse("console-new-announcement", args=[challenge.slug])
    return client.post(url, {"title": "News", "body": SECRET, **said}).content.decode()


def announce(client: Client, challenge: Challenge, **said: str) -> None:
    """Announce something, having read what it does."""
    shown = fill(client, challenge, **said)
    read = shown.partition('name="fingerprint" value="')[2].partition('"')[0]
    url = reverse("console-new-announcement", args=[challenge.slug])
    said = {"title": "News", "body": SECRET, **said, "fingerprint": read}
    assert client.post(url, said).status_code == 302


def told() -> list[str]:
    rows = Notice.objects.filter(kind=Kind.ANNOUNCEMENT).order_by("user__name")
    return list(rows.values_list("user__name", flat=True))


@pytest.fixture
def silent(
    team: Team, others: Team, matching_task: Task, olga: User, as_user: AsUser
) -> Announcement:
    """An announcement for the teams without a scored submission: for Beta."""
    factories.make_submission(team, matching_task)
    announce(as_user(olga), team.challenge, state="unscored")
    return Announcement.objects.get()


def test_only_members_of_its_teams_are_notified_and_once(silent: Announcement) -> None:
    telling.sweep()
    telling.sweep()
    assert told() == ["Charlie"]
    notice = Notice.objects.get(kind=Kind.ANNOUNCEMENT)
    assert SECRET in text(notice, notice.user).body


def test_the_event_says_who_it_is_for_and_is_not_public(silent: Announcement, others: Team) -> None:
    event = Event.objects.get(verb=Verb.ANNOUNCED_TO_TEAMS)
    assert event.facts["audience"] == "teams without a scored submission"
    assert event.facts["teams"] == [others.pk]
    assert not event.is_public
    assert SECRET not in str(event.facts)


def test_only_its_teams_read_it_on_the_page_and_by_the_api(
    silent: Announcement, alice: User, charlie: User, as_user: AsUser
) -> None:
    slug = silent.challenge.slug
    for place in (f"/c/{slug}/", f"/api/v1/challenges/{slug}"):
        for reader, sees in ((None, False), (alice, False), (charlie, True)):
            assert (SECRET in as_user(reader).get(place).content.decode()) == sees


def test_who_leaves_the_team_no_longer_reads_the_notice(
    silent: Announcement, charlie: User
) -> None:
    telling.sweep()
    Membership.objects.filter(user=charlie).delete()
    assert SECRET not in str(text(Notice.objects.get(kind=Kind.ANNOUNCEMENT), charlie))


def test_a_team_that_took_it_in_reads_it(silent: Announcement, team: Team, others: Team) -> None:
    Team.objects.filter(pk=others.pk).update(merged_into=team, merged_at=timezone.now())
    alice = team.captain
    assert alice is not None
    telling.announce(silent)
    notice = factories.make_notice(alice, factories.make_submission(team, Task.objects.get()))
    notice.kind, notice.facts = Kind.ANNOUNCEMENT, {"announcement": silent.pk}
    assert SECRET in text(notice, alice).body


def test_it_stays_hidden_when_its_team_is_gone(silent: Announcement, as_user: AsUser) -> None:
    Addressee.objects.all().delete()
    page = as_user(None).get(f"/c/{silent.challenge.slug}/").content.decode()
    assert SECRET not in page


def test_neither_the_file_nor_the_public_archive_has_it(silent: Announcement) -> None:
    assert SECRET not in definition_text(silent.challenge)
    [table] = [table for table in TABLES if table.model is Announcement]
    assert not table.chosen(silent.challenge, is_public=True).exists()
    assert table.chosen(silent.challenge, is_public=False).exists()
    [addressees] = [table for table in TABLES if table.model is Addressee]
    assert not addressees.public


def test_the_plan_counts_people_and_teams(
    team: Team, others: Team, olga: User, as_user: AsUser
) -> None:
    shown = fill(as_user(olga), team.challenge, state="unscored")
    assert "3 people in 2 teams: teams without a scored submission. Nobody else" in shown
    shown = fill(as_user(olga), team.challenge)
    assert "4 people: everybody in a team and every organizer." in shown
    assert "Nobody is notified again" not in shown


def test_nothing_is_announced_if_the_teams_changed_since(
    team: Team, matching_task: Task, others: Team, olga: User, as_user: AsUser
) -> None:
    client = as_user(olga)
    shown = fill(client, team.challenge, state="unscored")
    read = shown.partition('name="fingerprint" value="')[2].partition('"')[0]
    factories.make_submission(team, matching_task)
    url = reverse("console-new-announcement", args=[team.challenge.slug])
    said = {"title": "News", "body": SECRET, "state": "unscored", "fingerprint": read}
    assert client.post(url, said).status_code == 422
    assert not Announcement.objects.exists()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"state": "ranked"}, "Choose other teams"),
        ({"state": "winners"}, "Select a valid choice"),
        ({"track": "sorting"}, "Select a valid choice"),
        ({"state": "silent", "days": "0"}, "greater than or equal to 1"),
        ({"body": ""}, "This field is required"),
    ],
)
def test_bad_input_is_refused_at_its_field(
    said: dict[str, str], why: str, team: Team, olga: User, as_user: AsUser
) -> None:
    assert why in fill(as_user(olga), team.challenge, **said)
    assert not Announcement.objects.exists()


def test_the_states(team: Team, others: Team, matching_task: Task) -> None:
    challenge, track = team.challenge, matching_task.track

    def names(state: str = TeamState.ANY, days: int = 7, *, in_track: bool = False) -> list[str]:
        chosen = Audience(challenge, track if in_track else None, state, days)
        return [each.name for each in chosen.teams()]

    sent = factories.make_submission(team, matching_task, State.REJECTED)
    assert names() == names(TeamState.UNSCORED) == ["Alpha", "Beta"]
    assert names(in_track=True) == ["Alpha"]
    assert names(TeamState.UNCHOSEN) == names(TeamState.RANKED) == []
    assert names(TeamState.SILENT) == ["Beta"]
    type(sent).objects.update(received_at=timezone.now() - timedelta(days=3))
    assert names(TeamState.SILENT, 2) == ["Alpha", "Beta"]
    scored = factories.make_submission(team, matching_task)
    assert names(TeamState.UNCHOSEN, in_track=True) == ["Alpha"]
    type(scored).objects.filter(pk=scored.pk).update(selected_at=timezone.now())
    assert names(TeamState.UNCHOSEN) == []
    Team.objects.filter(pk=others.pk).update(
        disqualified_at=timezone.now(), disqualified_reason="It cheated."
    )
    assert names(TeamState.UNSCORED) == []


@pytest.mark.parametrize("name", ["deadline", "solution", "final-week", "workshop"])
def test_a_template_fills_in_a_text_to_edit(
    name: str, challenge: Challenge, olga: User, as_user: AsUser
) -> None:
    listed = as_user(olga).get(reverse("console-announcements", args=[challenge.slug]))
    assert f"?template={name}" in listed.content.decode()
    url = reverse("console-new-announcement", args=[challenge.slug])
    page = as_user(olga).get(f"{url}?template={name}")
    form = page.context["form"]
    assert form.initial["title"]
    assert len(form.initial["body"]) > 100
    unknown = as_user(olga).get(f"{url}?template=unknown")
    assert unknown.context["form"].initial == {}


def test_one_for_everybody_reaches_teams_and_organizers(
    team: Team, others: Team, olga: User, as_user: AsUser
) -> None:
    announce(as_user(olga), team.challenge)
    telling.sweep()
    assert told() == ["Alice", "Bob", "Charlie", "Olga"]
    assert SECRET in as_user(None).get(f"/c/{team.challenge.slug}/").content.decode()
