"""On its first day an account sends two files for the same data."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from podium.accounts.models import User
from podium.challenges.models import Task
from podium.submissions.models import Submission
from podium.teams.models import Team
from tests.site import factories
from tests.site.submissions.test_personal_quota import MORNING, Sends, clock, cup, sends

__all__ = ["clock", "cup", "sends"]


@pytest.fixture(autouse=True)
def _slow(settings: Settings) -> None:
    settings.NEW_ACCOUNT_HOURS, settings.NEW_ACCOUNT_FILES = 24, 2


def test_it_sends_two_files_and_is_told_when_it_goes_on(
    cup: Task, team: Team, alice: User, sends: Sends
) -> None:
    refused = sends(cup, team, alice, 3)
    assert "Your account is new: until 24 November 2026, 08:00 UTC you can send 2 files" in refused
    assert "The next is possible at 24 November 2026, 00:00 UTC." in refused
    assert Submission.objects.count() == 2


def test_thirty_new_accounts_have_two_files_each(cup: Task, sends: Sends) -> None:
    for n in range(30):
        mallory = factories.make_user(f"mallory{n}")
        sends(cup, factories.make_team(cup.challenge, f"T{n}", mallory), mallory, 5)
    assert Submission.objects.count() == 60


def test_other_data_have_files_of_their_own(
    cup: Task, team: Team, alice: User, sends: Sends
) -> None:
    other = factories.make_task(factories.make_challenge("other"), "classification")
    second = factories.make_team(other.challenge, "Second", alice)
    sends(cup, team, alice, 2)
    assert sends(other, second, alice, 2) == ""


def test_the_rest_of_the_day_is_open_once_the_account_is_a_day_old(
    cup: Task, team: Team, alice: User, sends: Sends, clock: time_machine.Traveller
) -> None:
    alice.date_joined = MORNING - timedelta(hours=20)
    alice.save()
    assert "The next is possible at 23 November 2026, 12:00 UTC." in sends(cup, team, alice, 3)
    clock.move_to(MORNING + timedelta(hours=4))
    assert "All 5 submissions of today are used." in sends(cup, team, alice, 4)


def test_a_lower_limit_of_the_task_stays(cup: Task, team: Team, alice: User, sends: Sends) -> None:
    Task.objects.filter(pk=cup.pk).update(daily_limit=1)
    cup.refresh_from_db()
    assert "All 1 submissions of today are used." in sends(cup, team, alice, 2)


def test_0_hours_switch_it_off(
    cup: Task, team: Team, alice: User, sends: Sends, settings: Settings
) -> None:
    settings.NEW_ACCOUNT_HOURS = 0
    assert sends(cup, team, alice, 5) == ""


def test_the_page_says_so_before_the_first_upload(
    cup: Task, team: Team, alice: User, as_user: Callable[[User | None], Client]
) -> None:
    page = as_user(alice).get(cup.get_absolute_url()).content.decode()
    assert "2 of 2 submissions left today" in page
    assert "Your account is new: until 24 November 2026, 08:00 UTC" in page
    page = as_user(None).get(cup.get_absolute_url()).content.decode()
    assert "Your account is new" not in page
