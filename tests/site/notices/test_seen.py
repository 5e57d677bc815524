"""Notices are read once their reader has opened the page that they are about."""

from collections.abc import Callable

import pytest
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from podium.accounts.models import User
from podium.challenges.models import Challenge
from podium.challenges.previewed import previewing
from podium.discussions.actions import answer
from podium.discussions.messages import send_message
from podium.notices.actions import mark_seen, unread
from podium.notices.models import Kind
from podium.submissions.models import State, Submission
from podium.teams.models import Team
from tests.site import factories

AsUser = Callable[[User | None], Client]


@pytest.fixture
def sent(team: Team, matching_task: object, alice: User, bob: User) -> Submission:
    """A rejected submission; both members of its team have a notice of it, and of another."""
    found = factories.make_submission(team, matching_task, State.REJECTED)
    for person in (alice, bob):
        factories.make_notice(person, found, kind=Kind.REJECTED, key=str(found.pk))
        factories.make_notice(person, factories.make_submission(team, matching_task))
    return found


@pytest.mark.parametrize("route", ["submission", "submission-status"])
def test_a_submission_that_was_looked_at_is_not_new(
    sent: Submission, alice: User, bob: User, as_user: AsUser, route: str
) -> None:
    assert as_user(alice).get(reverse(route, args=[sent.pk])).status_code == 200
    assert (unread(alice), unread(bob)) == (1, 2)


def test_a_question_reads_its_answers_too(
    team: Team, alice: User, bob: User, as_user: AsUser
) -> None:
    asked = factories.make_question(team.challenge, alice)
    answer(question=asked, by=bob, body="Like this.")
    assert unread(alice) == 1
    as_user(alice).get(asked.get_absolute_url())
    assert unread(alice) == 0


def test_a_thread_reads_its_messages(team: Team, alice: User, olga: User, as_user: AsUser) -> None:
    send_message(team=team, body="Well done.", by=olga)
    assert unread(alice) == 1
    as_user(alice).get(reverse("team-messages", args=[team.challenge.slug]))
    assert unread(alice) == 0


def test_a_preview_reads_nothing(sent: Submission, challenge: Challenge, alice: User) -> None:
    with previewing(challenge.pk):
        mark_seen(alice, Q(facts__submission=sent.pk))
    assert unread(alice) == 2
