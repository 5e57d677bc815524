"""A board of a past moment is what was shown then, whatever happened since."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
from podium.standings.actions import fix_step
from podium.standings.visible import visible_board
from podium.submissions.actions import withdraw
from podium.submissions.models import Part
from podium.teams.actions import disqualify
from podium.teams.models import Team
from tests.site import factories
from tests.site.factories import reveal_due
from tests.site.standings.conftest import Scored

pytestmark = pytest.mark.dialect

Teams = Callable[[str], list[Team]]
Clock = time_machine.Traveller
ANYBODY = AnonymousUser()
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False) as moving:
        yield moving


@pytest.fixture
def challenge(db: None, clock: Clock) -> Challenge:
    """A challenge that is frozen for its last 3 of 10 hours and is revealed 4 hours later."""
    now = timezone.now()
    return factories.make_challenge(
        team_freeze_at=now + HOUR,
        closes_at=now + 10 * HOUR,
        reveal_at=now + 14 * HOUR,
        freeze_hours=3,
    )


def shown(task: Task, viewer: Any = ANYBODY, **asked: Any) -> list[Any]:
    """Return the board as the viewer sees it, of the task as a new request reads it."""
    fresh = Task.objects.select_related("challenge", "track", "solution").get(pk=task.pk)
    board = visible_board(viewer, fresh, **asked)
    rows = [(r.team.name, r.rank, r.score, r.attempts, r.rise) for r in board.rows]
    return [board.part, board.decimals, board.revision, board.frozen_since, rows]


def names(task: Task, viewer: Any = ANYBODY, **asked: Any) -> list[str]:
    return [row[0] for row in shown(task, viewer, **asked)[-1]]


def test_before_the_first_score_there_was_nothing(
    matching_task: Task, clock: Clock, teams: Teams, scored: Scored
) -> None:
    (ann,) = teams("Ann")
    before = timezone.now()
    clock.shift(HOUR)
    scored(ann, matching_task, 0.6)
    assert names(matching_task, at=before) == []
    assert names(matching_task, at=timezone.now() - timedelta(microseconds=1)) == []


def test_exactly_at_a_change_the_new_row_is_shown(
    matching_task: Task, clock: Clock, teams: Teams, scored: Scored
) -> None:
    (ann,) = teams("Ann")
    scored(ann, matching_task, 0.6)
    clock.shift(HOUR)
    change = timezone.now()
    scored(ann, matching_task, 0.7)
    clock.shift(HOUR)
    scored(ann, matching_task, 0.8)
    assert [row[2] for row in shown(matching_task, at=change)[-1]] == [0.7]
    just_before = change - timedelta(microseconds=1)
    assert [row[2] for row in shown(matching_task, at=just_before)[-1]] == [0.6]


def test_a_time_to_come_shows_the_board_of_now(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    (ann,) = teams("Ann")
    scored(ann, matching_task, 0.6)
    assert shown(matching_task, at=timezone.now() + 20 * HOUR) == shown(matching_task)


def test_a_team_that_was_disqualified_since_is_shown_with_the_note_of_today(
    matching_task: Task, clock: Clock, teams: Teams, olga: User, scored: Scored
) -> None:
    ann, ben = teams("Ann Ben")
    scored(ann, matching_task, 0.8)
    scored(ben, matching_task, 0.7)
    then, was = timezone.now(), shown(matching_task)
    clock.shift(HOUR)
    disqualify(team=ann, reason="Two accounts.", by=olga)
    assert names(matching_task) == ["Ben"]
    assert shown(matching_task, at=then) == was
    board = visible_board(ANYBODY, matching_task, at=then)
    assert [row.team.disqualified_at is not None for row in board.rows] == [True, False]


def test_what_was_withdrawn_since_is_shown_as_it_was(
    matching_task: Task, clock: Clock, teams: Teams, scored: Scored
) -> None:
    (ann,) = teams("Ann")
    submission = scored(ann, matching_task, 0.8).submission
    then, was = timezone.now(), shown(matching_task)
    clock.shift(HOUR)
    withdraw(submission=submission, by=None)
    assert names(matching_task) == []
    assert shown(matching_task, at=then) == was


def test_a_moment_of_the_freeze_stays_frozen_after_it(
    matching_task: Task, clock: Clock, teams: Teams, scored: Scored
) -> None:
    ann, ben = teams("Ann Ben")
    scored(ann, matching_task, 0.6)
    scored(ben, matching_task, 0.5)
    clock.shift(8 * HOUR)
    scored(ben, matching_task, 0.9)
    scored(ann, matching_task, 0.7)
    then = timezone.now()
    viewers = (ANYBODY, ann.captain, ben.captain)
    was = [shown(matching_task, viewer) for viewer in viewers]
    assert [[row[2] for row in each[-1]] for each in was] == [[0.6, 0.5], [0.7, 0.5], [0.9, 0.6]]
    clock.shift(HOUR)
    scored(ann, matching_task, 0.95)
    clock.shift(6 * HOUR)
    reveal_due()
    assert [shown(matching_task, viewer, at=then) for viewer in viewers] == was


def test_a_moment_before_the_reveal_has_no_private_board(
    matching_task: Task, clock: Clock, teams: Teams, scored: Scored
) -> None:
    ann, ben = teams("Ann Ben")
    scored(ann, matching_task, 0.8, private=0.41)
    scored(ben, matching_task, 0.7, private=0.52)
    then, was = timezone.now(), shown(matching_task)
    clock.shift(14 * HOUR)
    due, still = timezone.now(), shown(matching_task)
    clock.shift(timedelta(minutes=1))
    reveal_due()
    assert shown(matching_task)[-1] == [("Ben", 1, 0.52, 1, 1), ("Ann", 2, 0.41, 1, -1)]
    for moment, board in ((then, was), (due, still)):
        assert shown(matching_task, at=moment) == board
        assert shown(matching_task, at=moment, part=Part.PRIVATE) == board


def test_a_moment_after_the_reveal_keeps_its_shake_up(
    matching_task: Task, clock: Clock, teams: Teams, olga: User, scored: Scored
) -> None:
    ann, ben, cem = teams("Ann Ben Cem")
    for team, public, private in ((ann, 0.8, 0.1), (ben, 0.7, 0.2), (cem, 0.6, 0.3)):
        scored(team, matching_task, public, private=private)
    clock.shift(15 * HOUR)
    reveal_due()
    then, was = timezone.now(), shown(matching_task)
    assert [row[-1] for row in was[-1]] == [2, 0, -2]
    clock.shift(HOUR)
    disqualify(team=ann, reason="Two accounts.", by=olga)
    assert [row[-1] for row in shown(matching_task)[-1]] == [1, -1]
    assert shown(matching_task, at=then) == was


def test_a_reveal_that_was_moved_later_does_not_reach_back(
    matching_task: Task, clock: Clock, teams: Teams, olga: User, scored: Scored
) -> None:
    (ann,) = teams("Ann")
    scored(ann, matching_task, 0.8, private=0.41)
    clock.shift(15 * HOUR)
    reveal_due()
    Challenge.objects.update(reveal_at=timezone.now() + 2 * HOUR)
    clock.shift(HOUR)
    hidden, was = timezone.now(), shown(matching_task, olga)
    assert was[0] == Part.PUBLIC
    clock.shift(2 * HOUR)
    assert shown(matching_task)[0] == Part.PRIVATE
    assert shown(matching_task, olga, at=hidden)[0] == Part.PUBLIC
    assert shown(matching_task, olga, at=hidden)[-1] == was[-1]


def test_a_moment_before_the_step_was_fixed_keeps_its_decimals(
    matching_task: Task, clock: Clock, teams: Teams, scored: Scored
) -> None:
    Task.objects.update(step=None)
    matching_task.refresh_from_db()
    (ann,) = teams("Ann")
    reference = factories.make_team(matching_task.challenge, "AutoGluon", baseline="autogluon")
    scored(ann, matching_task, 0.713)
    scored(reference, matching_task, 0.561)
    then, was = timezone.now(), shown(matching_task)
    clock.shift(HOUR)
    fix_step(matching_task)
    assert [row[2] for row in shown(matching_task)[-1]] == [0.715, 0.56]
    assert shown(matching_task)[1] == 3
    assert was[1] == 1
    assert shown(matching_task, at=then) == was
