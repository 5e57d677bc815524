"""Where else write-ups and the consent to research appear: files, team pages, navigation."""

import csv
import io
import json
import os
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from podium import files
from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Challenge, DeletedAccounts, Task, Track
from podium.teams.actions import accept_rules, say_research_use
from podium.teams.deleting import delete_account
from podium.teams.departure import FORMER
from podium.teams.models import Team
from podium.web.account.account_data import export
from podium.writeups import attachments
from podium.writeups.models import WriteUp, WriteUpVersion
from podium.writeups.tasks import tidy
from tests.site.factories import (
    make_attachment,
    make_submission,
    make_team,
    make_user,
    make_writeup,
)
from tests.site.writeups.conftest import move

Clients = Callable[[str], Client]
FILE = "/c/cup/console/teams.csv"


def rows_of(client: Client) -> dict[str, dict[str, str]]:
    """Return the rows of the organizers' file by the teams' names."""
    answer = client.get(FILE)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="cup-teams.csv"' in answer.headers["Content-Disposition"]
    return {row["team"]: row for row in csv.DictReader(io.StringIO(answer.content.decode()))}


# The organizers' file ----------------------------------------------------------------------------


def test_it_has_the_consent_with_who_said_it_when_and_under_which_rules(
    team: Team, matching_task: Task, track: Track, client_of: Clients, alice: User, viktor: User
) -> None:
    accept_rules(challenge=team.challenge, by=alice)
    say_research_use(team=team, answer="no", by=alice)
    say_research_use(team=team, answer="yes", by=alice)
    make_submission(team, matching_task)
    make_submission(team, matching_task)
    make_writeup(team, track, published=True)
    make_writeup(team, track)
    make_team(team.challenge, "=1+1", make_user("eve"))
    make_team(team.challenge, "Baseline", baseline="trivial")
    before = timezone.now()
    found = rows_of(client_of("viktor"))
    assert set(found) == {"Alpha", "'=1+1"}
    row = found["Alpha"]
    event = Event.objects.filter(verb="answered about research").latest("pk")
    assert row["research_said_at"] == f"{event.at:%Y-%m-%dT%H:%M:%SZ}"
    assert (row["research_use"], row["research_said_by"]) == ("yes", "Alice")
    assert row["research_rules"] == team.challenge.rules_hash
    assert (row["members"], row["entered_tasks"]) == ("2", "matching-task")
    assert row["write_ups"] == "matching: version 1 published, 2 saved"
    assert row["disqualified"] == "no"
    other = found["'=1+1"]
    assert (other["research_use"], other["research_said_by"]) == ("not answered", "")
    assert (other["members"], other["entered_tasks"], other["write_ups"]) == ("1", "", "")
    told = Event.objects.get(verb="downloaded teams")
    assert (told.actor_id, told.challenge, told.facts) == (viktor.pk, "cup", {})
    assert told.at >= before


def test_who_deleted_their_account_is_not_named(
    team: Team, client_of: Clients, alice: User, bob: User, olga: User
) -> None:
    say_research_use(team=team, answer="yes", by=alice)
    Team.objects.filter(pk=team.pk).update(captain=bob)
    delete_account(by=alice)
    assert rows_of(client_of("olga"))["Alpha"]["research_said_by"] == FORMER


@pytest.mark.parametrize(
    ("person", "status"),
    [("anonymous", 302), ("alice", 404), ("charlie", 404), ("sam", 404), ("viktor", 200)],
)
def test_the_file_is_for_organizers_and_recorded(
    request: pytest.FixtureRequest, team: Team, client_of: Clients, person: str, status: int
) -> None:
    client = client_of(person)
    assert client.get(FILE).status_code == status
    assert Event.objects.filter(verb="downloaded teams").exists() == (status == 200)
    assert client.post(FILE).status_code == 405


