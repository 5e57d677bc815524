"""What leaves of a score before the reveal."""

import math

import pytest
from django.contrib.auth.models import AnonymousUser

from podium.accounts.models import User
from podium.challenges.models import Task
from podium.standings.actions import fix_step, on_evaluation_stored
from podium.standings.feedback import TOO_SMALL, display, feedback, slices, step_of
from podium.standings.models import Standing
from podium.submissions.models import Evaluation, Part, Score
from podium.teams.models import Team
from tests.site import factories


@pytest.fixture
def evaluation(team: Team, classification_task: Task) -> Evaluation:
    made = factories.make_evaluation(
        factories.make_submission(team, classification_task), public=0.81234, private=0.777123
    )
    for metric, value in (
        ("macro_f1", 0.55555),
        ("log_loss", 0.4321),
        ("log_loss_clipped", 0.43219),
    ):
        Score.objects.create(
            evaluation=made,
            part=Part.PUBLIC,
            metric=metric,
            value=value,
            low=value - 0.1,
            high=value + 0.1,
            standard_error=0.05,
            n=3,
        )
    return made


def _slice(
    value: str, score: float, n: int, fewest: int, part: str = "public"
) -> dict[str, object]:
    ends = {"low": score - 0.1, "high": score + 0.1}
    return {
        "part": part,
        "by": "colour",
        "value": value,
        "n": n,
        "fewest": fewest,
        "score": score,
        **ends,
        "reason": "",
    }


@pytest.fixture
def sliced(evaluation: Evaluation) -> Evaluation:
    evaluation.diagnostics = {
        "headline": "accuracy",
        "slices": [
            _slice("enough", 0.41234, 2500, 2500),
            _slice("barely", 0.41234, 100, 10),
            _slice("few rows", 0.51234, 99, 99),
            _slice("rare class", 0.61234, 500, 9),
            _slice("hidden", 0.777123, 500, 500, "private"),
        ],
    }
    evaluation.save()
    return evaluation


@pytest.mark.parametrize("who", ["anonymous", "alice", "charlie", "sam"])
def test_participants_see_slices_that_are_large_enough_in_steps(
    who: str, sliced: Evaluation, request: pytest.FixtureRequest
) -> None:
    viewer = AnonymousUser() if who == "anonymous" else request.getfixturevalue(who)
    shown = {each.value: each.shown for each in slices(sliced.submission.task, viewer, sliced)}
    assert list(shown) == ["enough", "barely", "few rows", "rare class"]
    assert (shown["enough"].value, shown["enough"].low, shown["enough"].high) == (0.41, 0.31, 0.51)
    # Ten rows of a class know no more than tenths, whatever the step of the whole task.
    assert (shown["barely"].value, shown["barely"].low, shown["barely"].high) == (0.4, 0.3, 0.5)
    for name in ("few rows", "rare class"):
        small = shown[name]
        assert (small.value, small.low, small.high, small.reason) == (None, None, None, TOO_SMALL)


def test_slices_of_another_headline_are_not_shown(sliced: Evaluation, olga: User) -> None:
    sliced.diagnostics["headline"] = "macro_f1"
    assert slices(sliced.submission.task, olga, sliced) == []


@pytest.mark.parametrize("who", ["olga", "viktor"])
def test_organizers_see_every_public_slice_as_it_is(
    who: str, sliced: Evaluation, request: pytest.FixtureRequest
) -> None:
    found = slices(sliced.submission.task, request.getfixturevalue(who), sliced)
    assert [each.shown.value for each in found] == [0.41234, 0.41234, 0.51234, 0.61234]


@pytest.mark.parametrize("who", ["anonymous", "alice", "bob", "charlie", "sam"])
def test_participants_see_values_in_steps_and_nothing_private(
    who: str, evaluation: Evaluation, request: pytest.FixtureRequest
) -> None:
    viewer = AnonymousUser() if who == "anonymous" else request.getfixturevalue(who)
    shown = {d.metric.name: d for d in feedback(evaluation.submission.task, viewer, evaluation)}
    assert (shown["accuracy"].value, shown["accuracy"].low, shown["accuracy"].high) == (
        0.81,
        0.8,
        0.82,
    )
    assert shown["macro_f1"].value == 0.56
    assert 0.777123 not in {d.value for d in shown.values()}


