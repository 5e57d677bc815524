"""What the boards show once two teams are one, and of the time before."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from podium.challenges.models import Feedback, Task
from podium.refusals import Refused
from podium.standings.actions import rebuild
from podium.standings.history import present_rows
from podium.standings.models import Board
from podium.standings.visible import visible_board
from podium.submissions.models import Part
from podium.teams import actions, merging
from podium.teams.models import Team
from podium.teams.signals import teams_merged
from tests.site.factories import make_task, make_team
from tests.site.standings.conftest import Scored, scored, teams

__all__ = ["scored", "teams"]
Teams = Callable[[str], list[Team]]
Clock = time_machine.Traveller
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False) as moving:
        yield moving


@pytest.fixture
def task(clock: Clock, matching_task: Task) -> Task:
    return matching_task


def _merge(surviving: Team, absorbed: Team) -> None:
    proposal = merging.propose(team=surviving, other=absorbed, by=surviving.captain)
    merging.accept(proposal=proposal, by=absorbed.captain)


def _shown(subject: Any, viewer: Any = None, **asked: Any) -> list[tuple[Any, ...]]:
    fresh = type(subject).objects.get(pk=subject.pk)
    rows = visible_board(viewer or AnonymousUser(), fresh, **asked).rows
    return [(row.team.name, row.rank, row.score, row.attempts) for row in rows]


def test_the_merged_team_stands_by_the_best_of_both_and_the_other_stands_no_more(
    task: Task, scored: Scored, teams: Teams
) -> None:
    one, two, three = teams("One Two Three")
    scored(one, task, 0.61)
    scored(two, task, 0.8)
    scored(two, task, 0.7)
    scored(three, task, 0.7)
    _merge(one, two)
    assert _shown(task) == [("One", 1, 0.8, 3), ("Three", 2, 0.7, 1)]
    assert _shown(task, two.captain)[0][0] == "One"
    mine = visible_board(two.captain, Task.objects.get(pk=task.pk)).mine
    assert mine is not None
    assert mine.team.name == "One"


def test_each_board_changes_once(task: Task, scored: Scored, teams: Teams) -> None:
    second = make_task(task.challenge, "matching", "second")
    one, two = teams("One Two")
    zero = make_team(task.challenge, "Zero", baseline="trivial")  # that tracks rank by
    for of in (task, second):
        scored(zero, of, 0.1)
        scored(one, of, 0.6)
        scored(two, of, 0.7)
    before = dict(Board.objects.values_list("pk", "revision"))
    _merge(one, two)
    after = dict(Board.objects.values_list("pk", "revision"))
    assert after == {pk: revision + 1 for pk, revision in before.items()}


def test_a_board_of_before_is_shown_as_it_was(
    task: Task, scored: Scored, teams: Teams, clock: Clock
) -> None:
    one, two = teams("One Two")
    scored(one, task, 0.61)
    scored(two, task, 0.8)
    clock.shift(HOUR)
    then = timezone.now()
    before = [_shown(task), _shown(task.track)]
    clock.shift(HOUR)
    _merge(one, two)
    assert [_shown(task, at=then), _shown(task.track, at=then)] == before
    assert [row[0] for row in _shown(task)] == ["One"]


def test_the_boards_are_those_that_all_scores_together_make(
    task: Task, scored: Scored, teams: Teams, clock: Clock
) -> None:
    one, two, three = teams("One Two Three")
    for team, score in ((two, 0.5), (one, 0.6), (three, 0.6), (two, 0.6), (one, 0.4)):
        clock.shift(HOUR)
        scored(team, task, score)
    _merge(one, two)
    before = present_rows(task, Part.PUBLIC)
    rebuild(task)
    assert present_rows(task, Part.PUBLIC) == before
    assert [row[:2] for row in _shown(task)] == [("One", 1), ("Three", 1)]


def test_teams_that_a_ladder_has_both_answered_do_not_merge(
    task: Task, scored: Scored, teams: Teams
) -> None:
    Task.objects.filter(pk=task.pk).update(feedback=Feedback.LADDER, step="0.1")
    one, two, three = teams("One Two Three")
    scored(one, task, 0.5)
    scored(two, task, 0.55)
    with pytest.raises(Refused, match="where the ladder answers each team for itself"):
        _merge(one, two)
    _merge(one, three)


def test_a_reply_after_the_merge_is_of_the_merged_team(
    task: Task, scored: Scored, teams: Teams
) -> None:
    one, two = teams("One Two")
    scored(one, task, 0.6)
    scored(two, task, 0.7)
    _merge(one, two)
    scored(one, task, 0.9)
    assert _shown(task) == [("One", 1, 0.9, 3)]


def test_a_merge_that_fails_midway_changes_nothing(
    task: Task, scored: Scored, teams: Teams, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = teams("One Two")
    scored(one, task, 0.6)
    scored(two, task, 0.7)
    before = _shown(task)

    def fail(surviving: Team, absorbed: Team) -> None:
        raise RuntimeError("the boards")

    monkeypatch.setattr(merging, "teams_merged", [*teams_merged, fail])
    with pytest.raises(RuntimeError, match="the boards"):
        _merge(one, two)
    two.refresh_from_db()
    assert not two.is_merged
    assert _shown(task) == before
    assert actions.team_of(two.captain, task.challenge) == two
