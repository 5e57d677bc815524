"""Write-ups over the API: saved with PDFs, published from the close on, hidden, shown."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
from podium.teams.models import Team
from podium.writeups import attachments
from podium.writeups.models import WriteUpVersion
from tests.site import factories
from tests.site.api.callers import Caller, problem
from tests.site.api.conftest import As

ALL = "challenges/cup/write-ups"
OWN = f"{ALL}/matching"
ONE = f"{OWN}/alpha"
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4
WORDS: dict[str, Any] = {"title": "How it works", "body": "We *block* first.", "based_on": 0}


@pytest.fixture(autouse=True)
def _entered(matching_task: Task, team: Team) -> None:
    """Alice's team in a challenge with a track."""


@pytest.fixture
def closed(challenge: Challenge) -> Challenge:
    for name, days in (("team_freeze_at", -2), ("closes_at", -1), ("reveal_at", 7)):
        setattr(challenge, name, timezone.now() + timedelta(days=days))
    challenge.save()
    return challenge


def form(words: Any, **pdfs: bytes) -> dict[str, Any]:
    document = words if isinstance(words, str) else json.dumps(words)
    sent = {kind: ContentFile(content, f"{kind}.pdf") for kind, content in pdfs.items()}
    return {"document": document, **sent}


def test_a_write_up_is_saved_and_read_by_its_team(
    alice: User, bob: User, charlie: User, olga: User, calls: As
) -> None:
    caller = calls(bob)
    links = [{"url": "https://code.example.org/alpha", "title": ""}]
    answer = caller.post(OWN, {**WORDS, "links": links})
    made = answer.json()
    assert (answer.status_code, made["number"], made["is_mine"]) == (201, 1, True)
    assert answer.headers["Location"] == f"/api/v1/{ONE}"
    assert made["links"] == [{"url": links[0]["url"], "title": "code.example.org"}]
    assert "closes" in made["why_not_published"] or made["why_not_published"]
    assert [each["by"] for each in made["versions"]] == ["Bob"]
    second = calls(alice).post(OWN, {**WORDS, "title": "How it really works", "based_on": 1}).json()
    assert (second["number"], len(second["versions"])) == (2, 2)
    assert caller.get(f"{ONE}?version=1").json()["title"] == "How it works"
    assert calls(olga).get(ONE).json()["number"] == 2
    for path in (ONE, f"{ONE}?version=1"):
        problem(calls(charlie).get(path), 404, "not_found")
    assert calls(charlie).get(ALL).json()["count"] == 0
    (listed,) = caller.get(f"{ALL}?mine=true&track=matching").json()["items"]
    assert (listed["title"], listed["is_public"]) == ("How it really works", False)
    assert caller.get(f"{ALL}?track=classification").json()["count"] == 0


