"""Checking a file through the task's page, and the page that shows the result."""

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

from podium import workers
from podium.accounts.models import User
from podium.challenges.models import Task
from podium.submissions.models import Checking, PartialUpload, Submission, Validation
from podium.teams.actions import accept_rules, has_accepted_rules
from podium.teams.models import Team
from podium.workers import Worker
from tests.site import factories
from tests.site.sent import sent_at

CSV = b"id,score\np1,0.9\np2,0.1\n"
SCORING = Worker("scoring@here", ("control", "scoring"), 1, 1)


@pytest.fixture
def player(matching_task: Task, charlie: User, as_user: Callable[[User | None], Client]) -> Client:
    """Charlie, who has accepted the rules and is in no team."""
    accept_rules(challenge=matching_task.challenge, by=charlie)
    return as_user(charlie)


def send(client: Client, task: Task, name: str = "mine.csv", **rest: Any) -> Any:
    data = {"file": SimpleUploadedFile(name, CSV), "method": "my words", **rest}
    answer = client.post(reverse("check", args=[task.challenge.slug, task.slug]), data)
    answer.wsgi_request.close()
    return answer


def page(client: Client, row: Validation, path: str = "") -> str:
    return " ".join(client.get(row.get_absolute_url() + path).content.decode().split())


def test_a_file_is_taken_to_be_checked_and_nothing_else_is_made(
    player: Client, matching_task: Task, kept: Callable[[], list[Path]]
) -> None:
    answer = send(player, matching_task)
    row = Validation.objects.get()
    assert answer.headers["Location"] == row.get_absolute_url()
    assert sorted(sent_at(path) for path in kept()) == [CSV, CSV], "one to check, one to submit"
    assert not Submission.objects.exists()
    assert not Team.objects.exists()
    html = page(player, row)
    assert "The file has arrived." in html
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in html


def test_a_refused_file_leaves_the_form_as_it_was_typed(
    player: Client, matching_task: Task, kept: Callable[[], list[Path]]
) -> None:
    answer = send(player, matching_task, name="mine.xlsx", note="with care")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "is neither CSV nor Parquet" in html
    assert 'value="my words"' in html
    assert "with care" in html
    assert not kept()


def test_who_checks_too_often_learns_when_to_come_back(
    player: Client, matching_task: Task, charlie: User
) -> None:
    for _ in range(30):
        factories.make_check(matching_task, charlie)
    again = Validation.objects.order_by("created_at")[0].created_at + timedelta(hours=1)
    html = send(player, matching_task).content.decode()
    assert f"The next is possible at {again:%Y-%m-%d %H:%M:%S} UTC" in html


def test_before_the_opening_a_file_can_be_checked_and_not_submitted(
    player: Client, matching_task: Task
) -> None:
    challenge = matching_task.challenge
    challenge.opens_at = timezone.now() + timedelta(hours=1)
    challenge.save()
    html = player.get(matching_task.get_absolute_url()).content.decode()
    assert "Check the file" in html
    assert "Upload and score" not in html
    send(player, matching_task)
    assert "Submissions open at" in page(player, _done(Checking.VALID))


def test_an_attempt_less_day_still_checks(player: Client, matching_task: Task) -> None:
    matching_task.daily_limit = 0
    matching_task.save()
    html = player.get(matching_task.get_absolute_url()).content.decode()
    assert "You can still check a file." in html
    assert send(player, matching_task).status_code == 302


def _done(state: str, **fields: Any) -> Validation:
    now = timezone.now()
    Validation.objects.update(state=state, finished_at=now, file="", **fields)
    return Validation.objects.get()


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (Checking.VALID, "The file can be scored"),
        (Checking.INVALID, "The file would be rejected"),
        (Checking.FAILED, "This is our fault, not the file's."),
    ],
)
def test_each_end_says_what_to_do(
    player: Client, matching_task: Task, charlie: User, state: str, says: str
) -> None:
    problems = [{"code": "x", "message": "Row 17: `a<b>` twice.", "rows": [17], "count": 1}]
    invalid = state == Checking.INVALID
    row = factories.make_check(
        matching_task, charlie, state, problems=problems if invalid else [], failure="secret place"
    )
    html = page(player, row)
    assert says in html
    assert ("Row 17: <code>a&lt;b&gt;</code> twice." in html) == invalid
    assert ("To submit it, upload it again." in html) == (state == Checking.VALID)
    assert "secret place" not in html
    assert "hx-get" not in html


