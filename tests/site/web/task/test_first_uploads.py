"""How many people of one network may begin to submit on one day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from podium.accounts import tokens
from podium.accounts.models import Scope, User
from podium.challenges.models import Task
from podium.submissions.models import Submission, Validation
from podium.teams import actions as teams
from podium.teams.models import Team
from tests.site import factories
from tests.site.web.task.test_uploads import CSV, send

REFUSED = "Too many people of your network sent their first file today."
HOME, ELSEWHERE = "203.0.113.7", "203.0.114.7"
ClientOf = Callable[[User | None], Client]


@pytest.fixture(autouse=True)
def _two_a_day(settings: Settings) -> None:
    settings.FIRST_UPLOADS_PER_NETWORK = 2


@pytest.fixture
def sends(matching_task: Task, as_user: ClientOf) -> Callable[..., bool]:
    """A function that uploads as a person and returns whether the file was taken."""
    people: dict[str, User] = {}

    def upload(name: str, address: str = HOME) -> bool:
        if name not in people:
            people[name] = factories.make_user(name)
            teams.accept_rules(challenge=matching_task.challenge, by=people[name])
        client = as_user(people[name])
        client.defaults["REMOTE_ADDR"] = address
        answer: Any = send(client, matching_task, again="on")
        assert (answer.status_code == 302) != (REFUSED in answer.content.decode())
        return bool(answer.status_code == 302)

    return upload


def test_no_more_people_of_a_network_begin_than_the_limit(sends: Callable[..., bool]) -> None:
    assert [sends(f"n{n}") for n in range(4)] == [True, True, False, False]
    assert Submission.objects.count() == Team.objects.count() == 2


def test_those_who_have_begun_go_on_and_others_elsewhere_begin(
    sends: Callable[..., bool],
) -> None:
    assert [sends(name) for name in ("a", "b", "c", "a", "b")] == [True, True, False, True, True]
    assert sends("c", ELSEWHERE)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert sends("d")


def test_a_file_that_is_not_taken_counts_its_sender_once(
    sends: Callable[..., bool], as_user: ClientOf, matching_task: Task, alice: User
) -> None:
    teams.accept_rules(challenge=matching_task.challenge, by=alice)
    client = as_user(alice)
    client.defaults["REMOTE_ADDR"] = HOME
    for _ in range(3):
        send(client, matching_task, b"", "empty.csv")
    assert [sends(f"n{n}") for n in range(2)] == [True, True]


def test_a_check_is_no_upload(
    sends: Callable[..., bool], as_user: ClientOf, matching_task: Task, alice: User
) -> None:
    sends("a"), sends("b")
    teams.accept_rules(challenge=matching_task.challenge, by=alice)
    client = as_user(alice)
    client.defaults["REMOTE_ADDR"] = HOME
    address = reverse("check", args=[matching_task.challenge.slug, matching_task.slug])
    assert client.post(address, {"file": ContentFile(CSV, "x.csv")}).status_code == 302
    assert Validation.objects.filter(user=alice).exists()


def test_the_api_refuses_alike(
    sends: Callable[..., bool], matching_task: Task, alice: User
) -> None:
    sends("a"), sends("b")
    teams.accept_rules(challenge=matching_task.challenge, by=alice)
    token = tokens.make(user=alice, name="tests", scopes=Scope.values, days=30)[1]
    answer = Client(REMOTE_ADDR=HOME).post(
        f"/api/v1/challenges/{matching_task.challenge.slug}/tasks/{matching_task.slug}/submissions",
        {"file": ContentFile(CSV, "x.csv")},
        headers={"Authorization": f"Bearer {token}"},
    )
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "network_full")
    assert REFUSED in problem["detail"]
    assert problem["retry_at"] > timezone.now().isoformat()
    assert not Submission.objects.filter(submitted_by=alice).exists()
