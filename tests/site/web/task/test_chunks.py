"""Sending a large file in parts as the page's script does: begin, parts, then the form."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from podium.accounts.models import User
from podium.challenges.models import Task
from podium.submissions.models import PartialUpload, Submission, Validation
from podium.teams.actions import accept_rules, has_accepted_rules
from podium.teams.models import Team
from tests.site.sent import sent_at

CSV = b"id,score\np1,0.9\np2,0.1\n"


@pytest.fixture
def player(team: Team, alice: User, as_user: Callable[[User | None], Client]) -> Client:
    accept_rules(challenge=team.challenge, by=alice)
    return as_user(alice)


def begin(client: Client, task: Task, **changes: Any) -> Any:
    about = {"name": "mine.csv", "size": len(CSV), "sha256": hashlib.sha256(CSV).hexdigest()}
    address = reverse("parts", args=[task.challenge.slug, task.slug])
    return client.post(address, {**about, **changes})


def put(client: Client, address: str, offset: object, content: bytes) -> Any:
    kind = "application/octet-stream"
    return client.put(address, content, content_type=kind, headers={"Upload-Offset": str(offset)})


def follow(client: Client, task: Task, to: str, **rest: Any) -> Any:
    address = reverse(to, args=[task.challenge.slug, task.slug])
    return client.post(address, {"method": "in parts", **rest})


@pytest.fixture
def arrived(player: Client, matching_task: Task) -> dict[str, Any]:
    """What the site said of a file that has arrived in two parts."""
    said: dict[str, Any] = begin(player, matching_task).json()
    assert said["received"] == 0
    assert put(player, said["address"], 0, CSV[:9]).json()["received"] == 9
    assert put(player, said["address"], 9, CSV[9:]).json()["complete"]
    return said


def test_a_file_in_parts_is_submitted_by_the_form_that_names_it(
    player: Client, matching_task: Task, arrived: dict[str, Any], kept: Callable[[], list[Path]]
) -> None:
    answer = follow(player, matching_task, "submit", upload=arrived["id"], note="large")
    submission = Submission.objects.get()
    assert answer.headers["Location"] == submission.get_absolute_url()
    assert (submission.original_name, submission.method) == ("mine.csv", "in parts")
    assert (submission.note, submission.sha256) == ("large", hashlib.sha256(CSV).hexdigest())
    assert [sent_at(path) for path in kept()] == [CSV], "the parts are gone"
    assert not PartialUpload.objects.exists()


def test_it_can_be_checked_first_and_then_submitted(
    player: Client, matching_task: Task, arrived: dict[str, Any]
) -> None:
    follow(player, matching_task, "check", upload=arrived["id"])
    assert Validation.objects.get().original_name == "mine.csv"
    assert begin(player, matching_task).json()["received"] == len(CSV)
    follow(player, matching_task, "submit", upload=arrived["id"])
    assert Submission.objects.count() == 1


def test_a_form_that_was_sent_twice_submits_once(
    player: Client, matching_task: Task, arrived: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podium.submissions.partial.discard", lambda **_: None)
    first = follow(player, matching_task, "submit", upload=arrived["id"])
    again = follow(player, matching_task, "submit", upload=arrived["id"])
    assert first.headers["Location"] == again.headers["Location"]
    assert Submission.objects.count() == 1


def test_an_upload_that_is_gone_or_anothers_is_sent_again(
    player: Client, matching_task: Task, arrived: dict[str, Any], charlie: User
) -> None:
    PartialUpload.objects.update(user=charlie)
    for name in (arrived["id"], "no uuid"):
        answer = follow(player, matching_task, "submit", upload=name)
        assert answer.status_code == 422
        assert "is not there any more. Send it again." in answer.content.decode()


def test_an_unfinished_upload_says_how_much_is_missing(player: Client, matching_task: Task) -> None:
    said = begin(player, matching_task).json()
    put(player, said["address"], 0, CSV[:9])
    html = follow(player, matching_task, "submit", upload=said["id"]).content.decode()
    assert f"9 of {len(CSV)} bytes have arrived" in html


def test_a_file_in_the_form_goes_before_one_in_parts(
    player: Client, matching_task: Task, arrived: dict[str, Any]
) -> None:
    file = SimpleUploadedFile("small.csv", CSV)
    follow(player, matching_task, "submit", upload=arrived["id"], file=file)
    assert Submission.objects.get().original_name == "small.csv"
    assert PartialUpload.objects.exists()


def test_a_part_at_another_place_tells_the_true_one(player: Client, matching_task: Task) -> None:
    address = begin(player, matching_task).json()["address"]
    put(player, address, 0, CSV[:9])
    answer = put(player, address, 0, b"")
    assert (answer.status_code, answer.json()["received"]) == (409, 9)
    assert put(player, address, 9, b"").json()["received"] == 9


@pytest.mark.parametrize("offset", ["", "-1", "x", "1" * 19, "²"])
def test_an_offset_is_a_number(player: Client, matching_task: Task, offset: str) -> None:
    address = begin(player, matching_task).json()["address"]
    answer = put(player, address, offset.encode().decode("latin-1"), b"x")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_number")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "mine.exe"}, "not_a_table"),
        ({"size": "many"}, "bad_number"),
        ({"size": 10**12}, "too_large"),
        ({"sha256": ""}, "bad_sha256"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(
    player: Client, matching_task: Task, changes: dict[str, Any], code: str
) -> None:
    answer = begin(player, matching_task, **changes)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["error"].endswith(".")


def test_the_rules_are_accepted_with_the_first_part_if_they_are_ticked(
    matching_task: Task, charlie: User, as_user: Callable[[User | None], Client]
) -> None:
    client = as_user(charlie)
    assert begin(client, matching_task).status_code == 201, "a check needs no rules"
    assert not has_accepted_rules(charlie, matching_task.challenge)
    stale = begin(client, matching_task, accept_rules="on", rules_version="f" * 64)
    assert stale.json()["code"] == "rules_changed"
    version = matching_task.challenge.rules_hash
    assert f"version {version[:12]}" in stale.json()["error"]
    assert "Reload this page: its form shows them" in stale.json()["error"]
    answer = begin(client, matching_task, accept_rules="on", rules_version=version)
    assert answer.status_code == 201
    assert has_accepted_rules(charlie, matching_task.challenge)


def test_an_upload_can_be_discarded_by_its_person_alone(
    player: Client, matching_task: Task, charlie: User, as_user: Callable[[User | None], Client]
) -> None:
    address = begin(player, matching_task).json()["address"]
    for method in ("put", "delete", "get"):
        assert getattr(as_user(charlie), method)(address).status_code == 404
    assert player.get(address).json()["size"] == len(CSV)
    assert player.delete(address).status_code == 204
    assert not PartialUpload.objects.exists()


def test_parts_need_the_token_of_the_page(team: Team, matching_task: Task, alice: User) -> None:
    accept_rules(challenge=team.challenge, by=alice)
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert begin(client, matching_task).status_code == 403
