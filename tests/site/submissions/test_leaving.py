"""What submissions of a team come to when its last member deletes their account."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from podium import files
from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Challenge, DeletedAccounts, Task
from podium.jobs import LostClaim
from podium.refusals import Refused
from podium.standings.actions import on_evaluation_stored
from podium.standings.models import Revision, Standing
from podium.standings.visible import visible_board
from podium.submissions import tidying
from podium.submissions.actions import submit
from podium.submissions.jobs import validations
from podium.submissions.models import (
    Checking,
    PartialUpload,
    State,
    Submission,
    Validation,
)
from podium.teams.deleting import delete_account
from podium.teams.departure import consequences
from podium.teams.models import Team
from podium.uploads.receiving import from_path
from scoring.runner import Scorer
from tests.site import factories
from tests.site.factories import reveal

AsUser = Callable[[User | None], Client]


@pytest.fixture
def task(matching_task: Task) -> Task:
    """A task of a challenge in which submissions go with the account of the last member."""
    _say(matching_task.challenge, deleted_accounts=DeletedAccounts.REMOVE)
    return matching_task


@pytest.fixture
def lone(task: Task, charlie: User) -> Team:
    return factories.make_team(task.challenge, "Deep Blue", charlie)


def _say(challenge: Challenge, **fields: Any) -> None:
    Challenge.objects.filter(pk=challenge.pk).update(**fields)
    challenge.refresh_from_db()


def _scored(team: Team, task: Task, public: float, **fields: Any) -> Submission:
    submission = factories.make_submission(team, task, **fields)
    on_evaluation_stored(factories.make_evaluation(submission, public=public, private=0.5))
    return submission


def _close(challenge: Challenge, *, reveal_in: timedelta) -> None:
    now = timezone.now()
    times = {"team_freeze_at": now - timedelta(days=2), "closes_at": now - timedelta(days=1)}
    _say(challenge, **times, reveal_at=now + reveal_in)


def _ranked(task: Task) -> list[tuple[str, int | None]]:
    board = visible_board(AnonymousUser(), Task.objects.get(pk=task.pk))
    return [(row.team.name, row.rank) for row in board.rows]


def test_they_are_withdrawn_and_others_move_up(
    lone: Team, team: Team, task: Task, charlie: User
) -> None:
    best = _scored(lone, task, 0.9)
    second = _scored(lone, task, 0.7)
    _scored(team, task, 0.8)
    assert _ranked(task) == [("Deep Blue", 1), ("Alpha", 2)]
    delete_account(by=charlie)
    assert _ranked(task) == [("Alpha", 1)]
    for each in (best, second):
        each.refresh_from_db()
        assert each.withdrawn_at
    withdrawn = Event.objects.filter(verb="withdrew submission")
    assert {event.subject for event in withdrawn} == {
        f"submission:{each.pk}" for each in (best, second)
    }
    removed = Event.objects.get(verb="removed submissions")
    assert (removed.subject, removed.facts) == (f"team:{lone.pk}", {})
    assert {event.actor for event in Event.objects.filter(actor_id=charlie.pk)} == {
        "Former participant"
    }
    assert task.challenge.teams.taking_part().get() == team


def test_their_files_are_deleted_once_nothing_reads_them(
    lone: Team, team: Team, task: Task, charlie: User
) -> None:
    def stored(of: Team, state: str) -> Submission:
        name = f"uploads/{of.pk}-{state}"
        files.private().save(name, ContentFile(b"id,score\np1,1\n"))
        return factories.make_submission(of, task, state=state, file=name)

    done, waiting, other = (
        stored(lone, State.SCORED),
        stored(lone, State.QUEUED),
        stored(team, State.SCORED),
    )
    delete_account(by=charlie)
    while tidying.tidy():
        pass
    file_of = {row.pk: row.file for row in Submission.objects.all()}
    assert file_of[done.pk] == ""
    assert not files.private().exists(f"uploads/{lone.pk}-{State.SCORED}")
    assert file_of[waiting.pk] == waiting.file
    assert file_of[other.pk] == other.file
    Submission.objects.filter(pk=waiting.pk).update(
        state=State.REJECTED, finished_at=timezone.now()
    )
    while tidying.tidy():
        pass
    waiting.refresh_from_db()
    assert (waiting.file, bool(waiting.withdrawn_at)) == ("", True)


def test_between_the_close_and_the_reveal_they_go_too_and_count_for_nothing(
    lone: Team, team: Team, task: Task, charlie: User
) -> None:
    _scored(lone, task, 0.9, selected_at=timezone.now())
    _scored(team, task, 0.8)
    _close(task.challenge, reveal_in=timedelta(days=1))
    delete_account(by=charlie)
    assert _ranked(task) == [("Alpha", 1)]
    _say(task.challenge, reveal_at=timezone.now() - timedelta(hours=1))
    assert reveal(task.challenge)
    assert _ranked(task) == [("Alpha", 1)]


@pytest.mark.parametrize("moved_later", [False, True])
def test_what_was_revealed_stays(
    lone: Team, team: Team, task: Task, charlie: User, moved_later: bool
) -> None:
    best = _scored(lone, task, 0.9)
    _scored(team, task, 0.8)
    _close(task.challenge, reveal_in=-timedelta(hours=1))
    assert reveal(task.challenge)
    if moved_later:
        _say(task.challenge, reveal_at=timezone.now() + timedelta(days=5))
    before = _ranked(task)
    (said,) = consequences(charlie)
    assert "“Deep Blue” stay" in said
    assert "Its results are revealed" in said
    delete_account(by=charlie)
    best.refresh_from_db()
    lone.refresh_from_db()
    assert (best.withdrawn_at, lone.removed_at) == (None, None)
    assert _ranked(task) == before
    assert "Deep Blue" in dict(before)


def test_where_the_challenge_keeps_them_they_stay(
    lone: Team, team: Team, task: Task, charlie: User
) -> None:
    _say(task.challenge, deleted_accounts=DeletedAccounts.KEEP)
    _scored(lone, task, 0.9)
    _scored(team, task, 0.8)
    (said,) = consequences(charlie)
    assert said == (
        "The cup: the submissions of “Deep Blue” stay, as those of a former participant: others "
        "compare with them. Drafts of write-ups go."
    )
    delete_account(by=charlie)
    assert _ranked(task) == [("Deep Blue", 1), ("Alpha", 2)]


def test_a_team_that_goes_on_keeps_them(team: Team, task: Task, alice: User, bob: User) -> None:
    sent = _scored(team, task, 0.9, submitted_by=bob)
    assert consequences(bob) == [
        "The cup: your submissions stay with the team “Alpha”, as those of a former participant."
    ]
    delete_account(by=bob)
    sent.refresh_from_db()
    assert sent.withdrawn_at is None
    assert "are withdrawn from all boards" in consequences(alice)[0]
    delete_account(by=alice)
    sent.refresh_from_db()
    assert sent.withdrawn_at


def test_what_is_still_arriving_is_not_taken(
    lone: Team, task: Task, charlie: User, tmp_path: Path
) -> None:
    _scored(lone, task, 0.9)
    file = tmp_path / "late.csv"
    file.write_text("id,score\np1,0.5\n")
    delete_account(by=charlie)
    with pytest.raises(Refused, match="last member has just deleted") as refused:
        submit(team=lone, task=task, upload=from_path(file), by=charlie)
    assert refused.value.code == "no_team"


def test_people_read_of_it_before(lone: Team, task: Task, charlie: User, as_user: AsUser) -> None:
    page = as_user(charlie).get("/account/delete/").content.decode()
    assert "The cup: the team “Deep Blue” goes. It has no submissions." in page
    _scored(lone, task, 0.9)
    page = as_user(charlie).get("/account/delete/").content.decode()
    assert "The cup: the submissions of “Deep Blue” are withdrawn from all boards" in page
    home = as_user(None).get(task.challenge.get_absolute_url()).content.decode()
    assert "its submissions are withdrawn and their files deleted" in home
    _say(task.challenge, deleted_accounts=DeletedAccounts.KEEP)
    home = as_user(None).get(task.challenge.get_absolute_url()).content.decode()
    assert "Submissions of deleted accounts stay" in home


def test_a_member_reads_that_they_stay_with_a_captain_whose_account_is_closed(
    team: Team, task: Task, alice: User, bob: User, as_user: AsUser
) -> None:
    sent = _scored(team, task, 0.9)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    page = as_user(bob).get("/account/delete/").content.decode()
    assert "your submissions stay with the team “Alpha”" in page
    delete_account(by=bob)
    sent.refresh_from_db()
    assert sent.withdrawn_at is None


def test_the_page_of_the_team_says_so(
    lone: Team, task: Task, charlie: User, as_user: AsUser
) -> None:
    _scored(lone, task, 0.9)
    delete_account(by=charlie)
    page = as_user(None).get(lone.get_absolute_url()).content.decode()
    assert "Its submissions are withdrawn" in page


def test_a_frozen_board_stands_still_and_tells_who_went_since(
    lone: Team, team: Team, task: Task, charlie: User, as_user: AsUser
) -> None:
    _scored(lone, task, 0.9)
    _scored(team, task, 0.8)
    now = timezone.now()
    times = {"team_freeze_at": now, "closes_at": now + timedelta(hours=1)}
    client, page = as_user(None), reverse("task-board", args=["cup", task.slug])
    api = f"/api/v1/challenges/cup/tasks/{task.slug}/board"

    def told() -> dict[str, bool]:
        rows = client.get(api).json()["items"]
        return {row["team"]["name"]: row["team"]["removed"] for row in rows}

    _say(task.challenge, **times, freeze_hours=1)
    Revision.objects.update(at=now - timedelta(hours=2))
    Standing.objects.update(valid_from=now - timedelta(hours=2))
    assert told() == {"Deep Blue": False, "Alpha": False}
    assert "withdrawn since" not in client.get(page).content.decode()
    delete_account(by=charlie)
    assert told() == {"Deep Blue": True, "Alpha": False}
    assert client.get(page).content.decode().count("withdrawn since") == 1
    _say(task.challenge, freeze_hours=0)
    assert told() == {"Alpha": False}


# What is not submitted -------------------------------------------------------------------------


def test_uploads_and_checks_go_at_once_with_the_account_and_nobody_elses(
    team: Team,
    task: Task,
    charlie: User,
    alice: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    private, sent = files.private(), []
    for person in (charlie, alice):
        upload = factories.make_partial(task, person)
        name = f"validations/{person.pk}.csv"
        check = factories.make_check(task, person, Checking.QUEUED, file=name)
        for path in (f"{upload.folder}/0", name):
            private.save(path, ContentFile(b"id,score\n"))
        sent.append((upload, check))
    (mine, my_check), (hers, her_check) = sent
    with django_capture_on_commit_callbacks(execute=True):
        delete_account(by=charlie)
    assert [each.pk for each in PartialUpload.objects.all()] == [hers.pk]
    assert [each.pk for each in Validation.objects.all()] == [her_check.pk]
    gone = [private.exists(path) for path in (f"{mine.folder}/0", my_check.file)]
    assert gone == [False, False]
    assert all(private.exists(path) for path in (f"{hers.folder}/0", her_check.file))


def test_a_check_whose_person_is_gone_meanwhile_ends_quietly(task: Task, charlie: User) -> None:
    row = factories.make_check(task, charlie, Checking.QUEUED, file="validations/x.csv")
    held = Validation.claim(row.pk)
    assert held
    delete_account(by=charlie)
    with pytest.raises(LostClaim):
        validations.check(held, Scorer())
    assert not Validation.objects.exists()


def test_nothing_goes_of_an_account_that_stays(team: Team, task: Task, alice: User) -> None:
    upload = factories.make_partial(task, alice)
    files.private().save(f"{upload.folder}/0", ContentFile(b"id,score\n"))
    with pytest.raises(Refused):
        delete_account(by=alice)  # leads a team with another member
    assert PartialUpload.objects.exists()
    assert files.private().exists(f"{upload.folder}/0")
