"""Getting your file back, and changing your words about it."""

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from podium import files
from podium.accounts.models import User
from podium.challenges.models import Task
from podium.submissions import originals
from podium.submissions.models import Submission
from podium.teams.models import Team
from podium.uploads import compression
from tests.site import factories

CONTENT = b"id,score\n" + b"p1,0.5\n" * 400


@pytest.fixture(params=["as it is", "compressed"])
def sent(team: Team, matching_task: Task, request: pytest.FixtureRequest) -> Submission:
    name, content = "uploads/mine.csv", CONTENT
    if request.param == "compressed":
        name += compression.SUFFIX
        content = b"".join(compression.compress(CONTENT[i : i + 999]) for i in range(0, 2809, 999))
        assert len(content) < len(CONTENT)
    name = files.private().save(name, ContentFile(content))
    values = {"file": name, "size": len(CONTENT), "original_name": "ä predictions.csv"}
    return factories.make_submission(team, matching_task, "rejected", **values)


def address(submission: Submission) -> str:
    return reverse("submission-file", args=[submission.pk])


@pytest.mark.parametrize("person", ["bob", "viktor"])
def test_members_and_organizers_get_the_file_as_it_was_sent(
    sent: Submission, client_of: Callable[[str], Client], person: str
) -> None:
    answer = client_of(person).get(address(sent))
    assert b"".join(answer.streaming_content) == CONTENT  # type: ignore[arg-type]
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "utf-8''%C3%A4%20predictions.csv" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("wanted", "status", "begin", "end"),
    [
        ("bytes=0-9", 206, 0, 10),
        ("bytes=1500-", 206, 1500, len(CONTENT)),
        ("bytes=-5", 206, len(CONTENT) - 5, len(CONTENT)),
        ("bytes=100-1000000", 206, 100, len(CONTENT)),
        ("bytes=9000000-", 416, 0, 0),
        ("bytes=5-3", 200, 0, len(CONTENT)),
        ("lines=1-2", 200, 0, len(CONTENT)),
    ],
)
def test_a_part_of_it_can_be_asked_for(
    sent: Submission,
    client_of: Callable[[str], Client],
    wanted: str,
    status: int,
    begin: int,
    end: int,
) -> None:
    answer = client_of("bob").get(address(sent), headers={"Range": wanted})
    assert answer.status_code == status
    assert answer.getvalue() == CONTENT[begin:end]
    if status == 206:
        assert answer.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{len(CONTENT)}"
        assert answer.headers["Content-Length"] == str(end - begin)


def test_what_has_not_changed_is_not_sent_again(
    sent: Submission, client_of: Callable[[str], Client]
) -> None:
    bob = client_of("bob")
    tag = f'"{sent.sha256}"'
    assert bob.get(address(sent), headers={"If-None-Match": tag}).status_code == 304
    part = {"Range": "bytes=0-1", "If-Range": '"another"'}
    answer = bob.get(address(sent), headers=part)
    assert answer.getvalue() == CONTENT
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_its_head_has_no_body(sent: Submission, client_of: Callable[[str], Client]) -> None:
    answer = client_of("alice").head(address(sent))
    assert (answer.content, answer.headers["Content-Length"]) == (b"", str(len(CONTENT)))


def test_after_the_retention_it_says_so(
    sent: Submission, client_of: Callable[[str], Client]
) -> None:
    alice = client_of("alice")
    assert ">Download<" in alice.get(sent.get_absolute_url()).content.decode()
    originals.delete(sent)
    html = alice.get(address(sent), follow=True).content.decode()
    assert "The uploaded file was deleted under the retention rule. Its SHA-256" in html
    assert "Download it" not in html


def test_a_storage_that_does_not_answer_is_our_fault(
    sent: Submission, client_of: Callable[[str], Client]
) -> None:
    files.private().delete(sent.file)
    html = client_of("alice").get(address(sent), follow=True).content.decode()
    assert "We cannot read the file just now." in html


def test_words_are_changed_on_the_page(
    sent: Submission, client_of: Callable[[str], Client]
) -> None:
    bob = client_of("bob")
    words = {"method": "forest", "note": "two\nlines"}
    html = bob.post(reverse("describe", args=[sent.pk]), words, follow=True).content.decode()
    assert "Saved." in html
    assert "two<br>lines" in html
    sent.refresh_from_db()
    assert sent.method == "forest"


def test_words_that_are_too_long_stay_in_the_form(
    sent: Submission, client_of: Callable[[str], Client]
) -> None:
    words = {"method": "x" * 121, "note": "kept"}
    answer = client_of("bob").post(reverse("describe", args=[sent.pk]), words)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert 'id="words" open' in html
    assert "kept</textarea>" in html
    sent.refresh_from_db()
    assert sent.method == ""


def test_organizers_read_the_words_and_change_none(
    sent: Submission, olga: User, as_user: Callable[[User | None], Client]
) -> None:
    Submission.objects.update(note="for the team")
    client = as_user(olga)
    html = client.get(sent.get_absolute_url()).content.decode()
    assert "for the team" in html
    assert "Edit method and note" not in html
