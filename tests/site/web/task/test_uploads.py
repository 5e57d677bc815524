"""Uploading through the page: what is taken, and what is refused with a reason and no trace."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
from podium.submissions.models import PartialUpload, Quota, State, Submission
from podium.teams import actions as teams
from podium.teams.models import RulesAcceptance, Team
from podium.uploads.receiving import Receiver
from tests.site import factories
from tests.site.sent import sent_at

CSV = b"id,score\np1,0.9\np2,0.1\n"
PARQUET = b"PAR1....PAR1"
Kept = Callable[[], list[Path]]


def send(
    client: Client, task: Task, content: bytes = CSV, name: str = "mine.csv", **rest: Any
) -> Any:
    """Post a file as the task page's form does."""
    data = {"file": SimpleUploadedFile(name, content), "method": "my words", **rest}
    return client.post(reverse("submit", args=[task.challenge.slug, task.slug]), data)


def refused(answer: Any, reason: str) -> None:
    """Check that the page says why and still has what was typed."""
    html = answer.content.decode()
    assert answer.status_code == 422
    assert reason in html
    assert not Submission.objects.filter(method="my words").exists()


def kept_what_was_typed(answer: Any) -> bool:
    return 'value="my words"' in answer.content.decode()


@pytest.fixture
def alice_client(team: Team, alice: User, as_user: Callable[[User | None], Client]) -> Client:
    """Alice, whose team exists and who has accepted the rules."""
    teams.accept_rules(challenge=team.challenge, by=alice)
    return as_user(alice)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mine.csv", CSV),
        ("MINE.CSV", CSV),
        ("mine.csv.gz", b"\x1f\x8b\x08\x00"),
        ("mine.csv.zst", b"\x28\xb5\x2f\xfd"),
        ("mine.parquet", PARQUET),
    ],
)
def test_a_table_is_taken_and_its_page_opens(
    alice_client: Client, matching_task: Task, kept: Kept, name: str, content: bytes
) -> None:
    answer = send(alice_client, matching_task, content, name)
    submission = Submission.objects.get()
    assert answer.headers["Location"] == submission.get_absolute_url()
    assert (submission.original_name, submission.method) == (name, "my words")
    answer.wsgi_request.close()
    assert [sent_at(path) for path in kept()] == [content]
    html = alice_client.get(submission.get_absolute_url()).content.decode()
    assert "It is at position 1 in the queue." in html


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("mine.xlsx", CSV, "is neither CSV nor Parquet"),
        ("mine", CSV, "is neither CSV nor Parquet"),
        ("mine.csv", b"", "is empty"),
        ("mine.csv", PARQUET, "is not what its name says"),
        ("mine.parquet", CSV, "is not what its name says"),
        ("mine.csv.gz", CSV, "is not what its name says"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    matching_task: Task,
    charlie: User,
    as_user: Callable[[User | None], Client],
    kept: Kept,
    name: str,
    content: bytes,
    reason: str,
) -> None:
    answer = send(as_user(charlie), matching_task, content, name, accept_rules="on")
    refused(answer, reason)
    assert kept_what_was_typed(answer)
    assert "choose the file again" in answer.content.decode()
    assert not Team.objects.exists()
    assert not teams.has_accepted_rules(charlie, matching_task.challenge)
    answer.wsgi_request.close()
    assert not kept()


def test_no_file_is_refused(alice_client: Client, matching_task: Task) -> None:
    address = reverse("submit", args=[matching_task.challenge.slug, matching_task.slug])
    answer = alice_client.post(address, {"method": "my words"})
    refused(answer, "Choose a file first.")
    assert kept_what_was_typed(answer)


