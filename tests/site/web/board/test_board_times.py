"""The page of a board through time: dates, movement, the freeze and the reveal."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, Organizer, Role, Task
from podium.challenges.permissions import Permission, has_permission
from podium.teams.actions import disqualify
from podium.teams.models import Team
from podium.web.board.views import _tasks
from tests.site import factories
from tests.site.factories import reveal
from tests.site.web.board.boards import address, enter, shown
from tests.site.web.board.test_board_page import AsUser, task

__all__ = ["task"]


@pytest.fixture
def old(matching_task: Task, team: Team) -> Iterator[Task]:
    """A task whose board changed ten, five and no days ago."""
    now = timezone.now()
    with time_machine.travel(now - timedelta(days=10), tick=True):
        enter(matching_task, "First", 0.8)
        enter(matching_task, "Alpha", 0.7)
    with time_machine.travel(now - timedelta(days=5), tick=True):
        enter(matching_task, "Alpha", 0.9)
    with time_machine.travel(now, tick=True):
        enter(matching_task, "Newcomer", 0.85)
    return matching_task


def test_movement_and_best_scores_are_told_since_a_date(client: Client, old: Task) -> None:
    board = shown(client, old)
    assert board.row("Alpha").cells["Moved"].startswith("↑ 1 places up since")
    assert board.row("First").cells["Moved"].startswith("↓ 2 places down since")
    assert board.row("Newcomer").cells["Moved"] == "new"
    assert "From 0.70 on" in board.html
    assert "to 0.90 on" in board.html
    since = (timezone.now() - timedelta(days=3)).date().isoformat()
    later = shown(client, old, since=since)
    assert later.row("Alpha").cells["Moved"] == ""
    assert later.row("First").cells["Moved"].startswith("↓ 1")
    long_ago = shown(client, old, since="2020-01-01")
    assert "Moved" not in long_ago.heads  # there everybody would be new


def test_the_time_machine_shows_the_board_of_a_date(client: Client, old: Task) -> None:
    day = (timezone.now() - timedelta(days=7)).date().isoformat()
    board = shown(client, old, at=day)
    assert [(row.name, row.cells["Average precision"]) for row in board.rows] == [
        ("First", "0.80"),
        ("Alpha", "0.70"),
    ]
    assert "Leaderboard as of" in board.html
    assert '<a href="?">Current leaderboard</a>' in board.html
    before = client.get(address(old), {"at": "2020-01-01"}).content.decode()
    assert "The first team appeared later." in before


def test_old_boards_tell_who_was_disqualified_since(client: Client, old: Task, olga: User) -> None:
    then = (timezone.now() - timedelta(days=3)).date().isoformat()
    assert shown(client, old, at=then).row("First").name == "First"
    disqualify(team=Team.objects.get(slug="first"), reason="Two accounts.", by=olga)
    assert "First" not in shown(client, old).names
    board = shown(client, old, at=then)
    assert board.row("First").name.startswith("First disqualified since")
    assert "Two accounts" not in board.html


def test_a_frozen_board_stands_still_but_for_ones_own_place(
    old: Task, alice: User, as_user: AsUser
) -> None:
    now = timezone.now()
    Challenge.objects.filter(pk=old.challenge_id).update(
        team_freeze_at=now, closes_at=now + timedelta(hours=1), freeze_hours=24 * 8
    )
    board = shown(as_user(alice), old)
    assert "Leaderboard frozen" in board.html
    assert [row.cells["Average precision"] for row in board.rows] == ["0.80", "0.70"]
    own = board.html.split("<aside")[1].split("</aside>")[0]
    assert 'data-own="alpha"' in own
    assert ">live<" in own
    assert '<span class="place">1</span>' in own
    assert "0.90" in own
    assert "0.90" not in shown(as_user(None), old).html


def test_a_board_without_a_score_at_the_freeze_asks_nobody_to_be_the_first(
    old: Task, client: Client
) -> None:
    now = timezone.now()
    Challenge.objects.filter(pk=old.challenge_id).update(
        team_freeze_at=now, closes_at=now + timedelta(hours=1), freeze_hours=24 * 90
    )
    html = shown(client, old).html
    assert "No scores at the freeze" in html
    assert "Be the first" not in html


@pytest.mark.parametrize("days", [0, 3, 6])
def test_movement_since_a_day_of_the_freeze_says_nothing_of_that_day(
    old: Task, client: Client, days: int
) -> None:
    now = timezone.now()
    Challenge.objects.filter(pk=old.challenge_id).update(
        team_freeze_at=now, closes_at=now + timedelta(hours=1), freeze_hours=24 * 8
    )
    board = shown(client, old, since=(now - timedelta(days=days)).date().isoformat())
    assert board.names == ["First", "Alpha"]
    assert not any(row.cells.get("Moved") for row in board.rows)


def test_organizers_see_a_frozen_board_move(old: Task, olga: User, as_user: AsUser) -> None:
    Challenge.objects.filter(pk=old.challenge_id).update(freeze_hours=24 * 98)
    assert "Newcomer" in shown(as_user(olga), old).names
    assert "is frozen" not in shown(as_user(olga), old).html


def test_every_organizer_sees_what_boards_show_to_organizers(task: Task, rf: Any) -> None:
    request = rf.get("/")
    for role in Role.values:
        user = factories.make_user(role)
        request.user = user
        assert not _tasks(request, task.challenge.slug).get().organizes
        Organizer.objects.create(challenge=task.challenge, user=user, role=role)
        assert _tasks(request, task.challenge.slug).get().organizes
        assert has_permission(user, Permission.SEE_DRAFT, task.challenge)


# The reveal ------------------------------------------------------------------------------------


def test_the_time_of_the_reveal_alone_promises_no_private_board(client: Client, task: Task) -> None:
    shown(client, task)
    pass_reveal(task)
    html = shown(client, task).html
    assert "Private leaderboard" not in html
    assert "in steps of" in html
    asked = client.get(address(task), {"part": "private"}).content.decode()
    assert "Nothing of the private part is shown before the reveal" in asked


def pass_reveal(task: Task) -> None:
    past = timezone.now() - timedelta(hours=1)
    Challenge.objects.filter(pk=task.challenge_id).update(
        team_freeze_at=past, closes_at=past, reveal_at=past
    )
    task.challenge.refresh_from_db()


@pytest.fixture
def revealed(matching_task: Task) -> Task:
    enter(matching_task, "First", 0.91, private=0.7654321)
    enter(matching_task, "Second", 0.87, private=0.8123456)
    pass_reveal(matching_task)
    assert reveal(matching_task.challenge)
    return matching_task


def test_after_the_reveal_the_private_board_is_shown_with_the_shake_up(
    client: Client, revealed: Task
) -> None:
    board = shown(client, revealed)
    assert board.names == ["Second", "First"]
    assert board.row("Second").cells["Average precision"] == "0.8123"
    assert board.row("Second").cells["Shake-up"].startswith("↑ 1")
    assert board.row("First").cells["Shake-up"].startswith("↓ 1")
    assert "The shake-up: 2 teams of 2 changed places" in board.html
    assert '<a href="?part=public">Public leaderboard before the reveal</a>' in board.html


def test_the_public_board_stays_as_it_was(client: Client, revealed: Task) -> None:
    board = shown(client, revealed, part="public")
    assert board.names == ["First", "Second"]
    assert "Shake-up" not in board.heads
    assert "0.8123" not in board.html
    assert '<a href="?">Private leaderboard</a>' in board.html
    assert board.links["Team"] == "?sort=team&part=public"


def test_before_a_reveal_that_was_moved_a_pinned_place_is_the_public_one(
    client: Client, revealed: Task
) -> None:
    between = timezone.now()
    Challenge.objects.filter(pk=revealed.challenge_id).update(reveal_at=timezone.now())
    html = shown(client, revealed, at=between.isoformat(), pin="second").html
    assert "0.8123" not in html
    assert "0.8123" in shown(client, revealed, pin="second").html


def test_before_the_reveal_no_private_score_is_on_any_state_of_the_page(
    client: Client, task: Task
) -> None:
    for query in ({}, {"part": "private"}, {"at": "2999-01-01", "part": "private"}):
        html = client.get(address(task), query).content.decode()
        assert "0.123" not in html
