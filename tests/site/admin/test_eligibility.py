"""The admin makes nobody a competitor on rows that they may see, nor the other way round."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.catalog.models import SolutionComparison
from podium.challenges.models import Challenge, Organizer, Task
from podium.teams.models import Team
from tests.site.factories import make_challenge, make_organizer, make_task

AsUser = Callable[[User | None], Client]


@pytest.fixture
def client(as_user: AsUser, sam: User) -> Client:
    return as_user(sam)


@pytest.fixture
def twin(matching_task: Task) -> Challenge:
    """Another challenge with a task on the same data set version."""
    other = make_challenge("twin")
    version, solution = matching_task.dataset_version, matching_task.solution
    make_task(other, "matching", dataset_version=version, solution=solution)
    return other


def test_a_competitor_gets_no_role_on_the_same_rows(
    twin: Challenge, team: Team, bob: User, client: Client
) -> None:
    url = reverse("admin:challenges_organizer_add")
    form = {"challenge": twin.pk, "user": bob.pk, "role": "viewer"}
    page = client.post(url, form).content.decode()
    assert "Bob is in a team of “The cup”, which uses the same data. They must leave" in page
    assert not Organizer.objects.exists()
    Challenge.objects.filter(pk=team.challenge_id).update(revealed_at=timezone.now())
    assert client.post(url, form).status_code == 302


def test_who_organizes_the_same_rows_or_is_staff_is_put_in_no_team(
    twin: Challenge, team: Team, sam: User, charlie: User, client: Client
) -> None:
    make_organizer(twin, charlie)
    url = reverse("admin:teams_membership_add")
    for user, why in ((charlie, "Charlie organizes “The twin”"), (sam, "Sam is staff")):
        form = {"team": team.pk, "challenge": team.challenge_id, "user": user.pk}
        assert why in client.post(url, form).content.decode()
    assert team.memberships.count() == 2


def _user_form(user: User, **changed: Any) -> dict[str, Any]:
    return {"email": user.email, "name": user.name, "is_active": "on", **changed}


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_a_competitor_is_not_made_staff(team: Team, bob: User, client: Client, right: str) -> None:
    url = reverse("admin:accounts_user_change", args=[bob.pk])
    page = client.post(url, _user_form(bob, **{right: "on"})).content.decode()
    assert "Bob is in a team of “The cup”. They must leave it first" in page
    bob.refresh_from_db()
    assert (bob.is_staff, bob.is_superuser) == (False, False)
    assert client.post(url, _user_form(bob, name="Robert")).status_code == 302
    Challenge.objects.filter(pk=team.challenge_id).update(revealed_at=timezone.now())
    assert client.post(url, _user_form(bob, **{right: "on"})).status_code == 302


def test_a_task_takes_up_no_rows_that_a_member_organizes_elsewhere(
    twin: Challenge, charlie: User, client: Client
) -> None:
    make_organizer(twin, charlie)
    other = make_challenge("other")
    task = make_task(other, "matching")
    url = reverse("admin:teams_membership_add")
    Team.objects.create(challenge=other, name="Owls", slug="owls", captain=charlie)
    form = {"team": Team.objects.get().pk, "challenge": other.pk, "user": charlie.pk}
    assert client.post(url, form).status_code == 302
    shared = twin.tasks.get()
    changed = {
        "track": task.track_id, "challenge": other.pk, "slug": "second", "title": "Second",
        "dataset_version": shared.dataset_version_id, "solution": shared.solution_id,
        "headline": "average_precision", "feedback": "rounded", "daily_limit": 5,
        "in_flight_limit": 3, "rejected_limit": 50, "max_bytes": 1000, "position": 1,
    }  # fmt: skip
    page = client.post(reverse("admin:challenges_task_add"), changed).content.decode()
    assert "charlie@example.org is in a team of this challenge and organizes" in page
    assert other.tasks.count() == 1
    Organizer.objects.all().delete()
    first, second = sorted([shared.solution_id, task.solution_id])
    agreeing = {
        "first_id": first,
        "second_id": second,
        "usage_rows": 0,
        "train_rows": 0,
        "records": 0,
    }
    SolutionComparison.objects.create(**agreeing)
    assert client.post(reverse("admin:challenges_task_add"), changed).status_code == 302
