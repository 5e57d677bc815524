"""The reveal: private boards from final selections, once, next to public ones that stay."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.audit.models import Event
from podium.challenges.models import Challenge, Task, Track
from podium.refusals import Refused
from podium.standings import rescore_boards
from podium.standings.actions import on_evaluation_stored
from podium.standings.feedback import feedback
from podium.standings.models import Board, Revision, Standing
from podium.standings.reveal import due, reveal
from podium.standings.rows import BoardRow
from podium.standings.tasks import reveal_due
from podium.standings.visible import visible_board
from podium.submissions.actions import refuse_time, restore, withdraw
from podium.submissions.jobs import rescoring
from podium.submissions.models import Evaluation, Part, Rescore, Score, Submission
from podium.submissions.selection import select, unselect
from podium.teams.actions import disqualify, reinstate
from podium.teams.models import Team
from tests.site import factories
from tests.site.standings.conftest import Scored

Teams = Callable[[str], list[Team]]
ANYBODY = AnonymousUser()


def set_times(challenge: Challenge, *, closed: bool = True, revealed: bool = True) -> None:
    """Move the end of the challenge into the past or the future."""
    now = timezone.now()
    challenge.closes_at = challenge.team_freeze_at = now + timedelta(days=-2 if closed else 2)
    challenge.reveal_at = now + timedelta(seconds=-1) if revealed else now + timedelta(days=3)
    challenge.save()
    factories.tell_owners()


def revealed(task: Task) -> Task:
    """Return the task, whose challenge has been revealed, as a fresh row."""
    set_times(task.challenge)
    reveal_due()
    return fresh(task)


def fresh(task: Task) -> Task:
    found = Task.objects.select_related("challenge", "track", "solution", "dataset_version")
    return found.get(pk=task.pk)


def board(subject: Task | Track, part: str | None = None) -> list[tuple[Any, ...]]:
    return [
        (row.rank, row.team.name, row.score)
        for row in visible_board(ANYBODY, subject, part=part).rows
    ]


def row_of(team: Team, subject: Task | Track) -> BoardRow:
    return next(row for row in visible_board(ANYBODY, subject).rows if row.team.pk == team.pk)


def stored(part: str) -> list[dict[str, Any]]:
    """Return every row of the boards of a part, as it is stored, and their revisions."""
    rows = Standing.objects.filter(board__part=part).order_by("pk").values()
    return [*rows, *Revision.objects.filter(board__part=part).order_by("pk").values()]


def chosen(*evaluations: Evaluation) -> None:
    for each in evaluations:
        select(submission=each.submission, by=None)


# Which submission counts


def test_without_a_selection_the_best_displayed_counts_the_earlier_of_equals(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    (team,) = teams("Ahorn")
    scored(team, matching_task, 0.60, private=0.99)
    first = scored(team, matching_task, 0.801, private=0.5, minutes_ago=9)
    scored(team, matching_task, 0.804, private=0.7)
    task = revealed(matching_task)
    assert board(task) == [(1, "Ahorn", 0.5)]
    assert row_of(team, task).submission_id == first.submission_id


def test_one_selected_submission_counts_whatever_else_there_is(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    (team,) = teams("Ahorn")
    chosen(scored(team, matching_task, 0.60, private=0.61))
    scored(team, matching_task, 0.9, private=0.95)
    assert board(revealed(matching_task)) == [(1, "Ahorn", 0.61)]


def test_of_two_selected_ones_the_better_private_score_counts(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    (team,) = teams("Ahorn")
    chosen(
        scored(team, matching_task, 0.9, private=0.41),
        scored(team, matching_task, 0.5, private=0.4100001),
    )
    assert board(revealed(matching_task)) == [(1, "Ahorn", 0.4100001)]


def test_of_a_withdrawn_and_a_standing_selection_the_standing_one_counts(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    (team,) = teams("Ahorn")
    gone = scored(team, matching_task, 0.9, private=0.9)
    chosen(gone, scored(team, matching_task, 0.5, private=0.4))
    withdraw(submission=gone.submission, by=None)
    assert board(revealed(matching_task)) == [(1, "Ahorn", 0.4)]


def test_who_withdrew_all_that_it_selected_has_no_private_score(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    a, b = teams("Ahorn Birke")
    gone = scored(a, matching_task, 0.9, private=0.9)
    scored(a, matching_task, 0.8, private=0.8)
    scored(b, matching_task, 0.5, private=0.4)
    chosen(gone)
    withdraw(submission=gone.submission, by=None)
    assert board(revealed(matching_task)) == [(1, "Birke", 0.4), (None, "Ahorn", None)]


def test_a_selection_that_was_taken_back_counts_no_more(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    (team,) = teams("Ahorn")
    weak = scored(team, matching_task, 0.5, private=0.4)
    scored(team, matching_task, 0.9, private=0.8)
    chosen(weak)
    unselect(submission=weak.submission, by=None)
    assert board(revealed(matching_task)) == [(1, "Ahorn", 0.8)]


def test_a_restored_selection_with_two_others_withdrawn_before_does_not_stop_the_reveal(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    (team,) = teams("Ahorn")
    three = [scored(team, matching_task, 0.5 + n / 10, private=n / 10) for n in range(3)]
    chosen(*three[:2])
    withdraw(submission=three[0].submission, by=None)
    with pytest.raises(Refused):
        chosen(three[2])
    restore(submission=three[0].submission, by=None)
    assert board(revealed(matching_task)) == [(1, "Ahorn", 0.1)]


def test_a_disqualified_team_is_on_no_private_board_until_it_is_reinstated(
    matching_task: Task, teams: Teams, scored: Scored, olga: User
) -> None:
    a, b = teams("Ahorn Birke")
    chosen(scored(a, matching_task, 0.9, private=0.9))
    scored(b, matching_task, 0.5, private=0.4)
    disqualify(team=a, reason="Labelled by hand.", by=olga)
    task = revealed(matching_task)
    assert board(task) == [(1, "Birke", 0.4)]
    reinstate(team=a, reason="A mistake.", by=olga)
    assert board(task) == [(1, "Ahorn", 0.9), (2, "Birke", 0.4)]


# How the private board is ranked


def test_an_undefined_private_score_stands_below_without_a_rank(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    a, b = teams("Ahorn Birke")
    undefined = scored(a, matching_task, 0.9)
    undefined.scores.filter(part=Part.PRIVATE).update(
        value=None, low=None, high=None, reason="There is no match."
    )
    scored(b, matching_task, 0.5, private=0.1)
    assert board(revealed(matching_task)) == [(1, "Birke", 0.1), (None, "Ahorn", None)]


@pytest.mark.parametrize(("first", "second"), [(0.4, 0.3), (0.3, 0.4)])
def test_equal_private_scores_share_a_rank_in_the_order_of_the_tie_break(
    matching_task: Task, teams: Teams, scored: Scored, first: float, second: float
) -> None:
    pair = teams("Ahorn Birke")
    for team, tie in zip(pair, (first, second), strict=True):
        _with(scored(team, matching_task, 0.8, private=0.6), "recall_at_precision_90", tie)
    names = ["Ahorn", "Birke"] if first > second else ["Birke", "Ahorn"]
    assert board(revealed(matching_task)) == [(1, name, 0.6) for name in names]


def test_the_tie_break_of_classification_is_a_brier_score_of_which_less_is_better(
    classification_task: Task, teams: Teams, scored: Scored
) -> None:
    pair = teams("Ahorn Birke")
    for team, tie in zip(pair, (0.2, 0.1), strict=True):
        _with(scored(team, classification_task, 0.8, private=0.6), "brier", tie)
    assert [name for _, name, _ in board(revealed(classification_task))] == ["Birke", "Ahorn"]


def _with(evaluation: Evaluation, metric: str, value: float) -> None:
    Score.objects.create(evaluation=evaluation, part=Part.PRIVATE, metric=metric, value=value, n=3)


def test_private_scores_that_differ_by_less_than_the_step_have_different_ranks(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    a, b = teams("Ahorn Birke")
    scored(a, matching_task, 0.80, private=0.60001)
    scored(b, matching_task, 0.80, private=0.60002)
    task = revealed(matching_task)
    assert board(task) == [(1, "Birke", 0.60002), (2, "Ahorn", 0.60001)]
    assert board(task, Part.PUBLIC) == [(1, "Ahorn", 0.8), (1, "Birke", 0.8)]


def test_baselines_stand_between_the_ranks(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    a, b = teams("Ahorn Birke")
    reference = factories.make_team(matching_task.challenge, "AutoGluon", baseline="autogluon")
    for team, private in ((a, 0.7), (reference, 0.8), (b, 0.9)):
        scored(team, matching_task, 0.5, private=private)
    assert board(revealed(matching_task)) == [
        (1, "Birke", 0.9),
        (None, "AutoGluon", 0.8),
        (2, "Ahorn", 0.7),
    ]


def test_where_less_is_better_the_smallest_private_score_leads(
    challenge: Challenge, teams: Teams, scored: Scored
) -> None:
    task = factories.make_task(challenge, "classification", headline="log_loss_clipped")
    a, b = teams("Ahorn Birke")
    scored(a, task, 0.2, private=0.9)
    scored(b, task, 0.5, private=0.3)
    scored(b, task, 0.6, private=0.1)
    task = revealed(task)
    assert board(task) == [(1, "Birke", 0.3), (2, "Ahorn", 0.9)]
    assert (row_of(a, task).rise, row_of(b, task).rise) == (-1, 1)


def test_under_the_ladder_the_last_accepted_submission_counts_by_default(
    challenge: Challenge, teams: Teams, scored: Scored
) -> None:
    task = factories.make_task(challenge, "matching", feedback="ladder")
    a, b = teams("Ahorn Birke")
    scored(a, task, 0.60, private=0.3)
    scored(a, task, 0.62, private=0.9)
    chosen(scored(b, task, 0.60, private=0.1), scored(b, task, 0.62, private=0.2))
    assert board(revealed(task)) == [(1, "Ahorn", 0.3), (2, "Birke", 0.2)]


def test_a_track_is_ranked_by_its_private_boards(
    challenge: Challenge, teams: Teams, scored: Scored
) -> None:
    tasks = [factories.make_task(challenge, "matching", slug) for slug in ("one", "two")]
    trivial = factories.make_team(challenge, "Trivial", baseline="trivial")
    a, b = teams("Ahorn Birke")
    for task in tasks:
        scored(trivial, task, 0.5, private=0.2)
        scored(a, task, 0.9, private=0.4)
    scored(b, tasks[0], 0.6, private=0.84)
    track = fresh(tasks[0]).track
    assert [row[:2] for row in board(track)][:2] == [(1, "Ahorn"), (2, "Birke")]
    track = revealed(tasks[0]).track
    rows = [row for row in board(track) if row[0] is not None]
    assert [(rank, name) for rank, name, _ in rows] == [(1, "Birke"), (2, "Ahorn")]
    assert [score for _, _, score in rows] == pytest.approx([0.4, 0.25])


# The reveal as an action


@pytest.fixture
def contest(matching_task: Task, teams: Teams, scored: Scored) -> Task:
    """Two teams whose private scores are the other way round."""
    a, b = teams("Ahorn Birke")
    scored(a, matching_task, 0.9123, private=0.7321)
    scored(b, matching_task, 0.8123, private=0.8321)
    return matching_task


def test_before_the_reveal_there_is_no_private_board_and_none_can_be_asked_for(
    contest: Task, olga: User
) -> None:
    set_times(contest.challenge, revealed=False)
    reveal_due()
    assert not reveal(contest.challenge)
    assert not Board.objects.filter(part=Part.PRIVATE).exists()
    for viewer in (ANYBODY, olga):
        for subject in (contest, contest.track):
            shown = visible_board(viewer, subject, part=Part.PRIVATE)
            assert shown.part == Part.PUBLIC
    evaluation = Evaluation.objects.get(submission__team__name="Ahorn")
    assert feedback(contest, olga, evaluation, part=Part.PRIVATE) == []


def test_the_reveal_leaves_the_public_boards_as_they_are(contest: Task) -> None:
    before, shown = stored(Part.PUBLIC), board(contest)
    task = revealed(contest)
    assert stored(Part.PUBLIC) == before
    assert board(task, Part.PUBLIC) == shown
    assert board(task) == [(1, "Birke", 0.8321), (2, "Ahorn", 0.7321)]


def test_the_shake_up_is_how_many_ranks_a_team_rose(contest: Task) -> None:
    rows = visible_board(ANYBODY, revealed(contest)).rows
    assert [(row.team.name, row.rise) for row in rows] == [("Birke", 1), ("Ahorn", -1)]


def test_after_the_reveal_scores_are_told_as_they_are(contest: Task) -> None:
    evaluation = Evaluation.objects.get(submission__team__name="Ahorn")
    task = revealed(contest)
    (public,) = feedback(task, ANYBODY, evaluation)
    (private,) = feedback(task, ANYBODY, evaluation, part=Part.PRIVATE)
    assert (public.value, private.value) == (0.9123, 0.7321)


def test_a_reveal_happens_once_and_everybody_hears_of_it(contest: Task) -> None:
    task = revealed(contest)
    before = stored(Part.PRIVATE)
    assert before
    reveal_due()
    assert not reveal(task.challenge)
    assert due() == []
    assert stored(Part.PRIVATE) == before
    event = Event.objects.get(verb="revealed")
    assert (event.challenge, event.is_public) == (task.challenge.slug, True)


def test_an_archive_alone_reveals_nothing(contest: Task) -> None:
    set_times(contest.challenge, revealed=False)
    contest.challenge.archived_at = timezone.now()
    contest.challenge.save()
    reveal_due()
    assert not Board.objects.filter(part=Part.PRIVATE).exists()
    assert visible_board(ANYBODY, contest).part == Part.PUBLIC


def test_a_challenge_without_scores_is_revealed_too(matching_task: Task) -> None:
    task = revealed(matching_task)
    assert due() == []
    assert board(task) == board(task.track) == []


# What happens after it


def test_a_score_that_arrives_after_the_reveal_takes_its_place(
    contest: Task, teams: Teams, scored: Scored
) -> None:
    (late,) = teams("Cedar")
    task = revealed(contest)
    scored(late, task, 0.5, private=0.8)
    assert board(task) == [(1, "Birke", 0.8321), (2, "Cedar", 0.8), (3, "Ahorn", 0.7321)]


def test_a_rescore_published_after_the_reveal_makes_the_private_boards_anew(
    contest: Task,
) -> None:
    task = revealed(contest)
    before = timezone.now()
    solution = factories.make_solution(task.dataset_version, number=2)
    for submission, private in zip(Submission.objects.order_by("pk"), (0.95, 0.2), strict=True):
        anew = Evaluation.objects.create(
            submission=submission,
            solution=solution,
            scorer_version=task.scorer_version,
            seconds=0.1,
            counts=False,
        )
        for part, value in ((Part.PUBLIC, 0.6), (Part.PRIVATE, private)):
            Score.objects.create(evaluation=anew, part=part, metric=task.headline, value=value, n=3)
    rescore = rescoring.start(task=task, solution=solution)
    assert rescoring.finish_if_done(rescore)
    rescore_boards.publish(rescore=Rescore.objects.get(pk=rescore.pk))
    task = fresh(task)
    assert board(task) == [(1, "Ahorn", 0.95), (2, "Birke", 0.2)]
    assert board(task, Part.PUBLIC) == [(1, "Ahorn", 0.6), (1, "Birke", 0.6)]
    earlier = visible_board(ANYBODY, task, at=before).rows
    assert [row.score for row in earlier] == [0.8321, 0.7321]


@pytest.mark.parametrize("verb", [withdraw, restore])
def test_what_counts_cannot_be_chosen_after_the_reveal(
    contest: Task, verb: Callable[..., None]
) -> None:
    task = revealed(contest)
    submission = Submission.objects.get(team__name="Ahorn", task=task)
    with pytest.raises(Refused) as refused:
        verb(submission=submission, by=None)
    assert refused.value.code == "closed"


def test_a_reveal_that_is_moved_later_hides_the_private_boards_again_at_once(
    contest: Task, as_user: Callable[[User | None], Client]
) -> None:
    task = revealed(contest)
    address = f"{task.get_absolute_url()}board/"
    assert "0.8321" in as_user(None).get(address).content.decode()
    set_times(task.challenge, revealed=False)
    task = fresh(task)
    assert visible_board(ANYBODY, task, part=Part.PRIVATE).part == Part.PUBLIC
    assert board(task.track) == board(task.track, Part.PUBLIC)
    assert "0.8321" not in as_user(None).get(address).content.decode()
    evaluation = Evaluation.objects.get(submission__team__name="Ahorn")
    assert feedback(task, ANYBODY, evaluation, part=Part.PRIVATE) == []


def test_what_changes_while_a_moved_reveal_hides_the_boards_counts_at_the_next(
    contest: Task, scored: Scored, olga: User
) -> None:
    task = revealed(contest)
    set_times(task.challenge, closed=False, revealed=False)
    task = fresh(task)
    a, b = (Team.objects.get(name=name) for name in ("Ahorn", "Birke"))
    better = scored(a, task, 0.99, private=0.99)
    disqualify(team=b, reason="Two accounts.", by=olga)
    assert board(revealed(task)) == [(1, "Ahorn", 0.99)]
    assert better.submission.selected_at is None


def test_who_may_have_seen_private_scores_chooses_nothing_any_more(
    contest: Task, scored: Scored
) -> None:
    task = revealed(contest)
    set_times(task.challenge, closed=False, revealed=False)
    late = scored(Team.objects.get(name="Ahorn"), fresh(task), 0.2, private=0.99)
    since = in_words(Challenge.objects.get().revealed_at)
    for verb in (select, unselect, withdraw, restore):
        with pytest.raises(Refused, match=f"locked at {since}") as refused:
            verb(submission=late.submission, by=None)
        assert refused.value.code == "closed"
    now = timezone.now()
    with pytest.raises(Refused, match=f"The challenge closed at {since}"):
        refuse_time(fresh(task), now, now)


@pytest.mark.parametrize("part", [None, Part.PUBLIC, Part.PRIVATE])
def test_the_time_before_the_reveal_shows_what_was_shown_then(
    contest: Task, part: str | None
) -> None:
    then: datetime = timezone.now()
    shown = board(contest)
    task = revealed(contest)
    at = visible_board(ANYBODY, task, at=then, part=part)
    assert [(row.rank, row.team.name, row.score) for row in at.rows] == shown


def test_a_stored_score_of_another_part_changes_no_public_row(contest: Task) -> None:
    before = stored(Part.PUBLIC)
    for evaluation in Evaluation.objects.all():
        evaluation.scores.filter(part=Part.PRIVATE).update(value=0.111)
        on_evaluation_stored(evaluation)
    assert stored(Part.PUBLIC) == before