def test_the_list_takes_as_many_queries_for_many(
    closed: Challenge,
    charlie: User,
    calls: As,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    track = closed.tracks.get(kind="matching")
    for number in range(12):
        made = factories.make_team(closed, f"T{number:02}", factories.make_user(f"u{number}"))
        factories.make_writeup(made, track, title="Public", published=True)
        factories.make_writeup(made, track, title="Draft")
    caller = calls(charlie)
    with django_assert_max_num_queries(20):
        items = caller.get(ALL).json()["items"]
    assert [(each["title"], each["number"]) for each in items] == [("Public", 1)] * 12


def test_pdfs_come_with_a_form_and_are_given_back(alice: User, charlie: User, calls: As) -> None:
    caller = calls(alice)
    answer = caller.send(OWN, form(WORDS, paper=PDF, slides=PDF + b"2"))
    made = answer.json()
    assert answer.status_code == 201, made
    assert (made["paper"]["name"], made["paper"]["bytes"]) == ("paper.pdf", len(PDF))
    url = made["paper"]["url"]
    got = caller.get(url)
    assert got.getvalue() == PDF
    assert got.headers["ETag"] == f'"{made["paper"]["sha256"]}"'
    assert got.headers["Content-Type"] == "application/pdf"
    part = caller.get(url, Range="bytes=1-3")
    assert (part.status_code, part.getvalue()) == (206, b"PDF")
    problem(calls(charlie).get(url), 404, "not_found")
    second = caller.post(OWN, {**WORDS, "based_on": 1, "remove": ["slides"]}).json()
    assert (second["paper"]["sha256"], second["slides"]) == (made["paper"]["sha256"], None)
    problem(caller.get(second["paper"]["url"].replace("paper", "slides")), 404, "not_found")


def test_what_is_sent_twice_is_saved_once(alice: User, bob: User, calls: As) -> None:
    caller = calls(alice)
    for sent in (form(WORDS, paper=PDF), form({**WORDS, "based_on": 1, "remove": ["paper"]})):
        first, again = caller.send(OWN, sent), caller.send(OWN, {**sent, **_fresh(sent)})
        assert (first.status_code, again.status_code) == (201, 200), again.json()
        assert again.json() == first.json()
    assert WriteUpVersion.objects.count() == 2
    other = calls(bob).send(OWN, form({**WORDS, "based_on": 1}, paper=PDF))
    assert "Alice" in problem(other, 409, "newer")["detail"]
    problem(calls(bob).post(OWN, {**WORDS, "title": "Other", "based_on": 1}), 409, "newer")


def _fresh(sent: dict[str, Any]) -> dict[str, Any]:
    """Return the files of a form again, as they have been read."""
    return {name: ContentFile(PDF, file.name) for name, file in sent.items() if name != "document"}


def test_everybody_reads_what_a_captain_publishes_from_the_close_on(
    closed: Challenge, alice: User, bob: User, charlie: User, calls: As
) -> None:
    caller = calls(alice)
    for number in range(2):
        caller.post(OWN, {**WORDS, "title": f"Version {number + 1}", "based_on": number})
    problem(calls(bob).post(f"{ONE}/publish", {"version": 1}), 409, "not_captain")
    problem(caller.post(f"{ONE}/publish", {"version": 9}), 404, "not_found")
    found = caller.post(f"{ONE}/publish", {"version": 1}).json()
    assert (found["published"], found["number"], found["is_public"]) == (1, 2, True)
    seen = Caller("").get(ONE).json()
    assert (seen["title"], seen["number"], seen["versions"]) == ("Version 1", 1, [])
    problem(Caller("").get(f"{ONE}?version=2"), 404, "not_found")
    assert [each["title"] for each in Caller("").get(ALL).json()["items"]] == ["Version 1"]
    problem(calls(charlie).post(f"{ONE}/take-back"), 404, "not_found")
    assert not caller.post(f"{ONE}/take-back").json()["is_public"]
    problem(Caller("").get(ONE), 404, "not_found")


def test_organizers_hide_with_a_reason_that_the_team_reads(
    closed: Challenge, team: Team, matching_task: Task, alice: User, olga: User, calls: As
) -> None:
    factories.make_writeup(team, matching_task.track, published=True)
    assert Caller("").get(ONE).json()["hidden"] is None
    hidden = calls(olga).post(f"{ONE}/hide", {"reason": "It names people."}).json()
    assert (hidden["hidden"], hidden["is_public"]) == ("It names people.", False)
    problem(Caller("").get(ONE), 404, "not_found")
    assert calls(alice).get(ONE).json()["hidden"] == "It names people."
    problem(calls(alice).post(f"{ONE}/publish", {"version": 1}), 409, "hidden")
    problem(calls(alice).post(f"{ONE}/show"), 409, "not_allowed")
    assert calls(olga).post(f"{ONE}/show").json()["is_public"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"title": ""}, 422, "invalid"),
        ({"title": "???"}, 409, "bad_title"),
        ({"body": " "}, 409, "no_text"),
        ({"links": [{"url": "http://plain.example.org"}]}, 409, "bad_link"),
        ({"links": [{"url": "https://a.example.org"}] * 11}, 422, "invalid"),
        ({"links": ["https://a.example.org"]}, 422, "invalid"),
        ({"remove": ["poster"]}, 422, "invalid"),
        ({"based_on": -1}, 422, "invalid"),
        ({"page": 1}, 422, "invalid"),
    ],
)
def test_a_version_that_is_none_is_refused(
    alice: User, calls: As, change: dict[str, Any], status: int, code: str
) -> None:
    problem(calls(alice).post(OWN, WORDS | change), status, code)
    problem(calls(alice).send(OWN, form(WORDS | change)), status, code)
    assert not WriteUpVersion.objects.exists()


def test_a_form_that_is_none_is_refused(
    alice: User, calls: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = calls(alice)
    problem(caller.send(OWN, form("{")), 400, "bad_json")
    problem(caller.send(OWN, {"paper": ContentFile(PDF, "x.pdf")}), 400, "bad_json")
    problem(caller.send(OWN, form(WORDS, poster=PDF)), 422, "invalid")
    found = problem(caller.send(OWN, form(WORDS, paper=b"PK no pdf")), 422, "no_pdf")
    assert found["problems"][0]["code"] == "no_pdf"
    monkeypatch.setattr(attachments, "MOST_BYTES", 100)
    problem(caller.send(OWN, form(WORDS, slides=PDF)), 413, "too_large")
    problem(caller.call("POST", OWN, b"x", Content_Type="text/plain"), 415, "not_json")
    assert not WriteUpVersion.objects.exists()