def test_a_large_file_is_dropped_while_it_streams(
    alice_client: Client, matching_task: Task, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    write = Receiver.write

    def watched(self: Receiver, block: bytes) -> None:
        write(self, block)
        sizes.append(self.size)

    monkeypatch.setattr(Receiver, "write", watched)
    Task.objects.filter(pk=matching_task.pk).update(max_bytes=100_000)
    answer = send(alice_client, matching_task, b"x" * 1_000_000)
    refused(answer, "larger than 100 kB, the most this task takes")
    assert kept_what_was_typed(answer)
    assert all(size <= 100_000 for size in sizes)
    assert not kept()


def test_the_file_named_outside_its_folder_stays_inside(
    alice_client: Client, matching_task: Task, kept: Kept
) -> None:
    send(alice_client, matching_task, CSV, "../../../etc/cron.d/mine.csv").wsgi_request.close()
    assert Submission.objects.get().original_name == "mine.csv"
    assert len(kept()) == 1


def test_rules_must_be_accepted_before_the_first_upload(
    matching_task: Task, charlie: User, as_user: Callable[[User | None], Client], kept: Kept
) -> None:
    answer = send(as_user(charlie), matching_task)
    refused(answer, "Read the rules and tick this box")
    assert kept_what_was_typed(answer)
    assert "choose the file again" not in answer.content.decode()
    assert not Team.objects.exists()
    answer.wsgi_request.close()
    (partial,) = PartialUpload.objects.all()
    assert (partial.user, partial.received, partial.name) == (charlie, len(CSV), "mine.csv")
    assert [sent_at(path) for path in kept()] == [CSV]


def _upload_of(answer: Any) -> dict[str, str]:
    """Return what the page's form sends along without being seen."""
    html = answer.content.decode()
    found = re.findall(r'<input type="hidden" name="(upload|rules_version)" value="([^"]*)"', html)
    return dict(found)


def test_a_file_that_waits_for_the_rules_is_not_sent_again(
    matching_task: Task, charlie: User, as_user: Callable[[User | None], Client], kept: Kept
) -> None:
    client = as_user(charlie)
    answer = send(client, matching_task)
    assert f"We have kept your file <b>mine.csv</b>, {len(CSV)} B," in answer.content.decode()
    again = {"accept_rules": "on", "method": "my words", **_upload_of(answer)}
    url = reverse("submit", args=[matching_task.challenge.slug, matching_task.slug])
    unticked = client.post(url, {**again, "accept_rules": ""})
    refused(unticked, "We have kept your file <b>mine.csv</b>")
    assert _upload_of(unticked) == _upload_of(answer)
    taken = client.post(url, again)
    submission = Submission.objects.get()
    assert taken.headers["Location"] == submission.get_absolute_url()
    assert (submission.original_name, submission.size) == ("mine.csv", len(CSV))
    assert not PartialUpload.objects.exists()
    answer.wsgi_request.close()
    assert [sent_at(path) for path in kept()] == [CSV]


def test_rules_that_changed_since_they_were_accepted_are_shown_and_the_file_is_kept(
    alice_client: Client, alice: User, matching_task: Task
) -> None:
    before = matching_task.challenge.rules_hash[:12]
    Challenge.objects.update(rules="Be **fair** and kind.")
    now = Challenge.objects.get().rules_hash[:12]
    page = alice_client.get(matching_task.get_absolute_url()).content.decode()
    assert "The rules have changed since you accepted them" in page
    assert "<strong>fair</strong> and kind" in page
    answer = send(alice_client, matching_task)
    refused(answer, f"since you accepted version {before}: version {now} applies now. Read it and")
    assert "<details open><summary>The rules</summary>" in answer.content.decode()
    again = {"accept_rules": "on", **_upload_of(answer)}
    url = reverse("submit", args=[matching_task.challenge.slug, matching_task.slug])
    assert alice_client.post(url, again).status_code == 302
    assert teams.has_accepted_rules(alice, Challenge.objects.get())


def test_rules_that_changed_while_they_were_read_are_not_accepted_and_the_file_is_kept(
    matching_task: Task, charlie: User, as_user: Callable[[User | None], Client]
) -> None:
    client = as_user(charlie)
    read = _upload_of(client.get(matching_task.get_absolute_url()))["rules_version"]
    Challenge.objects.update(rules="Be kind.")
    answer = send(client, matching_task, accept_rules="on", rules_version=read)
    now = Challenge.objects.get().rules_hash[:12]
    refused(answer, f"The rules changed while you read them: version {now} applies now.")
    assert not RulesAcceptance.objects.exists()
    html = answer.content.decode()
    assert "Be kind." in html
    assert not re.search(r'name="accept_rules"[^>]*checked', html)
    assert "We have kept your file" in html
    sent = _upload_of(answer)
    assert sent["rules_version"] == Challenge.objects.get().rules_hash != read
    url = reverse("submit", args=[matching_task.challenge.slug, matching_task.slug])
    assert client.post(url, {"accept_rules": "on", **sent}).status_code == 302
    assert Submission.objects.get().team.captain == charlie


def test_a_kept_file_came_when_it_came(
    matching_task: Task, charlie: User, as_user: Callable[[User | None], Client]
) -> None:
    before = timezone.now()
    send(as_user(charlie), matching_task)
    partial = PartialUpload.objects.get()
    assert partial.first_byte_at is not None
    assert before <= partial.first_byte_at <= partial.created_at


def test_a_file_too_many_is_to_be_chosen_again(
    matching_task: Task, charlie: User, as_user: Callable[[User | None], Client]
) -> None:
    for number in range(5):
        factories.make_partial(matching_task, charlie, name=f"{number}.csv")
    answer = send(as_user(charlie), matching_task)
    refused(answer, "choose the file again")
    assert "We have kept" not in answer.content.decode()


def test_nothing_is_kept_where_more_than_the_rules_is_wrong(
    matching_task: Task, charlie: User, as_user: Callable[[User | None], Client]
) -> None:
    refused(send(as_user(charlie), matching_task, name="mine.xlsx"), "choose the file again")
    refused(send(as_user(charlie), matching_task, method="x" * 300), "choose the file again")
    assert not PartialUpload.objects.exists()


def test_nothing_is_kept_once_no_file_is_taken_any_more(
    matching_task: Task, charlie: User, as_user: Callable[[User | None], Client]
) -> None:
    over = timezone.now() - timedelta(minutes=16)
    Challenge.objects.update(team_freeze_at=over, closes_at=over)
    assert send(as_user(charlie), matching_task).status_code == 422
    assert not PartialUpload.objects.exists(), "it would count among a person's open uploads"


def test_a_person_without_a_team_gets_one_with_the_first_upload(
    matching_task: Task, charlie: User, as_user: Callable[[User | None], Client]
) -> None:
    send(as_user(charlie), matching_task, accept_rules="on").wsgi_request.close()
    assert Submission.objects.get().team.captain == charlie
    assert teams.has_accepted_rules(charlie, matching_task.challenge)
    form = as_user(charlie).get(matching_task.get_absolute_url()).content.decode()
    assert "accept_rules" not in form


@pytest.mark.parametrize(
    ("move", "reason"),
    [
        ({"opens_at": timedelta(hours=1)}, "The challenge opens at"),
        (
            {"team_freeze_at": -timedelta(hours=2), "closes_at": -timedelta(hours=1)},
            "The challenge closed at",
        ),
    ],
)
@pytest.mark.parametrize("with_team", [True, False])
def test_outside_the_open_time_nothing_is_taken(
    alice_client: Client,
    charlie: User,
    as_user: Callable[[User | None], Client],
    matching_task: Task,
    kept: Kept,
    move: dict[str, timedelta],
    reason: str,
    with_team: bool,
) -> None:
    challenge = matching_task.challenge
    for name, shift in move.items():
        setattr(challenge, name, timezone.now() + shift)
    challenge.save()
    client = alice_client if with_team else as_user(charlie)
    answer = send(client, matching_task, accept_rules="on")
    refused(answer, reason)
    title = "Please fix 1 problem" if "opens_at" in move else "The file was not taken"
    assert title in answer.content.decode()
    answer.wsgi_request.close()
    assert not kept()


def test_a_used_up_quota_says_when_it_goes_on(
    alice_client: Client, team: Team, matching_task: Task, kept: Kept
) -> None:
    Quota.objects.create(team=team, task=matching_task, day=timezone.now().date(), used=5)
    answer = send(alice_client, matching_task)
    refused(answer, "All 5 submissions of today are used. The next is possible at")
    assert kept_what_was_typed(answer)
    assert "disabled" in answer.content.decode()
    answer.wsgi_request.close()
    assert not kept()


def test_too_many_in_flight_are_refused(
    alice_client: Client, team: Team, matching_task: Task, kept: Kept
) -> None:
    for _ in range(3):
        factories.make_submission(team, matching_task, State.QUEUED)
    answer = send(alice_client, matching_task)
    refused(answer, "3 submissions of your team are still being scored")
    assert kept_what_was_typed(answer)
    answer.wsgi_request.close()
    assert not kept()


def test_an_upload_without_a_session_token_is_refused(
    team: Team, alice: User, matching_task: Task, kept: Kept
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    answer = send(client, matching_task)
    assert answer.status_code == 403
    assert not Submission.objects.exists()
    answer.wsgi_request.close()
    assert not kept()


def test_the_token_of_the_page_opens_the_upload(
    alice_client: Client, alice: User, matching_task: Task
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    client.get(matching_task.get_absolute_url())
    token = client.cookies["csrftoken"].value
    answer = send(client, matching_task, csrfmiddlewaretoken=token)
    answer.wsgi_request.close()
    assert answer.status_code == 302


def test_a_disqualified_team_is_told_so(
    alice_client: Client, team: Team, matching_task: Task, kept: Kept
) -> None:
    Team.objects.filter(pk=team.pk).update(
        disqualified_at=timezone.now(), disqualified_reason="Labels by hand."
    )
    answer = send(alice_client, matching_task)
    refused(answer, "Your team is disqualified")
    answer.wsgi_request.close()
    assert not kept()


def test_a_disqualified_team_reads_why_in_place_of_a_form(
    alice_client: Client,
    as_user: Callable[[User], Client],
    charlie: User,
    team: Team,
    matching_task: Task,
) -> None:
    def page(client: Client) -> str:
        return client.get(matching_task.get_absolute_url()).content.decode()

    assert 'id="upload"' in page(alice_client)
    Team.objects.filter(pk=team.pk).update(
        disqualified_at=timezone.now(), disqualified_reason="Labels by hand."
    )
    assert 'id="upload"' not in page(alice_client)
    assert "Labels by hand." in page(alice_client)
    assert 'id="upload"' in page(as_user(charlie))
    assert "Labels by hand." not in page(as_user(charlie))


def test_the_same_file_is_asked_about_and_stays(alice_client: Client, matching_task: Task) -> None:
    assert send(alice_client, matching_task).status_code == 302
    answer = send(alice_client, matching_task)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "This file is identical to submission 1" in html
    assert "We have kept your file" in html
    assert "Submit anyway" in html
    assert "Upload and score" not in html
    assert Submission.objects.count() == 1
    kept = {"upload": str(PartialUpload.objects.get().pk), "again": "on"}
    address = reverse("submit", args=[matching_task.challenge.slug, matching_task.slug])
    assert alice_client.post(address, kept).status_code == 302
    assert Submission.objects.count() == 2
