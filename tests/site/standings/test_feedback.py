"""What leaves of a score before the reveal."""

import math
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.analysis.explanations import explanation
from podium.analysis.figures import figures
from podium.challenges.models import Task
from podium.notices.texts import text
from podium.standings.actions import fix_step, on_evaluation_stored, refresh
from podium.standings.feedback import (
    TOO_SMALL,
    display,
    feedback,
    slices,
    step_of,
    utility_curves,
)
from podium.standings.models import Standing
from podium.standings.rescore_boards import preview
from podium.standings.visible import visible_board
from podium.submissions.jobs import rescoring
from podium.submissions.models import Evaluation, Part, Rescore, Score
from podium.teams.models import Team
from tests.site import factories

TOKEN = re.compile(r'(csrfmiddlewaretoken" value="|x-csrftoken": ")[^"]+')


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


def _figures(part: str, share: float, rows: int = 1_000_000) -> dict[str, object]:
    """Figures of two classes of this many rows each, with the same share right in both."""
    right = round(share * rows)
    return {
        "part": part,
        "n": 2 * rows,
        "confusion": {
            "classes": ["a", "b"],
            "rows": [[right, rows - right], [rows - right, right]],
        },
        "precision_recall": {"positives": rows, "accepted": [2 * rows], "hits": [rows]},
        "reliability": {"rows": [2 * rows], "hits": [2 * right], "confidence": [share]},
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
    task.solution.public_counts = [10**13]
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
    assert "reveal its label" in shown.reason


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


@pytest.mark.parametrize(("mode", "step"), [("exact", 1e-3), ("rounded", 0.01), ("ladder", 0.05)])
def test_each_mode_has_its_step(classification_task: Task, mode: str, step: float) -> None:
    classification_task.feedback = mode
    assert step_of(classification_task) == step


def test_the_step_of_a_task_that_has_not_opened_is_not_fixed(classification_task: Task) -> None:
    task = classification_task
    Task.objects.filter(pk=task.pk).update(step=None)
    task.refresh_from_db()
    task.challenge.opens_at = task.challenge.team_freeze_at.replace(year=2200)
    fix_step(task)
    task.refresh_from_db()
    assert task.step is None


# Every way out


RAW, PRIVATE = 0.812347, 0.777123
OTHERS = {  # raw values that look the same as RAW, by the mode
    "exact": (0.81151, 0.812, 0.81249),
    "rounded": (0.8051, 0.81, 0.8149),
    "ladder": (0.849, 0.8, 0.7, 0.1),
}
PAGES = {
    "submission page": ("submission", "submission"),
    "status fragment": ("submission-status", "submission"),
    "task page with the list of submissions": ("task", "task"),
    "board page": ("task-board", "task"),
    "track board page": ("track", "track"),
    "challenge page with its messages": ("challenge", "challenge"),
    "team page": ("team", "team"),
    "own team page": ("my-team", "challenge"),
    "console preview page": ("console-task", "task"),
}
Outlet = Callable[[Rescore, Evaluation, User | None, Client], str]


def page_of(name: str) -> Outlet:
    """Return an outlet that is a page: its status and body without tokens."""
    route, of = PAGES[name]

    def get(rescore: Rescore, evaluation: Evaluation, viewer: User | None, client: Client) -> str:
        submission = evaluation.submission
        slug, task = submission.task.challenge.slug, submission.task
        arguments: dict[str, list[Any]] = {
            "submission": [submission.pk],
            "task": [slug, task.slug],
            "track": [slug, task.track.kind],
            "challenge": [slug],
            "team": [slug, submission.team.slug],
        }
        answer = client.get(reverse(route, args=arguments[of]))
        return f"{answer.status_code} {TOKEN.sub('', answer.content.decode())}"

    return get


def said(evaluation: Evaluation, viewer: User | None) -> str:
    """Return what a notice of the submission says to the viewer, on the site and by mail alike."""
    is_anonymous = not viewer.is_authenticated
    reader = factories.make_user("zoe") if is_anonymous else viewer
    notice = factories.make_notice(reader, evaluation.submission)
    told = repr(text(notice, notice.user))
    notice.user.delete() if is_anonymous else notice.delete()
    return told


OUTLETS: dict[str, Outlet] = {
    "feedback": lambda _, e, viewer, __: repr(
        [
            (d.metric.name, d.value, d.low, d.high, d.reason)
            for d in feedback(e.submission.task, viewer, e)
        ]
    ),
    "private feedback": lambda _, e, viewer, __: repr(
        feedback(e.submission.task, viewer, e, part=Part.PRIVATE)
    ),
    "slices": lambda _, e, viewer, __: repr(
        [(s.value, s.shown.value, s.shown.reason) for s in slices(e.submission.task, viewer, e)]
    ),
    "utility curves": lambda _, e, viewer, __: repr(utility_curves(e.submission.task, viewer, e)),
    "figures": lambda _, e, viewer, __: repr(figures(e.submission.task, viewer, e)),
    "private figures": lambda _, e, viewer, __: repr(
        figures(e.submission.task, viewer, e, part=Part.PRIVATE)
    ),
    "board": lambda _, e, viewer, __: repr(visible_board(viewer, e.submission.task)),
    "private board": lambda _, e, viewer, __: repr(
        visible_board(viewer, e.submission.task, part=Part.PRIVATE)
    ),
    "track board": lambda _, e, viewer, __: repr(visible_board(viewer, e.submission.task.track)),
    "explanation": lambda _, e, viewer, __: repr(
        explanation(e, visible_board(viewer, e.submission.task), is_own=True)
    ),
    "notice": lambda _, e, viewer, __: said(e, viewer),
    "console preview": lambda rescore, _, viewer, __: repr(preview(rescore, viewer).boards),
    **{name: page_of(name) for name in PAGES},
}


@pytest.fixture
def told(
    team: Team, classification_task: Task, request: pytest.FixtureRequest
) -> tuple[Rescore, Evaluation]:
    """A second submission that scores RAW, with slices, curves, and a rescore to preview."""
    mode = request.node.callspec.params["mode"]
    Task.objects.filter(pk=classification_task.pk).update(feedback=mode)
    task = Task.objects.select_related(
        "challenge", "solution", "dataset_version", "track__challenge"
    ).get()
    for entrant in (factories.make_team(task.challenge, "Trivial", baseline="trivial"), team):
        factories.make_evaluation(factories.make_submission(entrant, task), public=0.8, private=0)
        refresh(task, entrant)
    submission = factories.make_submission(team, task)
    evaluation = factories.make_evaluation(submission, public=RAW, private=PRIVATE)
    pairs = {"names": ["red", "blue"], "negatives": [500, 500], "positives": [50, 50]}
    evaluation.diagnostics = {
        "headline": "accuracy",
        "slices": [_slice("red", RAW, 2500, 2500), _slice("red", PRIVATE, 999, 999, "private")],
        "utility": [{"part": "public", **pairs, "utility": [[RAW, 0.0]] * 2}],
        "figures": [_figures("public", RAW), _figures("private", PRIVATE)],
    }
    evaluation.save()
    refresh(task, team)
    solution = factories.make_solution(task.dataset_version, number=2)
    anew = Evaluation.objects.create(
        submission=submission,
        solution=solution,
        scorer_version=task.scorer_version,
        seconds=0.1,
        counts=False,
    )
    for part, value in (("public", RAW), ("private", PRIVATE)):
        Score.objects.create(evaluation=anew, part=part, metric="accuracy", value=value, n=3)
    return Rescore.objects.get(pk=rescoring.start(task=task, solution=solution).pk), evaluation


def score_differently(evaluation: Evaluation, raw: float) -> None:
    """Let the submission have another public score, its slice and its rescore too."""
    scores = Score.objects.filter(evaluation__submission=evaluation.submission, part="public")
    scores.update(value=raw)
    scores.exclude(low=None).update(low=0.7, high=0.9)
    evaluation.diagnostics["slices"][0]["score"] = raw
    evaluation.diagnostics["utility"][0]["utility"] = [[raw, 0.0]] * 2
    evaluation.diagnostics["figures"][0] = _figures("public", raw)
    evaluation.save()
    refresh(evaluation.submission.task, evaluation.submission.team)


@pytest.mark.parametrize("who", ["anonymous", "charlie", "alice"])
@pytest.mark.parametrize("mode", ["exact", "rounded", "ladder"])
def test_no_way_out_tells_participants_more_than_the_mode(
    mode: str,
    who: str,
    told: tuple[Rescore, Evaluation],
    as_user: Callable[[User | None], Client],
    request: pytest.FixtureRequest,
) -> None:
    viewer = AnonymousUser() if who == "anonymous" else request.getfixturevalue(who)
    client = as_user(None if who == "anonymous" else viewer)

    def everything(raw: float) -> dict[str, str]:
        score_differently(told[1], raw)
        return {name: tell(*told, viewer, client) for name, tell in OUTLETS.items()}

    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        before = everything(RAW)
        assert [name for name, said in before.items() if ".7771" in said] == []
        assert [name for name, said in before.items() if ".8123" in said] == []
        for raw in OTHERS[mode]:
            again = everything(raw)
            assert [name for name in OUTLETS if again[name] != before[name]] == [], raw


@pytest.mark.parametrize("mode", ["exact", "rounded", "ladder"])
@pytest.mark.parametrize("outlet", ["feedback", "slices", "board", "submission page", "notice"])
def test_the_modes_differ_in_what_the_team_is_told(
    mode: str,
    outlet: str,
    told: tuple[Rescore, Evaluation],
    as_user: Callable[[User | None], Client],
    alice: User,
) -> None:
    said = OUTLETS[outlet](*told, alice, as_user(alice))
    assert ("0.812" in said) == (mode == "exact" and outlet != "slices")
    assert ("0.81" in said) == (mode != "ladder")
    if outlet in {"submission page", "notice"}:
        assert ("was not accepted" in said) == (mode == "ladder")


@pytest.mark.parametrize("mode", ["exact", "rounded", "ladder"])
def test_organizers_see_raw_public_scores_in_every_mode(
    mode: str,
    told: tuple[Rescore, Evaluation],
    as_user: Callable[[User | None], Client],
    olga: User,
) -> None:
    for outlet in ("feedback", "slices", "utility curves", "figures", "submission page"):
        said = OUTLETS[outlet](*told, olga, as_user(olga))
        assert "0.812347" in said
        assert ".7771" not in said