def test_a_clipped_log_loss_has_three_decimals_at_most(evaluation: Evaluation, alice: User) -> None:
    task = evaluation.submission.task
    Task.objects.filter(pk=task.pk).update(step="0.00001")
    task.refresh_from_db()
    shown = {d.metric.name: d.value for d in feedback(task, alice, evaluation)}
    assert (shown["log_loss_clipped"], shown["accuracy"]) == (0.432, 0.81234)


def test_the_headline_comes_first(evaluation: Evaluation, alice: User) -> None:
    assert feedback(evaluation.submission.task, alice, evaluation)[0].metric.name == "accuracy"


@pytest.mark.parametrize("who", ["olga", "viktor"])
def test_organizers_see_raw_public_values_and_nothing_private(
    who: str, evaluation: Evaluation, request: pytest.FixtureRequest
) -> None:
    viewer = request.getfixturevalue(who)
    shown = {d.metric.name: d for d in feedback(evaluation.submission.task, viewer, evaluation)}
    assert shown["accuracy"].value == 0.81234
    assert shown["log_loss"].value == 0.4321
    assert 0.777123 not in {d.value for d in shown.values()}


def test_an_organizer_of_another_challenge_is_a_participant_here(evaluation: Evaluation) -> None:
    stranger = factories.make_user("stranger")
    factories.make_organizer(factories.make_challenge("other"), stranger)
    assert feedback(evaluation.submission.task, stranger, evaluation)[0].value == 0.81


def test_log_loss_is_not_shown_while_labels_are_hidden(evaluation: Evaluation, alice: User) -> None:
    shown = {d.metric.name: d for d in feedback(evaluation.submission.task, alice, evaluation)}[
        "log_loss"
    ]
    assert (shown.value, shown.low, shown.high) == (None, None, None)
    assert "tell its label" in shown.reason


def test_a_private_score_cannot_be_displayed(evaluation: Evaluation) -> None:
    private = evaluation.scores.get(part=Part.PRIVATE)
    with pytest.raises(ValueError, match="public part"):
        display(evaluation.submission.task, private)


def test_a_displayed_value_stays_in_the_range_of_its_metric(evaluation: Evaluation) -> None:
    evaluation.submission.task.step = 0.3
    score = evaluation.scores.get(part=Part.PUBLIC, metric="accuracy")
    score.value = score.low = score.high = 0.999
    assert display(evaluation.submission.task, score).high == 0.9


def test_without_a_reference_the_step_comes_from_the_number_of_public_rows(
    classification_task: Task,
) -> None:
    task = classification_task
    task.step = None
    task.solution.public_rows = 600
    assert step_of(task) == 0.02
    assert step_of(task) <= math.sqrt(0.25 / 600)


def test_the_step_is_fixed_from_the_reference_baseline_when_the_task_is_open(
    classification_task: Task,
) -> None:
    task = classification_task
    Task.objects.filter(pk=task.pk).update(step=None)
    task.refresh_from_db()
    reference = factories.make_team(task.challenge, "AutoGluon", baseline="autogluon")
    factories.make_evaluation(factories.make_submission(reference, task), public=0.9, private=0.9)
    fix_step(task)
    task.refresh_from_db()
    assert float(task.step or 0) == 0.005
    fix_step(task)
    task.refresh_from_db()
    assert float(task.step or 0) == 0.005, "a fixed step stays"


def test_what_stands_already_is_rounded_to_the_step_that_is_fixed(
    classification_task: Task, team: Team
) -> None:
    task = classification_task
    Task.objects.filter(pk=task.pk).update(step=None)
    task.refresh_from_db()
    on_evaluation_stored(
        factories.make_evaluation(factories.make_submission(team, task), public=0.81234, private=0)
    )
    reference = factories.make_team(task.challenge, "AutoGluon", baseline="autogluon")
    factories.make_evaluation(factories.make_submission(reference, task), public=0.9, private=0)
    fix_step(task)
    standing = Standing.objects.get(board__task=task, team=team, valid_until=None)
    assert standing.score == 0.81, "0.8 in the steps of 0.2 that three public rows allow"


def test_the_step_of_a_task_that_has_not_opened_is_not_fixed(classification_task: Task) -> None:
    task = classification_task
    Task.objects.filter(pk=task.pk).update(step=None)
    task.refresh_from_db()
    task.challenge.opens_at = task.challenge.team_freeze_at.replace(year=2200)
    fix_step(task)
    task.refresh_from_db()
    assert task.step is None
