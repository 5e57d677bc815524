"""A paused task takes nothing and says why; a limit in total holds for teams and for people."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
from podium.refusals import Refused
from podium.submissions.actions import submit
from podium.submissions.merging import why_not
from podium.submissions.models import Quota, State, Submission
from podium.submissions.quota import allowance
from podium.teams.models import Team
from tests.site import factories
from tests.site.pets import make_pets_task, predictions

AsUser = Callable[[User | None], Client]
WHY = "We check <b>labels</b>."


@pytest.fixture
def pets(challenge: Challenge, tmp_path: Path) -> Task:
    return make_pets_task(challenge, tmp_path / "pets", in_flight_limit=50, total_limit=3)


def refusal(team: Team, task: Task, by: User, tmp_path: Path) -> Refused:
    with pytest.raises(Refused) as caught:
        submit(team=team, task=task, upload=predictions(task, tmp_path), by=by)
    assert caught.value.code == "quota"
    return caught.value


def test_a_paused_task_says_why_and_promises_no_time(
    team: Team, pets: Task, alice: User, tmp_path: Path, as_user: AsUser
) -> None:
    Task.objects.update(pause=WHY)
    pets.refresh_from_db()
    refused = refusal(team, pets, alice, tmp_path)
    assert refused.message == f"The organizers paused this task: {WHY}"
    assert refused.retry_at is None
    for person in (alice, None):
        page = as_user(person).get(pets.get_absolute_url()).content.decode()
        assert "We check &lt;b&gt;labels&lt;/b&gt;." in page
    limits = as_user(alice).get(f"/api/v1/challenges/cup/tasks/{pets.slug}").json()["limits"]
    assert limits["pause"] == WHY
    Task.objects.update(pause="")
    pets.refresh_from_db()
    assert submit(team=team, task=pets, upload=predictions(pets, tmp_path), by=alice)


def test_baselines_do_not_wait_for_the_end_of_a_pause(pets: Task, tmp_path: Path) -> None:
    Task.objects.update(pause=WHY, total_limit=0)
    pets.refresh_from_db()
    baseline = factories.make_team(pets.challenge, "Trivial", baseline="trivial")
    assert submit(team=baseline, task=pets, upload=predictions(pets, tmp_path))


def test_a_team_sends_no_more_than_its_total(
    team: Team, pets: Task, alice: User, bob: User, tmp_path: Path, as_user: AsUser
) -> None:
    yesterday = timezone.now().date() - timedelta(days=1)
    Quota.objects.create(team=team, task=pets, day=yesterday, used=2, rejected=9)
    page = as_user(alice).get(pets.get_absolute_url()).content.decode()
    assert "1 of 3 left in total." in page
    assert allowance(team, pets, timezone.now()).left == 1
    submit(team=team, task=pets, upload=predictions(pets, tmp_path), by=alice)
    refused = refusal(team, pets, bob, tmp_path)
    assert "All 3 submissions of your team to this task are used." in refused.message
    assert refused.retry_at is None
    Task.objects.update(total_limit=None)
    pets.refresh_from_db()
    assert submit(team=team, task=pets, upload=predictions(pets, tmp_path), by=bob)


def test_a_person_gets_no_second_total_from_a_second_team(
    team: Team, pets: Task, alice: User, bob: User, tmp_path: Path
) -> None:
    day = timezone.now().date() - timedelta(days=3)
    for state in (State.SCORED, State.SCORED, State.SCORED, State.REJECTED):
        factories.make_submission(team, pets, state, submitted_by=bob, quota_day=day)
    team.memberships.filter(user=bob).delete()
    second = factories.make_team(pets.challenge, "Second", bob)
    refused = refusal(second, pets, bob, tmp_path)
    assert "One person can send 3 submissions for the same data" in refused.message
    assert refused.retry_at is None
    Submission.objects.filter(state=State.SCORED)[:1].get().delete()
    assert submit(team=second, task=pets, upload=predictions(pets, tmp_path), by=bob)


def test_two_teams_do_not_merge_beyond_one_total(team: Team, pets: Task, charlie: User) -> None:
    other = factories.make_team(pets.challenge, "Beta", charlie)
    today = timezone.now().date()
    for number, each in enumerate((team, other)):
        Quota.objects.create(team=each, task=pets, day=today - timedelta(days=number), used=2)
    objection = why_not(team, other)
    assert objection is not None
    assert "used 4 submissions of Pets, and one team has 3 in total" in objection.why
    Task.objects.update(total_limit=4)
    assert why_not(team, other) is None
