"""The integrity page: its signals that one person acts as several."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.files.base import ContentFile
from django.db.models import F
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from podium.accounts import tasks, tokens
from podium.accounts.models import Scope, Sighting, User
from podium.accounts.networks import remember
from podium.analysis.crowds import MANY
from podium.challenges.models import Challenge, Task
from podium.standings.models import Board
from podium.submissions.models import Part, State
from podium.teams import actions as teams
from podium.teams.deleting import delete_account
from podium.teams.models import Team
from tests.site.factories import make_challenge, make_submission, make_task, make_team, make_user
from tests.site.web.board.boards import enter
from tests.site.web.task.test_uploads import CSV, send

AsUser = Callable[[User | None], Client]
HOME, ELSEWHERE = "203.0.113.7", "203.0.113.8"


@pytest.fixture
def page(challenge: Challenge, olga: User, as_user: AsUser) -> Callable[[], str]:
    """A function that returns the page as an owner of the challenge reads it."""

    def read() -> str:
        answer = as_user(olga).get(reverse("console-integrity", args=[challenge.slug]))
        assert answer.status_code == 200
        return answer.content.decode()

    return read


def _came(user: User, address: str) -> None:
    remember(user, RequestFactory(REMOTE_ADDR=address).get("/"))


# Shared addresses --------------------------------------------------------------------------------


def test_members_of_two_teams_at_one_address_are_listed(
    team: Team, alice: User, bob: User, charlie: User, page: Callable[[], str]
) -> None:
    make_team(team.challenge, "Beta", charlie)
    _came(alice, HOME)
    _came(charlie, ELSEWHERE)
    assert "No address is shared by two teams." in page()
    _came(charlie, HOME)
    html = page()
    assert "No address is shared" not in html
    assert [name in html for name in ("Alice", "Charlie", "Bob", "Alpha", "Beta")] == [
        *(True, True, False, True, True)
    ]
    assert HOME not in html


def test_members_of_one_team_may_share_an_address(
    team: Team, alice: User, bob: User, page: Callable[[], str]
) -> None:
    _came(alice, HOME)
    _came(bob, HOME)
    assert "No address is shared" in page()


def test_what_people_do_in_another_challenge_is_not_shown(
    team: Team, alice: User, charlie: User, page: Callable[[], str]
) -> None:
    make_team(make_challenge("other"), "Beta", charlie)
    _came(alice, HOME)
    _came(charlie, HOME)
    assert "No address is shared" in page()


def test_of_ipv6_the_network_of_a_household_is_one_address(
    team: Team, alice: User, charlie: User, page: Callable[[], str]
) -> None:
    make_team(team.challenge, "Beta", charlie)
    _came(alice, "2001:db8:1:1::1")
    _came(charlie, "2001:db8:1:2::1")
    assert "No address is shared" in page()
    _came(charlie, "2001:db8:1:1:ffff::2")
    assert "No address is shared" not in page()


def test_a_sign_up_is_remembered_by_a_keyed_hash(db: None, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    form = {"email": "ada@example.org", "password1": "long enough for a test", "name": "Ada"}
    Client(REMOTE_ADDR=HOME).post("/accounts/signup/", form)
    sighting = Sighting.objects.get(user__email="ada@example.org")
    assert len(sighting.address) == 32
    assert HOME not in sighting.address
    settings.SECRET_KEY = "another"
    other = make_user("other")
    _came(other, HOME)
    assert other.sightings.get().address != sighting.address


def test_first_uploads_by_page_and_api_are_remembered_and_later_ones_are_not(
    matching_task: Task, alice: User, bob: User, as_user: AsUser
) -> None:
    for user in (alice, bob):
        teams.accept_rules(challenge=matching_task.challenge, by=user)
    client = as_user(alice)
    client.defaults["REMOTE_ADDR"] = HOME
    assert send(client, matching_task).status_code == 302
    token = tokens.make(user=bob, name="tests", scopes=Scope.values, days=30)[1]
    answer = Client(REMOTE_ADDR=HOME).post(
        f"/api/v1/challenges/cup/tasks/{matching_task.slug}/submissions",
        {"file": ContentFile(CSV, "x.csv")},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 201
    assert alice.sightings.get().address == bob.sightings.get().address
    client.defaults["REMOTE_ADDR"] = ELSEWHERE
    assert send(client, matching_task, CSV + b" ").status_code == 302
    assert alice.sightings.count() == 1


def test_an_address_that_is_not_known_is_not_remembered(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podium.accounts.networks.address_of", lambda _: "unknown")
    _came(alice, HOME)
    assert not Sighting.objects.exists()


def test_sightings_are_swept_after_30_days_and_go_with_the_account(
    alice: User, charlie: User
) -> None:
    _came(alice, HOME)
    _came(charlie, HOME)
    Sighting.objects.filter(user=alice).update(at=timezone.now() - timedelta(days=30, minutes=1))
    Sighting.objects.filter(user=charlie).update(at=timezone.now() - timedelta(days=29))
    tasks.tidy()
    assert Sighting.objects.get().user == charlie
    EmailAddress.objects.create(user=charlie, email=charlie.email, verified=True, primary=True)
    delete_account(by=charlie)
    assert not Sighting.objects.exists()


# Many new accounts -------------------------------------------------------------------------------


def _submit(task: Task, names: Iterable[str], *, age: timedelta, state: str = State.SCORED) -> None:
    """Let each of these people submit now in a team of their own, with accounts of that age."""
    now = timezone.now()
    for name in names:
        user = make_user(name, date_joined=now - age)
        entrant = make_team(task.challenge, f"{name} team", user)
        make_submission(entrant, task, state)
        make_submission(entrant, task, state)


def test_a_day_with_many_new_accounts_on_one_task_is_listed(
    matching_task: Task, page: Callable[[], str]
) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC)):
        _submit(matching_task, [f"new{n}" for n in range(MANY - 1)], age=timedelta(days=6))
        _submit(matching_task, ["old"], age=timedelta(days=8))
        assert "No such day yet." in page()
        _submit(matching_task, ["last"], age=timedelta(hours=1), state=State.REJECTED)
        html = page()
    assert "No such day yet." not in html
    assert "2026-11-23" in html
    assert f'data-label="New accounts">{MANY}<' in html
    assert f'data-label="Their teams">{MANY}<' in html
    assert f'data-label="All people that day">{MANY + 1}<' in html


def test_new_accounts_on_other_days_and_tasks_are_not_added_up(
    matching_task: Task, classification_task: Task, page: Callable[[], str]
) -> None:
    day = datetime(2026, 11, 23, 12, tzinfo=UTC)
    for n in range(MANY):
        with time_machine.travel(day + timedelta(days=n % 2)):
            _submit(matching_task, [f"m{n}"], age=timedelta(hours=1))
            _submit(classification_task, [f"c{n}"], age=timedelta(hours=1))
    assert "No such day yet." in page()


def test_new_accounts_of_another_challenge_are_not_listed(
    matching_task: Task, page: Callable[[], str]
) -> None:
    other = make_task(make_challenge("other"), "matching")
    _submit(other, [f"new{n}" for n in range(MANY)], age=timedelta(hours=1))
    assert "No such day yet." in page()


# Public scores that did not hold -----------------------------------------------------------------


def _play(task: Task) -> None:
    """Seven teams that fall by 0.02, one that falls by 0.2, one that rises, and a baseline."""
    for n in range(7):
        enter(task, f"Honest {n}", 0.8 + n / 100, 0.78 + n / 100)
    enter(task, "Climber", 0.95, 0.75)
    enter(task, "Modest", 0.7, 0.9)
    enter(task, "Trivial", 0.9, 0.5, baseline="trivial")


def test_a_team_that_fell_far_more_than_others_is_listed_after_the_reveal(
    matching_task: Task, page: Callable[[], str]
) -> None:
    _play(matching_task)
    before = page()
    assert "Shown after the reveal." in before
    assert "Climber" not in before
    Board.objects.create(task=matching_task, part=Part.PRIVATE)
    Challenge.objects.update(revealed_at=F("reveal_at"))
    with time_machine.travel(matching_task.challenge.reveal_at + timedelta(hours=1)):
        html = page()
    assert "Shown after the reveal." not in html
    assert [name in html for name in ("Climber", "Honest 3", "Modest", "Trivial")] == [
        *(True, False, False, False)
    ]
    # Both scores, the fall of the others, and (0.2 - 0.02) / (0.005 * sqrt(2)).
    assert [number in html for number in ("0.9500", "0.7500", "0.0200", "25.5")] == [True] * 4


def test_nothing_private_is_shown_at_the_time_of_the_reveal_before_the_boards_are_made(
    matching_task: Task, page: Callable[[], str]
) -> None:
    _play(matching_task)
    with time_machine.travel(matching_task.challenge.reveal_at + timedelta(hours=1)):
        assert "Climber" not in page()


def test_a_score_that_fell_less_than_the_error_is_not_listed(
    matching_task: Task, page: Callable[[], str]
) -> None:
    for n in range(5):
        enter(matching_task, f"Team {n}", 0.8 + n / 200, 0.8)
    Board.objects.create(task=matching_task, part=Part.PRIVATE)
    Challenge.objects.update(revealed_at=F("reveal_at"))
    with time_machine.travel(matching_task.challenge.reveal_at + timedelta(hours=1)):
        assert "No team fell that far." in page()


def test_the_page_takes_as_many_queries_for_many_teams_as_for_few(
    matching_task: Task,
    challenge: Challenge,
    olga: User,
    as_user: AsUser,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    _play(matching_task)
    Board.objects.create(task=matching_task, part=Part.PRIVATE)
    Challenge.objects.update(revealed_at=F("reveal_at"))
    with time_machine.travel(challenge.reveal_at + timedelta(hours=1)):
        client = as_user(olga)
        with django_assert_max_num_queries(24):
            client.get(reverse("console-integrity", args=[challenge.slug]))
