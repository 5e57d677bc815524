"""What a rescore shows before its publication is what the boards show after it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.models import Solution
from podium.challenges.models import Challenge, Task
from podium.standings import rescore_boards
from podium.standings.actions import on_submission_withdrawn, refresh
from podium.standings.feedback import feedback
from podium.standings.models import Standing
from podium.standings.rescore_boards import Preview, preview, publish
from podium.standings.visible import visible_board
from podium.submissions.jobs import rescoring
from podium.submissions.jobs.rescoring import CannotRescore, cancel, start
from podium.submissions.models import (
    Evaluation,
    Part,
    Rescore,
    RescoreState,
    Score,
    State,
    Submission,
    Unscored,
)
from podium.teams.models import Team
from tests.site import factories
from tests.site.factories import reveal
from tests.site.standings.conftest import Scored

Anew = Callable[[Submission, float], Evaluation]

ANYBODY = AnonymousUser()


@pytest.fixture
def solution(matching_task: Task) -> Solution:
    version = matching_task.dataset_version
    return factories.make_solution(version, number=2, file="solutions/secret-2.parquet")


@pytest.fixture
def anew(matching_task: Task, solution: Solution) -> Anew:
    """A function that gives a submission its evaluation by the new solution."""

    def give(submission: Submission, public: float) -> Evaluation:
        evaluation = Evaluation.objects.create(
            submission=submission,
            solution=solution,
            scorer_version=matching_task.scorer_version,
            seconds=0.1,
            counts=False,
        )
        for part, value in ((Part.PUBLIC, public), (Part.PRIVATE, 0.654321)):
            Score.objects.create(
                evaluation=evaluation,
                part=part,
                metric=matching_task.headline,
                value=value,
                low=value - 0.01,
                high=value + 0.01,
                standard_error=0.005,
                n=3,
            )
        return evaluation

    return give


@pytest.fixture
def rescore(
    matching_task: Task,
    solution: Solution,
    scored: Scored,
    teams: Callable[[str], list[Team]],
    anew: Anew,
) -> Rescore:
    """One that is done: Ann and Ben change places, Cem stays, the baseline falls."""
    ann, ben, cem = teams("Ann Ben Cem")
    trivial = factories.make_team(matching_task.challenge, "Trivial", baseline="trivial")
    shown = ((ann, 0.91, 0.701), (ben, 0.80, 0.902), (cem, 0.6, 0.604), (trivial, 0.5, 0.4))
    for minutes, (team, before, after) in enumerate(shown):
        evaluation = scored(team, matching_task, before, minutes_ago=90 - minutes)
        anew(evaluation.submission, after)
    weaker = scored(ann, matching_task, 0.3)
    anew(weaker.submission, 0.35)
    rescore = start(task=matching_task, solution=solution)
    assert rescoring.finish_if_done(rescore)
    rescore.refresh_from_db()
    return rescore


def board(subject: Any, viewer: Any = ANYBODY, at: Any = None) -> list[Any]:
    return [(r.team.name, r.rank, r.score) for r in visible_board(viewer, subject, at=at).rows]


def places_in(shown: Preview, number: int, which: str) -> list[Any]:
    found = [(change.team.name, getattr(change, which)) for change in shown.boards[number].changes]
    return [(name, place.rank, place.score) for name, place in found if place]


def test_the_preview_lists_what_changes_on_both_boards(rescore: Rescore, olga: User) -> None:
    shown = preview(rescore, olga)
    task, track = shown.boards
    assert [(c.team.name, c.before.rank, c.after.rank) for c in task.changes] == [
        ("Ben", 2, 1),
        ("Ann", 1, 2),
        ("Trivial", None, None),
    ]
    assert [(c.rises, c.falls) for c in task.changes] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    assert (task.rows, track.rows) == (4, 4)
    assert [c.team.name for c in track.changes] == ["Ben", "Ann", "Cem"], (
        "skill counts from trivial"
    )
    assert shown.unscored == []


def test_the_boards_show_what_the_preview_did(rescore: Rescore, olga: User) -> None:
    shown = preview(rescore, olga)
    subjects = (rescore.task, rescore.task.track)
    for number, subject in enumerate(subjects):
        before = places_in(shown, number, "before")
        assert [row for row in board(subject) if row in before], "as it stands now"
    publish(rescore=rescore, by=olga)
    for number, subject in enumerate(subjects):
        after = places_in(shown, number, "after")
        changed = {name for name, *_ in after}
        assert [row for row in board(subject) if row[0] in changed] == after
    with pytest.raises(CannotRescore):
        publish(rescore=rescore, by=olga)


def test_after_the_publication_nothing_is_left_to_change(rescore: Rescore, olga: User) -> None:
    publish(rescore=rescore, by=olga)
    fresh = Rescore.objects.select_related("task").get(pk=rescore.pk)
    assert [one.changes for one in preview(fresh, olga).boards] == [[], []]
    assert fresh.state == RescoreState.PUBLISHED
    assert (fresh.task.solution, fresh.task.scorer_version) == (
        rescore.solution,
        rescore.scorer_version,
    )
    event = Event.objects.get(verb="published rescore")
    assert (event.actor, event.facts["solution"]) == ("Olga", str(rescore.solution))


def test_raw_scores_are_for_those_who_may_see_them(rescore: Rescore, viktor: User) -> None:
    (change, *_) = preview(rescore, viktor).boards[0].changes
    assert (change.before.raw, change.after.raw) == (0.80, 0.902)  # type: ignore[union-attr]
    shown = preview(rescore, AnonymousUser()).boards[0]
    assert not shown.shows_raw
    assert {place.raw for c in shown.changes for place in (c.before, c.after) if place} == {None}


def test_older_boards_stay_as_they_were(rescore: Rescore, olga: User) -> None:
    subjects = (rescore.task, rescore.task.track)
    before = [board(subject) for subject in subjects]
    moment = timezone.now()
    publish(rescore=rescore, by=olga)
    assert [board(subject) for subject in subjects] != before
    assert [board(subject, at=moment) for subject in subjects] == before


def test_nothing_shows_before_the_publication(
    rescore: Rescore, olga: User, as_user: Callable[[User | None], Client]
) -> None:
    before = board(rescore.task)
    best = Submission.objects.get(team__name="Ann", number=1)
    captain = best.team.captain
    page = as_user(captain).get(best.get_absolute_url()).content.decode()
    for submission in Submission.objects.select_related("task", "team"):
        refresh(submission.task, submission.team)
        (counting,) = Evaluation.objects.counting(rescore.task).filter(submission=submission)
        assert counting.solution == rescore.task.solution
    assert board(rescore.task) == before
    assert "0.91" in page
    assert "0.70" not in page
    cancel(rescore=rescore, by=olga)
    on_submission_withdrawn(best)
    assert board(rescore.task) == before


def test_after_the_publication_pages_show_the_new_scores(
    rescore: Rescore, olga: User, as_user: Callable[[User | None], Client]
) -> None:
    publish(rescore=rescore, by=olga)
    best = Submission.objects.select_related("task__challenge").get(team__name="Ann", number=1)
    (evaluation,) = Evaluation.objects.counting(best.task).filter(submission=best)
    assert feedback(best.task, AnonymousUser(), evaluation)[0].value == pytest.approx(0.70)
    page = as_user(best.team.captain).get(best.get_absolute_url()).content.decode()
    assert "0.70" in page
    assert "0.91" not in page


def test_what_is_not_done_cannot_be_published(
    rescore: Rescore, olga: User, scored: Scored, teams: Callable[[str], list[Team]], anew: Anew
) -> None:
    (dora,) = teams("Dora")
    late = scored(dora, rescore.task, 0.97)
    before = board(rescore.task)
    with pytest.raises(CannotRescore, match="1 submission is still to be rescored"):
        publish(rescore=rescore, by=olga)
    assert board(rescore.task) == before
    assert rescore.task.solution == Task.objects.get(pk=rescore.task_id).solution
    anew(late.submission, 0.1)
    publish(rescore=rescore, by=olga)
    assert ("Dora", 4, 0.1) not in before
    assert board(rescore.task)[-1] == ("Dora", 4, 0.1)


def test_a_running_or_cancelled_rescore_is_not_published(rescore: Rescore, olga: User) -> None:
    cancel(rescore=rescore, by=olga)
    with pytest.raises(CannotRescore, match="is cancelled; only a ready one"):
        publish(rescore=rescore, by=olga)
    assert Evaluation.objects.filter(counts=True, solution=rescore.solution).count() == 0


def test_what_could_not_be_scored_keeps_its_place_and_is_named(
    rescore: Rescore, olga: User, scored: Scored, teams: Callable[[str], list[Team]]
) -> None:
    (dora,) = teams("Dora")
    late = scored(dora, rescore.task, 0.97)
    Unscored.objects.create(
        rescore=rescore, submission=late.submission, state=State.REJECTED, is_final=True
    )
    shown = preview(rescore, olga)
    assert [row.submission for row in shown.unscored] == [late.submission]
    assert (
        "Dora" in {change.team.name for change in shown.boards[0].changes}
        or board(rescore.task)[0][0] == "Dora"
    )
    publish(rescore=rescore, by=olga)
    assert board(rescore.task)[0] == ("Dora", 1, 0.97)
    assert Event.objects.get(verb="published rescore").facts["unscored"] == [late.submission.pk]


def test_disqualified_teams_and_withdrawn_files_do_not_come_back(
    rescore: Rescore, olga: User
) -> None:
    now = timezone.now()
    Team.objects.filter(name="Ben").update(disqualified_at=now, disqualified_reason="No.")
    Submission.objects.filter(team__name="Cem").update(withdrawn_at=now)
    publish(rescore=rescore, by=olga)
    assert {name for name, *_ in board(rescore.task)} == {"Ann", "Trivial"}


def test_a_fault_amid_the_publication_leaves_everything_as_it_was(
    rescore: Rescore, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(task: Task) -> None:
        raise ZeroDivisionError

    before = board(rescore.task), list(Evaluation.objects.values_list("pk", "counts"))
    monkeypatch.setattr(rescore_boards, "rebuild", faulty)
    with pytest.raises(ZeroDivisionError):
        publish(rescore=rescore, by=olga)
    assert (board(rescore.task), list(Evaluation.objects.values_list("pk", "counts"))) == before
    assert Rescore.objects.get().state == RescoreState.READY


def test_a_published_rescore_can_be_taken_back_by_another(rescore: Rescore, olga: User) -> None:
    before, old = board(rescore.task), rescore.task.solution
    publish(rescore=rescore, by=olga)
    task = Task.objects.get(pk=rescore.task_id)
    back = start(task=task, solution=old)
    assert rescoring.finish_if_done(back), "its evaluations are still there"
    publish(rescore=Rescore.objects.get(pk=back.pk), by=olga)
    assert board(rescore.task) == before


def test_the_time_machine_knows_every_publication(rescore: Rescore, olga: User) -> None:
    publish(rescore=rescore, by=olga)
    for row in Standing.objects.filter(valid_until=None):
        assert row.valid_from > timezone.now() - timedelta(minutes=1)
    closed = Standing.objects.exclude(valid_until=None).filter(board__task=rescore.task)
    assert closed.filter(team__name="Ann").exists()


def test_after_the_reveal_the_preview_has_the_private_boards_too(
    rescore: Rescore, olga: User
) -> None:
    assert len(preview(rescore, olga).boards) == 2
    past = timezone.now() - timedelta(hours=1)
    Challenge.objects.update(team_freeze_at=past, closes_at=past, reveal_at=past)
    rescore.task.refresh_from_db()
    assert reveal(rescore.task.challenge)
    shown = preview(rescore, olga)
    public, private = shown.boards[0], shown.boards[2]
    assert [board.part for board in shown.boards] == ["public", "public", "private", "private"]
    assert private.title == f"{rescore.task}, private board"
    assert len(public.changes) == 3
    assert not private.shows_raw
    assert {c.after.score for c in private.changes if c.after} == {0.654321}
    after = places_in(shown, 2, "after")
    publish(rescore=rescore, by=olga)
    assert board(rescore.task) == after
