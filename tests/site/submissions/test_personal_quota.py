"""What one person may send a day for the same data, in all teams and challenges."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client

from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.challenges.models import Challenge, Task
from podium.refusals import Refused
from podium.submissions import quota
from podium.submissions.actions import retry, submit, withdraw
from podium.submissions.jobs import scoring_runs
from podium.submissions.models import Quota, State, Submission
from podium.teams.models import Team
from podium.uploads.receiving import Upload
from scoring import Problem
from scoring.runner import Failed, Rejected
from tests.site import factories
from tests.site.pets import make_pets_task, predictions

pytestmark = pytest.mark.dialect
MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
REJECTED = Rejected((Problem("empty_file", "Nothing in it.", (), 1),))
Sends = Callable[..., str]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """The morning of a day, until the test moves it."""
    with time_machine.travel(MORNING, tick=False) as travelling:
        yield travelling


@pytest.fixture
def cup(clock: time_machine.Traveller, challenge: Challenge, tmp_path: Path) -> Task:
    """A task with five submissions a day."""
    return make_pets_task(challenge, tmp_path / "pets", daily_limit=5, in_flight_limit=50)


@pytest.fixture
def sends(cup: Task, tmp_path: Path) -> Sends:
    """A function that sends some files for a person; it returns the refusal, if any."""
    upload: Upload = predictions(cup, tmp_path)

    def send(task: Task, team: Team, by: User, files: int = 1) -> str:
        with contextlib.suppress(Refused):
            for _ in range(files):
                submit(team=team, task=task, upload=upload, by=by)
            return ""
        with pytest.raises(Refused) as again:
            submit(team=team, task=task, upload=upload, by=by)
        refused = again.value
        assert refused.code == "quota"
        assert refused.retry_at is not None
        assert f"at {in_words(refused.retry_at)}" in refused.message
        return refused.message

    return send


def twin_of(task: Task, slug: str, **fields: Any) -> Task:
    """Return a task of another challenge with the same data set version."""
    other = factories.make_task(factories.make_challenge(slug), task.track.kind)
    given = {"daily_limit": 5, "in_flight_limit": 50, **fields}
    same = {"dataset_version": task.dataset_version, "solution": task.solution}
    Task.objects.filter(pk=other.pk).update(**same, **given)
    other.refresh_from_db()
    return other


def end(submission: Submission, outcome: Rejected | Failed) -> None:
    """Let a worker end a queued submission, in its last attempt."""
    Submission.objects.filter(pk=submission.pk).update(attempt=submission.attempt_limit - 1)
    Submission.run(
        submission.pk,
        do=lambda held: scoring_runs._store(held, outcome),
        fail=scoring_runs.fail,
    )


def test_a_second_challenge_on_the_same_data_gives_no_second_quota(
    cup: Task, team: Team, alice: User, sends: Sends
) -> None:
    other = twin_of(cup, "other")
    second = factories.make_team(other.challenge, "Second", alice)
    assert sends(cup, team, alice, 3) == ""
    refused = sends(other, second, alice, 5)
    assert "One person can send 5 a day for the same data" in refused
    assert "The next is possible at 24 November 2026, 00:00 UTC." in refused
    assert Submission.objects.count() == 5
    assert Quota.objects.get(team=second).used == 2


def test_equal_content_under_another_name_counts_alike(
    cup: Task, team: Team, alice: User, sends: Sends
) -> None:
    other = factories.make_task(factories.make_challenge("other"), "classification")
    other.dataset_version.content_hash = cup.dataset_version.content_hash
    other.dataset_version.save()
    second = factories.make_team(other.challenge, "Second", alice)
    sends(cup, team, alice, 5)
    assert "One person can send 5 a day" in sends(other, second, alice)


def test_other_data_and_other_people_count_apart(
    cup: Task, team: Team, alice: User, bob: User, sends: Sends
) -> None:
    other = factories.make_task(factories.make_challenge("other"), "classification")
    twin = twin_of(cup, "twin")
    sends(cup, team, alice, 5)
    assert sends(other, factories.make_team(other.challenge, "Apart", alice), alice) == ""
    assert sends(twin, factories.make_team(twin.challenge, "Bobs", bob), bob, 5) == ""


def test_a_second_team_gives_no_second_quota(
    cup: Task, team: Team, alice: User, bob: User, sends: Sends
) -> None:
    sends(cup, team, alice, 4)
    team.memberships.filter(user=alice).delete()
    second = factories.make_team(cup.challenge, "Second", alice)
    assert "you have sent 5" in sends(cup, second, alice, 2)
    assert sends(cup, team, bob) == "", "the team goes on"


def test_the_largest_limit_of_the_tasks_counts(
    cup: Task, team: Team, alice: User, sends: Sends
) -> None:
    other = twin_of(cup, "other", daily_limit=8)
    second = factories.make_team(other.challenge, "Second", alice)
    sends(cup, team, alice, 5)
    assert "One person can send 8 a day" in sends(other, second, alice, 4)
    assert Submission.objects.count() == 8


def test_a_task_that_the_person_does_not_use_raises_no_limit(
    cup: Task, team: Team, alice: User, sends: Sends
) -> None:
    twin_of(cup, "other", daily_limit=100)
    sends(cup, team, alice, 3)
    team.memberships.filter(user=alice).delete()
    second = factories.make_team(cup.challenge, "Second", alice)
    assert "One person can send 5 a day" in sends(cup, second, alice, 3)


def test_the_next_day_counts_from_nothing(
    cup: Task, team: Team, alice: User, sends: Sends, clock: time_machine.Traveller
) -> None:
    sends(cup, team, alice, 5)
    clock.move_to(MIDNIGHT)
    assert sends(cup, team, alice, 5) == ""


@pytest.mark.parametrize("outcome", [REJECTED, Failed("ours")], ids=["rejected", "failed"])
def test_what_is_refunded_to_the_team_is_refunded_to_the_person(
    cup: Task, team: Team, alice: User, sends: Sends, outcome: Rejected | Failed
) -> None:
    sends(cup, team, alice, 5)
    end(Submission.objects.earliest("pk"), outcome)
    left = quota.allowance(team, cup, MORNING, alice)
    assert left.person
    assert (left.team_left, left.person.left, left.left) == (1, 1, 1)
    assert sends(cup, team, alice, 2) != ""
    assert Submission.objects.count() == 6


def test_a_retry_of_a_failed_submission_stays_free(
    cup: Task, team: Team, alice: User, sends: Sends
) -> None:
    sends(cup, team, alice, 5)
    first = Submission.objects.earliest("pk")
    end(first, Failed("ours"))
    assert retry(submission=first)
    assert quota.allowance(team, cup, MORNING, alice).left == 1


def test_a_withdrawn_submission_still_counts(
    cup: Task, team: Team, alice: User, sends: Sends
) -> None:
    sends(cup, team, alice, 5)
    Submission.objects.update(state=State.SCORED, finished_at=MORNING)
    withdraw(submission=Submission.objects.latest("pk"), by=alice)
    left = quota.allowance(team, cup, MORNING, alice)
    assert left.person
    assert left.person.left == 0


def test_the_page_shows_what_is_left_to_its_reader(
    cup: Task,
    team: Team,
    alice: User,
    bob: User,
    sends: Sends,
    as_user: Callable[[User | None], Client],
) -> None:
    other = twin_of(cup, "other")
    second = factories.make_team(other.challenge, "Second", alice)
    sends(other, second, alice, 3)
    for reader, left in ((alice, 2), (bob, 5)):
        page = as_user(reader).get(cup.get_absolute_url()).content.decode()
        assert f"{left} of 5 submissions left today" in page
        assert ("you have sent 3." in page) == (reader == alice)
    sends(other, second, alice, 2)
    page = as_user(alice).get(cup.get_absolute_url()).content.decode()
    assert "Limit reached" in page
    assert "0 of 5 submissions left today" in page
    assert page.count("One person can send 5 a day") == 1
