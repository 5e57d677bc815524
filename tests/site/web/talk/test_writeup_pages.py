"""The pages of write-ups: the list, one to read, the form, and PDFs."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from podium import files
from podium.accounts.models import User
from podium.challenges.models import Challenge, ShowMembers, Track
from podium.teams.models import Team
from podium.uploads.receiving import Upload
from podium.writeups import actions, attachments
from podium.writeups.models import Attachment, WriteUp, WriteUpVersion
from tests.site.factories import make_team, make_user, make_writeup
from tests.site.writeups.conftest import PDF, move

Clients = Callable[[str], Client]
Pdf = Callable[..., Upload]
LIST = "/c/cup/write-ups/"
ONE = f"{LIST}matching/alpha/"
EDIT = f"{ONE}edit/"
SECRET = "zebra-stripes"
TYPED = {"title": "Our system", "body": "It *works*.", "links": "", "based_on": "0"}
INSIDERS = ("alice", "bob", "olga", "viktor", "mara")
OUTSIDERS = ("anonymous", "charlie", "sam")


def html_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def sent(name: str = "paper.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/html")


@pytest.fixture
def attached(team: Team, track: Track, closed: Challenge, bob: User, pdf: Pdf) -> WriteUp:
    """A write-up of a published version with a paper, and a draft with another and slides."""
    words: dict[str, Any] = {"team": team, "track": track, "body": "Text.", "by": bob}
    first = actions.save(title="First", paper=pdf("a.pdf"), based_on=0, **words)
    actions.save(
        title=SECRET, paper=pdf("b.pdf", PDF + b"2"), slides=pdf("s.pdf"), based_on=1, **words
    )
    writeup = first.writeup
    return actions.publish(writeup=writeup, version=first, by=team.captain)


# The list ----------------------------------------------------------------------------------------


def test_before_the_close_the_list_says_when(
    team: Team, track: Track, client_of: Clients, alice: User
) -> None:
    assert "Published after the close" in html_of(client_of("anonymous"), LIST)
    html = html_of(client_of("alice"), LIST)
    assert "nothing written yet" in html
    assert EDIT in html
    assert "Write now, publish later" in html


def test_after_the_close_an_empty_list_says_what_appears(
    track: Track, closed: Challenge, client_of: Clients
) -> None:
    assert "Nothing published yet" in html_of(client_of("anonymous"), LIST)


@pytest.mark.parametrize("person", OUTSIDERS)
def test_others_are_told_of_nothing_but_what_is_published(
    attached: WriteUp, client_of: Clients, charlie: User, track: Track, person: str
) -> None:
    make_writeup(make_team(track.challenge, "Beta", make_user("bea")), track, title=SECRET)
    client = client_of(person)
    for address in (LIST, ONE, "/c/cup/teams/alpha/", "/c/cup/teams/beta/", "/c/cup/"):
        html = html_of(client, address)
        assert SECRET not in html
        assert "b.pdf" not in html
        assert "write-ups/matching/beta" not in html
    assert "First" in html_of(client, LIST)
    assert client.get(f"{LIST}matching/beta/").status_code == 404


def test_organizers_find_what_is_not_public(
    team: Team, track: Track, client_of: Clients, viktor: User
) -> None:
    make_writeup(team, track, title=SECRET)
    html = html_of(client_of("viktor"), LIST)
    assert "Not public" in html
    assert ONE in html
    assert SECRET in html_of(client_of("viktor"), ONE)


def test_the_list_costs_as_much_for_many_as_for_one(
    team: Team,
    track: Track,
    closed: Challenge,
    client_of: Clients,
    olga: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = client_of("olga")
    for number in range(12):
        other = make_team(closed, f"Team {number}", make_user(f"u{number}"))
        make_writeup(other, track, published=number % 2 == 0)
    with django_assert_max_num_queries(18):
        assert html_of(client, LIST).count("/write-ups/matching/team-") == 12


# One write-up ------------------------------------------------------------------------------------


def test_a_page_shows_words_links_and_files(
    team: Team, track: Track, closed: Challenge, client_of: Clients, alice: User, pdf: Pdf
) -> None:
    saved = actions.save(
        team=team, track=track, title="A <b> title", body="## How\n<script>x</script>",
        links=[{"url": "https://evil.example/a", "title": "Bank <i>"}],
        paper=pdf("my.pdf"), based_on=0, by=alice,
    )  # fmt: skip
    actions.publish(writeup=saved.writeup, version=saved, by=alice)
    html = html_of(client_of("anonymous"), ONE)
    assert "A &lt;b&gt; title" in html
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", html)]
    assert levels[:3] == [1, 2, 3], "the team's own headings stand below one of the page"
    assert "<script>x" not in html
    assert 'rel="nofollow noopener noreferrer ugc">Bank &lt;i&gt;</a>' in html
    assert "evil.example</span>" in html
    assert f"{ONE}1/paper.pdf" in html


def test_authors_and_versions_are_told_to_the_team_and_organizers_alone(
    attached: WriteUp, client_of: Clients, bob: User, olga: User
) -> None:
    Challenge.objects.update(show_members=ShowMembers.ORGANIZERS)
    html = html_of(client_of("anonymous"), ONE)
    assert "Bob" not in html
    assert "Versions" not in html
    html = html_of(client_of("olga"), ONE)
    assert "by Bob" in html
    assert "Versions" in html


@pytest.mark.parametrize("number", ["2", "3", "0", "x", "-1", "9" * 30, "1.0", "²"])
def test_other_versions_do_not_exist_for_others(
    attached: WriteUp, client_of: Clients, number: str
) -> None:
    client = client_of("anonymous")
    assert client.get(f"{ONE}?version=1").status_code == 200
    assert client.get(f"{ONE}?version={number}").status_code == 404


def test_the_team_reads_every_version(attached: WriteUp, client_of: Clients) -> None:
    bob = client_of("bob")
    assert SECRET in html_of(bob, ONE)
    html = html_of(bob, f"{ONE}?version=1")
    assert "<h1>First</h1>" in html
    assert "This version is public" in html
    assert "Publish version" not in html  # which the captain does


def test_the_captain_publishes_and_takes_back_on_the_page(
    attached: WriteUp, client_of: Clients
) -> None:
    alice, anonymous = client_of("alice"), client_of("anonymous")
    assert "Publish version 2" in html_of(alice, ONE)
    html = alice.post(f"{ONE}do/publish/", {"version": "2"}, follow=True).content.decode()
    assert "This version is public" in html
    assert SECRET in html_of(anonymous, ONE)
    alice.post(f"{ONE}do/take-back/")
    assert anonymous.get(ONE).status_code == 404
    assert SECRET not in html_of(anonymous, LIST)


@pytest.mark.parametrize("version", ["", "9", "x", "²"])
def test_a_version_that_is_none_is_not_published(
    attached: WriteUp, client_of: Clients, version: str
) -> None:
    answer = client_of("alice").post(f"{ONE}do/publish/", {"version": version})
    assert answer.status_code == 404


def test_a_refusal_is_told(team: Team, track: Track, client_of: Clients, alice: User) -> None:
    make_writeup(team, track)
    answer = client_of("alice").post(f"{ONE}do/publish/", {"version": "1"}, follow=True)
    assert "can be published from the close on" in answer.content.decode()


def test_organizers_hide_with_a_reason_that_the_team_reads(
    attached: WriteUp, client_of: Clients, mara: User
) -> None:
    client = client_of("mara")
    refused = client.post(f"{ONE}do/hide/", {"reason": " "})
    assert refused.status_code == 422
    assert "needs a letter" in refused.content.decode()
    client.post(f"{ONE}do/hide/", {"reason": "It names rows."})
    assert client_of("anonymous").get(ONE).status_code == 404
    assert "First" not in html_of(client_of("anonymous"), LIST)
    assert "It names rows." in html_of(client_of("bob"), ONE)
    client.post(f"{ONE}do/show/")
    assert client_of("anonymous").get(ONE).status_code == 200


@pytest.mark.parametrize("verb", ["publish", "take-back", "hide", "show", "none"])
def test_others_do_nothing(attached: WriteUp, client_of: Clients, charlie: User, verb: str) -> None:
    answer = client_of("charlie").post(f"{ONE}do/{verb}/", {"version": "2", "reason": "No."})
    assert answer.status_code == 404
    attached.refresh_from_db()
    assert (attached.hidden_at, attached.published_version.number) == (None, 1)  # type: ignore[union-attr]


def test_the_page_of_a_disqualified_team_is_gone(attached: WriteUp, client_of: Clients) -> None:
    Team.objects.update(disqualified_at=timezone.now(), disqualified_reason="Cheated.")
    anonymous = client_of("anonymous")
    assert anonymous.get(ONE).status_code == 404
    assert anonymous.get(f"{ONE}1/paper.pdf").status_code == 404
    assert "First" not in html_of(anonymous, LIST)
    assert "disqualified" in html_of(client_of("bob"), ONE)


# The form ----------------------------------------------------------------------------------------


def test_a_member_writes_with_files_and_finds_them_again(
    team: Team, track: Track, client_of: Clients, bob: User, kept: Callable[[], list[str]]
) -> None:
    client = client_of("bob")
    links = "https://example.org/code Our code\r\n\r\nhttps://models.example.org"
    answer = client.post(
        EDIT, TYPED | {"links": links, "paper": sent("Ä paper.PDF"), "slides": sent("s.pdf")}
    )
    assert answer.headers["Location"] == ONE
    version = WriteUpVersion.objects.get()
    assert version.links == [
        {"url": "https://example.org/code", "title": "Our code"},
        {"url": "https://models.example.org", "title": "models.example.org"},
    ]
    assert version.paper
    assert version.slides
    html = html_of(client, EDIT)
    assert "https://example.org/code Our code" in html
    assert "“s.pdf” stays unless you choose another" in html
    assert 'name="based_on" value="1"' in html
    client.post(EDIT, TYPED | {"based_on": "1", "remove_paper": "on"})
    version = WriteUpVersion.objects.get(number=2)
    assert (version.paper, version.slides is not None, version.links) == (None, True, [])
    assert len(kept()) == 2


def test_a_preview_saves_nothing_and_keeps_the_words(
    team: Team, track: Track, client_of: Clients, bob: User, kept: Callable[[], list[str]]
) -> None:
    answer = client_of("bob").post(EDIT, TYPED | {"preview": "1", "paper": sent()})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<em>works</em>" in html
    assert "It *works*.</textarea>" in html
    assert not WriteUp.objects.exists()
    assert kept() == []


@pytest.mark.parametrize("wish", [{}, {"preview": "1"}])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": "…"}, "needs a letter or a digit"),
        ({"body": ""}, "This field is required"),
        ({"body": "a\u202eb"}, "invisible character"),
        ({"links": "ftp://a.example x"}, "A link begins with https://"),
        ({"links": "https://a.example\n" * 11}, "11 links"),
        ({"paper": b"<html>"}, "is not a PDF"),
        ({"slides": b""}, "is not a PDF"),
        ({"based_on": "x"}, "whole number"),
        ({"based_on": ""}, "required"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(
    team: Team,
    track: Track,
    client_of: Clients,
    bob: User,
    kept: Callable[[], list[str]],
    changes: dict[str, Any],
    words: str,
    wish: dict[str, str],
) -> None:
    made = {
        name: sent("x.pdf", value) if isinstance(value, bytes) else value
        for name, value in changes.items()
    }
    answer = client_of("bob").post(EDIT, {**TYPED, "title": "Kept title", **made, **wish})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html
    assert "title" in changes or "Kept title" in html
    assert not WriteUp.objects.exists()
    assert kept() == []


def test_a_file_above_the_limit_is_told_beside_its_field(
    team: Team, track: Track, client_of: Clients, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MOST_BYTES", len(PDF))
    big = sent("big.pdf", PDF + b"x")
    html = client_of("bob").post(EDIT, TYPED | {"paper": big, "slides": sent()}).content.decode()
    assert '<a href="#id_paper">Paper</a>: The file is larger than' in html
    assert "id_slides_error" not in html
    assert not WriteUp.objects.exists()


def _full_disk(buffering: int, **_: Any) -> Any:
    return Path("/dev/full").open("wb", buffering)


def test_a_full_disk_is_told_on_the_page(
    team: Team, track: Track, client_of: Clients, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = "podium.uploads.receiving.tempfile.TemporaryFile"
    monkeypatch.setattr(full, _full_disk)
    html = client_of("bob").post(EDIT, TYPED | {"paper": sent()}).content.decode()
    assert "There is no room for the file on our side" in html
    assert not WriteUp.objects.exists()


def test_only_two_files_are_taken(
    team: Team, track: Track, client_of: Clients, bob: User, kept: Callable[[], list[str]]
) -> None:
    client_of("bob").post(EDIT, TYPED | {"paper": [sent(), sent("2.pdf")], "other": sent()})
    assert Attachment.objects.get().name == "paper.pdf"
    assert len(kept()) == 1


def test_who_saves_over_somebody_is_told_and_keeps_the_words(
    team: Team, track: Track, client_of: Clients, alice: User
) -> None:
    client_of("alice").post(EDIT, TYPED)
    bob = client_of("bob")
    mine = TYPED | {"body": "Mine, not hers."}
    answer = bob.post(EDIT, mine)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Version 1 was saved by Alice while you were writing" in html
    assert "Mine, not hers.</textarea>" in html
    assert 'name="based_on" value="1"' in html
    assert f'<a href="{ONE}">Version 1 as it is saved</a>' in html
    bob.post(EDIT, mine | {"based_on": "1"})
    assert WriteUpVersion.objects.get(number=2).body == "Mine, not hers."


@pytest.mark.parametrize("person", ["charlie", "olga", "viktor", "sam"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_others_have_no_form(
    attached: WriteUp, client_of: Clients, request: pytest.FixtureRequest, person: str, method: str
) -> None:
    assert getattr(client_of(person), method)(EDIT).status_code == 404


def test_a_form_needs_its_token(team: Team, track: Track, bob: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(EDIT, TYPED).status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', html_of(client, EDIT))
    assert token
    answer = client.post(EDIT, TYPED | {"csrfmiddlewaretoken": token[1], "paper": sent()})
    assert answer.status_code == 302


# PDFs --------------------------------------------------------------------------------------------


def test_a_published_pdf_is_sent_to_be_saved_and_runs_nothing(
    attached: WriteUp, client_of: Clients
) -> None:
    answer = client_of("anonymous").get(f"{ONE}1/paper.pdf")
    assert body(answer) == PDF
    head = answer.headers
    assert head["Content-Type"] == "application/pdf"
    assert head["Content-Disposition"] == 'attachment; filename="a.pdf"'
    assert head["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in head["Content-Security-Policy"]
    assert "default-src 'none'" in head["Content-Security-Policy"]
    assert "private" in head["Cache-Control"]


def test_parts_and_what_is_known_already_are_answered_so(
    attached: WriteUp, client_of: Clients
) -> None:
    client = client_of("anonymous")
    part = client.get(f"{ONE}1/paper.pdf", headers={"Range": "bytes=0-4"})
    assert (part.status_code, body(part)) == (206, b"%PDF-")
    known = client.get(f"{ONE}1/paper.pdf", headers={"If-None-Match": part.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    head = client.head(f"{ONE}1/paper.pdf")
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(PDF)))


@pytest.mark.parametrize("person", OUTSIDERS)
@pytest.mark.parametrize("address", ["2/paper", "2/slides", "1/slides", "3/paper", "1/body"])
def test_other_pdfs_do_not_exist_for_others(
    attached: WriteUp, client_of: Clients, charlie: User, person: str, address: str
) -> None:
    tag = f'"{Attachment.objects.get(name="b.pdf").sha256}"'
    client = client_of(person)
    for headers in ({}, {"If-None-Match": tag}, {"Range": "bytes=0-1"}):
        assert client.get(f"{ONE}{address}.pdf", headers=headers).status_code == 404


@pytest.mark.parametrize("person", INSIDERS)
def test_the_team_and_organizers_get_every_pdf(
    request: pytest.FixtureRequest, attached: WriteUp, client_of: Clients, person: str
) -> None:
    client = client_of(person)
    assert body(client.get(f"{ONE}2/paper.pdf")) == PDF + b"2"
    assert body(client.get(f"{ONE}2/slides.pdf")) == PDF
    assert client.get(f"{ONE}1/slides.pdf").status_code == 404


def test_a_pdf_is_always_sent_by_this_site(
    attached: WriteUp, client_of: Clients, settings: Settings
) -> None:
    settings.X_ACCEL_PREFIX, settings.DOWNLOAD_REDIRECT = "/files/", True
    answer = client_of("anonymous").get(f"{ONE}1/paper.pdf")
    assert "X-Accel-Redirect" not in answer.headers
    assert body(answer) == PDF


def test_a_lost_file_is_not_there(attached: WriteUp, client_of: Clients) -> None:
    version = attached.published_version
    assert version
    assert version.paper
    files.private().delete(version.paper.file)
    assert client_of("anonymous").get(f"{ONE}1/paper.pdf").status_code == 404


def test_a_challenge_that_opens_again_shows_nothing(attached: WriteUp, client_of: Clients) -> None:
    move(attached.team.challenge, closes_at=1)
    anonymous = client_of("anonymous")
    assert anonymous.get(ONE).status_code == 404
    assert anonymous.get(f"{ONE}1/paper.pdf").status_code == 404
    assert "First" not in html_of(anonymous, LIST)
