"""People whose addresses are confirmed, and the mails that they get."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage

from podium.accounts.models import User
from podium.notices import mailing
from podium.standings.actions import refresh
from podium.submissions.models import Evaluation
from podium.submissions.signals import evaluation_stored
from podium.teams.models import Team
from tests.site import factories

Mailed = Callable[[], dict[str, list[EmailMessage]]]


def confirm(*people: User) -> None:
    for user in people:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


def scored(team: Team, task: factories.Task, public: float = 0.8) -> Evaluation:
    """Return the evaluation of a new submission, stored as the scoring stores it."""
    submission = factories.make_submission(team, task)
    evaluation = factories.make_evaluation(submission, public=public, private=0.123456)
    refresh(task, team)
    for listener in evaluation_stored:
        listener(evaluation)
    return evaluation


@pytest.fixture
def mailed(mailoutbox: list[EmailMessage]) -> Mailed:
    """A function that sends what is due and returns the new mails by their readers."""

    def send() -> dict[str, list[EmailMessage]]:
        before = len(mailoutbox)
        while mailing.send():
            pass
        found: dict[str, list[EmailMessage]] = {}
        for mail in mailoutbox[before:]:
            [address] = mail.to
            found.setdefault(address.partition("@")[0], []).append(mail)
        return found

    return send