def test_the_file_takes_as_many_queries_for_many_teams(
    team: Team,
    track: Track,
    client_of: Clients,
    olga: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = client_of("olga")
    for number in range(8):
        captain = make_user(f"u{number}")
        made = make_team(team.challenge, f"T{number}", captain)
        make_writeup(made, track)
        accept_rules(challenge=team.challenge, by=captain)
        say_research_use(team=made, answer="yes", by=captain)
    with django_assert_max_num_queries(16):
        found = rows_of(client)
    rules = [row["research_rules"] for row in found.values()]
    assert sorted(rules) == ["", *[team.challenge.rules_hash] * 8]


def test_the_console_leads_to_the_file(team: Team, client_of: Clients, viktor: User) -> None:
    assert FILE in client_of("viktor").get("/c/cup/console/").content.decode()


# A person's own data -----------------------------------------------------------------------------


def test_the_zip_of_a_person_has_the_versions_that_they_wrote(
    team: Team, track: Track, alice: User, bob: User
) -> None:
    writeup = make_writeup(team, track, title="Hers")
    make_writeup(team, track, title="His", body="Words.", links=[{"title": "a", "url": "b"}])
    paper = make_attachment(writeup)
    WriteUpVersion.objects.filter(title="His").update(by=bob, paper=paper)
    with zipfile.ZipFile(io.BytesIO(b"".join(export(bob)))) as archive:
        (row,) = json.loads(archive.read("writeups.json"))
        assert "writeups.json" in archive.read("README.txt").decode()
    pdf = {"name": "paper.pdf", "size": paper.size, "sha256": paper.sha256}
    assert row.pop("at")
    assert row == {
        "challenge": "cup",
        "track": "matching",
        "team": "Alpha",
        "number": 2,
        "title": "His",
        "body": "Words.",
        "links": [{"title": "a", "url": "b"}],
        "paper": pdf,
        "slides": None,
    }


def test_write_ups_go_with_submissions_that_go_with_an_account(
    challenge: Challenge,
    matching_task: Task,
    charlie: User,
    kept: Callable[[], list[str]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    challenge.deleted_accounts = DeletedAccounts.REMOVE
    challenge.save()
    team = make_team(challenge, "Solo", charlie)
    make_submission(team, matching_task)
    make_attachment(make_writeup(team, matching_task.track))
    assert len(kept()) == 1
    with django_capture_on_commit_callbacks(execute=True):
        delete_account(by=charlie)
    assert not WriteUp.objects.exists()
    assert kept() == []


@pytest.mark.parametrize("published", [False, True])
def test_what_is_not_published_goes_with_the_account_of_the_last_member(
    matching_task: Task,
    charlie: User,
    team: Team,
    kept: Callable[[], list[str]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    published: bool,
) -> None:
    track, lone = matching_task.track, make_team(team.challenge, "Solo", charlie)
    make_submission(lone, matching_task)
    others = make_writeup(team, track)
    writeup = make_writeup(lone, track, title="First")
    paper, draft = make_attachment(writeup), make_attachment(writeup)
    writeup.versions.update(paper=paper)
    if published:
        writeup.published_version = writeup.versions.get()
        writeup.published_at = timezone.now()
        writeup.save()
    make_writeup(lone, track, title="Second", slides=draft)
    with django_capture_on_commit_callbacks(execute=True):
        delete_account(by=charlie)
    found = list(WriteUp.objects.exclude(pk=others.pk))
    assert [each.pk for each in found] == ([writeup.pk] if published else [])
    titles = WriteUpVersion.objects.filter(writeup__in=found).values_list("title", flat=True)
    assert list(titles) == (["First"] if published else [])
    assert kept() == ([paper.file] if published else [])
    assert others.versions.count() == 1


def test_drafts_of_a_team_that_goes_on_stay(team: Team, matching_task: Task, bob: User) -> None:
    writeup = make_writeup(team, matching_task.track)
    delete_account(by=bob)
    assert writeup.versions.count() == 1


# What killed processes leave ---------------------------------------------------------------------


def test_a_pdf_that_no_write_up_knows_of_is_deleted_once_it_is_old(
    team: Team, track: Track, kept: Callable[[], list[str]]
) -> None:
    known = make_attachment(make_writeup(team, track))
    for name in ("lost.pdf", "saved-now.pdf"):
        files.private().save(f"writeups/{name}", ContentFile(b"%PDF-"))
    old = (timezone.now() - timedelta(hours=7)).timestamp()
    for name in (known.file, "writeups/lost.pdf"):
        os.utime(files.private().path(name), (old, old))
    tidy()
    assert sorted(kept()) == sorted([known.file, "writeups/saved-now.pdf"])
    tidy()
    assert len(kept()) == 2


def test_where_no_pdf_ever_was_there_is_nothing_to_tidy(db: None) -> None:
    assert attachments.tidy() == 0


# Links -------------------------------------------------------------------------------------------


def test_the_navigation_leads_to_what_is_told_once_it_is(
    challenge: Challenge, client_of: Clients
) -> None:
    def links() -> list[bool]:
        html = client_of("anonymous").get("/c/cup/").content.decode()
        bar = html[html.index("<nav") : html.index("</nav>")]
        return ["/c/cup/finalists/" in bar, "/c/cup/write-ups/" in bar]

    assert links() == [False, False]
    move(challenge, team_freeze_at=-2, closes_at=-1, reveal_at=7)
    assert links() == [False, True]
    move(challenge, reveal_at=0)
    Challenge.objects.update(revealed_at=timezone.now())
    assert links() == [True, False]
    finalists = client_of("anonymous").get("/c/cup/finalists/").content.decode()
    assert "/c/cup/write-ups/" in finalists


def test_a_teams_page_links_what_it_has_published(
    team: Team, track: Track, closed: Challenge, client_of: Clients, alice: User
) -> None:
    page = "/c/cup/teams/alpha/"
    make_writeup(team, track, title="Draft words")
    assert "Draft words" not in client_of("anonymous").get(page).content.decode()
    assert "/c/cup/write-ups/" in client_of("alice").get("/c/cup/team/").content.decode()
    make_writeup(team, track, published=True, title="Open words")
    html = client_of("anonymous").get(page).content.decode()
    assert "Open words" in html
    assert "Draft words" not in html