def test_a_good_check_ends_in_one_click(player: Client, matching_task: Task, charlie: User) -> None:
    row = factories.make_check(matching_task, charlie)
    sent = factories.make_partial(
        matching_task,
        charlie,
        sha256=row.sha256,
        size=10,
        received=10,
        first_byte_at=row.created_at,
    )
    html = page(player, row)
    assert ">Submit this file</button>" in html
    assert f'value="{sent.pk}"' in html
    assert "no longer stored" not in html


def test_a_checked_file_is_submitted_without_sending_it_again(
    player: Client, matching_task: Task
) -> None:
    send(player, matching_task)
    row = _done(Checking.VALID)
    html = page(player, row)
    assert 'value="my words"' in html, "what was typed is still there"
    assert "accept_rules" not in html
    sent = PartialUpload.objects.get()
    address = reverse("submit", args=[matching_task.challenge.slug, matching_task.slug])
    answer = player.post(address, {"upload": str(sent.pk), "method": "my words"})
    made = Submission.objects.get()
    assert answer.headers["Location"] == made.get_absolute_url()
    assert (made.sha256, made.method) == (row.sha256, "my words")
    assert not PartialUpload.objects.exists()


def test_a_check_needs_no_rules_and_submitting_asks_for_them(
    matching_task: Task, charlie: User, as_user: Callable[[User | None], Client]
) -> None:
    client = as_user(charlie)
    form = client.get(matching_task.get_absolute_url()).content.decode()
    assert re.search(r"<button[^>]* formnovalidate [^>]*>Check the file", form)
    assert send(client, matching_task).status_code == 302
    assert not has_accepted_rules(charlie, matching_task.challenge)
    html = page(client, _done(Checking.VALID))
    assert 'name="accept_rules"' in html
    address = reverse("submit", args=[matching_task.challenge.slug, matching_task.slug])
    sent = {"upload": str(PartialUpload.objects.get().pk)}
    refused = client.post(address, sent)
    assert refused.status_code == 422
    assert "We have kept your file" in refused.content.decode()
    assert not Submission.objects.exists()
    version = matching_task.challenge.rules_hash
    taken = {**sent, "accept_rules": "on", "rules_version": version}
    assert client.post(address, taken).status_code == 302
    assert Submission.objects.exists()


def test_without_an_attempt_left_the_button_is_off(
    player: Client, matching_task: Task, charlie: User
) -> None:
    matching_task.daily_limit = 0
    matching_task.save()
    send(player, matching_task)
    html = page(player, _done(Checking.VALID))
    assert "disabled>Submit this file" in html


def test_others_files_change_nothing(
    player: Client, matching_task: Task, charlie: User, alice: User
) -> None:
    row = factories.make_check(matching_task, charlie)
    factories.make_partial(matching_task, alice, sha256=row.sha256, size=10, received=10)
    assert "The file is no longer stored." in page(player, row)


@pytest.mark.parametrize(
    ("alive", "says"),
    [
        ([SCORING], "A worker is reading the file."),
        ([], "No scoring worker is running right now."),
        (None, "The queue does not answer right now."),
    ],
)
def test_a_check_that_waits_tells_the_truth(
    player: Client,
    matching_task: Task,
    charlie: User,
    monkeypatch: pytest.MonkeyPatch,
    alive: list[Worker] | None,
    says: str,
) -> None:
    monkeypatch.setattr(workers, "workers_alive", lambda: alive)
    row = factories.make_check(matching_task, charlie, Checking.CHECKING)
    html = page(player, row, "status/")
    assert says in html
    assert 'hx-trigger="load delay:250ms"' in html
    assert html.startswith('<div id="story"')


def test_a_check_knows_how_many_come_first(
    player: Client, matching_task: Task, charlie: User
) -> None:
    earlier = timezone.now() - timedelta(minutes=1)
    factories.make_check(matching_task, charlie, Checking.QUEUED, queued_at=earlier)
    row = factories.make_check(matching_task, charlie, Checking.QUEUED)
    assert "1 check and the submissions in the queue come first." in page(player, row)
