"""What happens in one step changes a board once, and all of it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Task, Track
from podium.standings.actions import fix_step, refresh
from podium.standings.models import Board, Standing
from podium.standings.visible import visible_board
from podium.submissions.actions import withdraw
from podium.submissions.jobs import scoring_runs
from podium.submissions.models import State, Submission
from podium.teams.actions import disqualify
from podium.teams.models import Team
from scoring.result import Failed, Problem, Rejected
from tests.site import factories
from tests.site.standings.conftest import Scored

pytestmark = pytest.mark.dialect

Teams = Callable[[str], list[Team]]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False) as moving:
        yield moving


@pytest.fixture
def trivial(matching_task: Task) -> Team:
    return factories.make_team(matching_task.challenge, "Trivial", baseline="trivial")


def revision(subject: Task | Track) -> int:
    subject_of = {"task": subject} if isinstance(subject, Task) else {"track": subject}
    return Board.objects.get(part="public", **subject_of).revision


def test_a_disqualification_changes_the_track_once(
    matching_task: Task, trivial: Team, teams: Teams, olga: User, scored: Scored
) -> None:
    second = factories.make_task(matching_task.challenge, "matching", "second")
    (ann,) = teams("Ann")
    for task in (matching_task, second):
        scored(trivial, task, 0.2)
        scored(ann, task, 0.6)
    before = revision(matching_task.track)
    disqualify(team=ann, reason="Two accounts.", by=olga)
    assert revision(matching_task.track) == before + 1


def test_a_step_that_is_fixed_changes_the_board_once(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    Task.objects.update(step=None)
    matching_task.refresh_from_db()
    for team, score in zip(teams("Ann Ben Cem"), (0.713, 0.626, 0.532), strict=True):
        scored(team, matching_task, score)
    reference = factories.make_team(matching_task.challenge, "AutoGluon", baseline="autogluon")
    scored(reference, matching_task, 0.561)
    before = revision(matching_task)
    fix_step(matching_task)
    assert revision(matching_task) == before + 1


def test_a_step_that_changes_no_row_changes_the_decimals(
    matching_task: Task, clock: time_machine.Traveller, teams: Teams, scored: Scored
) -> None:
    Task.objects.update(step=None)
    matching_task.refresh_from_db()
    reference = factories.make_team(matching_task.challenge, "AutoGluon", baseline="autogluon")
    evaluation = scored(reference, matching_task, 0.6)
    evaluation.scores.update(low=0.6, high=0.6)
    then = timezone.now()
    assert visible_board(AnonymousUser(), matching_task).decimals == 1
    clock.shift(timedelta(minutes=1))
    fix_step(matching_task)
    assert visible_board(AnonymousUser(), matching_task).decimals == 3
    assert visible_board(AnonymousUser(), matching_task, at=then).decimals == 1


def test_a_track_was_reached_when_the_last_score_that_counts_in_it_was(
    matching_task: Task, trivial: Team, teams: Teams, scored: Scored
) -> None:
    second = factories.make_task(matching_task.challenge, "matching", "second")
    (ann,) = teams("Ann")
    scored(trivial, matching_task, 0.2)
    counts = scored(ann, matching_task, 0.6, minutes_ago=30)
    scored(ann, second, 0.6)
    (row,) = [
        r for r in visible_board(AnonymousUser(), matching_task.track).rows if r.team.pk == ann.pk
    ]
    assert row.first_reached == counts.submission.received_at
    assert row.attempts == 2


def test_a_track_shows_the_time_of_another_submission_as_good(
    matching_task: Task, trivial: Team, teams: Teams, scored: Scored
) -> None:
    (ann,) = teams("Ann")
    scored(trivial, matching_task, 0.2)
    first = scored(ann, matching_task, 0.6, minutes_ago=30)
    again = scored(ann, matching_task, 0.6, minutes_ago=20)
    first.scores.filter(part="public").update(value=0.5)
    refresh(matching_task, ann)
    rows = Standing.objects.filter(team=ann, valid_until=None)
    assert {row.first_reached for row in rows} == {again.submission.received_at}


@pytest.mark.parametrize("mode", ["rounded", "ladder"])
def test_a_withdrawal_does_not_lower_the_attempts(
    matching_task: Task, teams: Teams, scored: Scored, mode: str
) -> None:
    Task.objects.update(feedback=mode)
    matching_task.refresh_from_db()
    (ann,) = teams("Ann")
    scored(ann, matching_task, 0.6, minutes_ago=30)
    probe = scored(ann, matching_task, 0.1, minutes_ago=20).submission
    assert ann.captain
    withdraw(submission=probe, by=ann.captain)
    (row,) = visible_board(AnonymousUser(), matching_task).rows
    assert (row.score, row.attempts) == (0.6, 2)


def test_other_seeds_of_a_baseline_are_no_attempts(matching_task: Task, scored: Scored) -> None:
    reference = factories.make_team(matching_task.challenge, "AutoGluon", baseline="autogluon")
    other = scored(reference, matching_task, 0.6, minutes_ago=30).submission
    scored(reference, matching_task, 0.5)
    Submission.objects.filter(pk=other.pk).update(withdrawn_at=timezone.now())
    refresh(matching_task, reference)
    (row,) = visible_board(AnonymousUser(), matching_task).rows
    assert (row.score, row.attempts) == (0.5, 1)


@pytest.mark.parametrize("outcome", [Rejected((Problem("empty", "No rows."),)), Failed("Full.")])
def test_a_reply_comes_when_the_submission_that_it_waited_for_gets_no_score(
    matching_task: Task,
    team: Team,
    scored: Scored,
    monkeypatch: pytest.MonkeyPatch,
    outcome: Rejected | Failed,
) -> None:
    Task.objects.update(feedback="ladder")
    matching_task.refresh_from_db()
    first = factories.make_submission(team, matching_task, State.QUEUED, attempt_limit=1)
    scored(team, matching_task, 0.7)
    assert not visible_board(AnonymousUser(), matching_task).rows
    monkeypatch.setattr(scoring_runs, "outcome_of", lambda *_: outcome)
    held = Submission.claim(first.pk)
    assert held is not None
    scoring_runs.score(held, None)  # type: ignore[arg-type]  # nothing is scored
    assert [row.score for row in visible_board(AnonymousUser(), matching_task).rows] == [0.7]


def test_at_a_half_step_the_row_shows_the_reply_of_the_ladder(
    matching_task: Task, team: Team, scored: Scored
) -> None:
    Task.objects.update(feedback="ladder", step="0.01")
    matching_task.refresh_from_db()
    scored(team, matching_task, 0.675)
    scored(team, matching_task, 0.71)
    # The loss 0.325 was shown as 0.35, and 0.29 beats that by more than a step of 0.05.
    assert [row.score for row in visible_board(AnonymousUser(), matching_task).rows] == [0.7]


def test_a_submission_that_was_put_back_still_holds_later_replies_up(
    matching_task: Task, team: Team, scored: Scored
) -> None:
    Task.objects.update(feedback="ladder")
    matching_task.refresh_from_db()
    first = factories.make_submission(team, matching_task, State.QUEUED, attempt_limit=4)
    scored(team, matching_task, 0.7)
    assert not visible_board(AnonymousUser(), matching_task).rows
    Submission.objects.filter(pk=first.pk).update(quota_day=None)  # failed, and tried again
    refresh(matching_task, team)
    assert [row.score for row in visible_board(AnonymousUser(), matching_task).rows] == [0.7]


def test_a_board_is_made_by_what_its_task_and_track_are_now(
    matching_task: Task, trivial: Team, teams: Teams, scored: Scored
) -> None:
    (ann,) = teams("Ann")
    scored(trivial, matching_task, 0.2)
    # A worker has read the task, and meanwhile it opens with a coarser step and a mean of scores.
    Task.objects.update(step=0.1)
    Track.objects.update(aggregate="mean_score")
    scored(ann, matching_task, 0.62)
    (row,) = Standing.objects.filter(board__task=matching_task, team=ann, valid_until=None)
    (whole,) = Standing.objects.filter(board__track=matching_task.track, team=ann, valid_until=None)
    assert (row.score, whole.score) == (0.6, 0.6)
    assert row.board.revisions.first().step == 0.1
