"""Final selections: some scored submissions of a team, until the challenge closes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Task
from podium.refusals import Refused
from podium.submissions.actions import restore, withdraw
from podium.submissions.models import Submission
from podium.submissions.selection import select, unselect
from podium.teams.models import Team
from tests.site import factories

Made = Callable[..., Submission]


@pytest.fixture
def made(team: Team, matching_task: Task) -> Made:
    """A function that makes a submission of Alice's team."""
    return lambda state="scored", **fields: factories.make_submission(
        team, matching_task, state, **fields
    )


def refusal(verb: Callable[..., None], submission: Submission) -> str:
    with pytest.raises(Refused) as refused:
        verb(submission=submission, by=None)
    return refused.value.code


def selected() -> list[int]:
    found = Submission.objects.filter(selected_at__isnull=False).order_by("number")
    return list(found.values_list("number", flat=True))


def test_two_submissions_can_be_final_and_a_third_only_for_one_of_them(made: Made) -> None:
    first, second, third = made(), made(), made()
    for each in (first, second):
        select(submission=each, by=None)
    assert refusal(select, third) == "too_many"
    unselect(submission=first, by=None)
    select(submission=third, by=None)
    assert selected() == [2, 3]


@pytest.mark.parametrize("limit", [1, 3])
def test_a_task_says_how_many_can_be_final(made: Made, matching_task: Task, limit: int) -> None:
    matching_task.final_limit = limit
    matching_task.save()
    for each in [made() for _ in range(limit)]:
        select(submission=each, by=None)
    with pytest.raises(Refused, match=f"At most {limit} submissions? of this task can be final"):
        select(submission=made(), by=None)
    assert selected() == list(range(1, limit + 1))


@pytest.mark.parametrize("limit", [0, 21])
def test_none_and_too_many_final_ones_are_refused(matching_task: Task, limit: int) -> None:
    matching_task.final_limit = limit
    with pytest.raises(ValidationError, match="final_limit"):
        matching_task.full_clean()


def test_a_selection_is_told_once_with_who_made_it(made: Made, alice: User) -> None:
    submission = made()
    for _ in range(2):
        select(submission=submission, by=alice)
    for _ in range(2):
        unselect(submission=submission, by=alice)
    verbs = ("selected submission", "unselected submission")
    events = Event.objects.filter(verb__in=verbs).order_by("pk")
    assert [(event.verb, event.actor) for event in events] == [(v, alice.name) for v in verbs]


@pytest.mark.parametrize("state", ["queued", "scoring", "rejected", "failed"])
def test_what_is_not_scored_cannot_be_final(made: Made, state: str) -> None:
    assert refusal(select, made(state)) == "not_scored"


def test_what_is_withdrawn_cannot_be_selected_but_taken_back(made: Made) -> None:
    submission = made()
    select(submission=submission, by=None)
    withdraw(submission=submission, by=None)
    assert refusal(select, submission) == "not_scored"
    unselect(submission=submission, by=None)
    assert selected() == []


def test_withdrawing_a_final_one_does_not_make_room_for_a_third(made: Made) -> None:
    first, second, third = made(), made(), made()
    for each in (first, second):
        select(submission=each, by=None)
    withdraw(submission=first, by=None)
    assert refusal(select, third) == "too_many"
    restore(submission=first, by=None)
    assert selected() == [1, 2], "the reveal knows what to do with two"


def test_tasks_and_teams_have_selections_of_their_own(made: Made, team: Team) -> None:
    task = made().task
    other = factories.make_task(task.challenge, "matching", "other")
    rival = factories.make_team(task.challenge, "Beta", factories.make_user("dora"))
    for owner, subject in ((team, task), (team, other), (rival, task)):
        for _ in range(2):
            select(submission=factories.make_submission(owner, subject), by=None)
    assert len(selected()) == 6


@pytest.mark.parametrize("verb", [select, unselect])
def test_selections_are_locked_when_the_challenge_closes(
    made: Made, verb: Callable[..., None]
) -> None:
    submission = made()
    select(submission=submission, by=None)
    challenge = submission.task.challenge
    challenge.closes_at = challenge.team_freeze_at = timezone.now() - timedelta(minutes=1)
    challenge.save()
    assert refusal(verb, submission) == "closed"
    assert selected() == [1]
