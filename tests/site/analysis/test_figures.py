"""What leaves of a submission's figures, by mode, viewer and time."""

from collections.abc import Callable
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from hypothesis import given
from hypothesis import strategies as st

from podium.accounts.models import User
from podium.analysis import figures as feedback_figures
from podium.analysis.figures import (
    NOT_KEPT,
    NOT_RAISED,
    OTHERS,
    DisplayedBin,
    DisplayedFigures,
    DisplayedPoint,
    figures,
)
from podium.challenges.models import Task
from podium.standings.feedback import TOO_SMALL
from podium.submissions.models import Evaluation, Part, Score
from podium.teams.models import Team
from scoring.diagnostics_figures import (
    ConfusionCounts,
    FigureData,
    PrecisionRecall,
    Reliability,
)
from tests.site import factories

COUNTS = ConfusionCounts(
    ("a", "b", "rare"), ((203, 47, 1), (13, 387, 2), (1, 3, 5))
)  # 251, 402 and 9 rows
BINS = Reliability(
    rows=(0, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 163, 400),
    hits=(0, 44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 101, 377),
    confidence=(0, 0.1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.913131, 0.987654),
)
# Of 40 matches among 662 rows 4 were found among the first 4, 20 among 31.
CURVE = PrecisionRecall(40, (4, 10, 31, 44, 90, 662), (4, 10, 20, 28, 36, 40))


def data(part: str, **fields: Any) -> dict[str, Any]:
    known = {"confusion": None, "precision_recall": None, "reliability": BINS}
    return asdict(FigureData(part, 662, **{**known, **fields}))  # type: ignore[arg-type]


def make(team: Team, task: Task, public: float = 0.8, **fields: Any) -> Evaluation:
    """Return an evaluation with figures of both parts; those of the private one have rows less."""
    made = factories.make_evaluation(
        factories.make_submission(team, task), public=public, private=0.1
    )
    if not fields:
        classes = task.dataset_version.kind == "classification"
        fields = {"confusion": COUNTS} if classes else {"precision_recall": CURVE}
    made.diagnostics = {"figures": [data("public", **fields), data("private", reliability=None)]}
    made.save()
    return made


def person(request: pytest.FixtureRequest, name: str) -> Any:
    return AnonymousUser() if name == "anonymous" else request.getfixturevalue(name)


def numbers(value: Any) -> list[float]:
    """Every number that is somewhere in a value."""
    if isinstance(value, dict):
        return [found for each in value.values() for found in numbers(each)]
    if isinstance(value, list | tuple):
        return [found for each in value for found in numbers(each)]
    return [value] if isinstance(value, int | float) else []


@pytest.mark.parametrize("mode", ["exact", "rounded"])
@pytest.mark.parametrize("who", ["anonymous", "alice", "charlie", "sam"])
def test_participants_see_classes_that_are_large_enough_in_steps(
    who: str, mode: str, team: Team, classification_task: Task, request: pytest.FixtureRequest
) -> None:
    classification_task.feedback = mode
    shown = figures(
        classification_task, person(request, who), make(team, classification_task)
    ).confusion
    assert shown is not None
    assert (shown.classes, shown.decided) == (("a", "b"), ("a", "b", OTHERS))
    # A class of 251 rows knows steps of 0.02, one of 402 rows as well.
    assert shown.shares == ((0.8, 0.18, 0.0), (0.04, 0.96, 0.0))
    assert (shown.rows, shown.left_out, shown.decimals) == (None, 1, 2)


@pytest.mark.parametrize("who", ["olga", "viktor"])
def test_organizers_see_every_count_of_the_public_part(
    who: str, team: Team, classification_task: Task, request: pytest.FixtureRequest
) -> None:
    evaluation = make(team, classification_task)
    shown = figures(classification_task, request.getfixturevalue(who), evaluation)
    assert shown.confusion is not None
    assert shown.confusion.rows == COUNTS.rows
    assert shown.confusion.shares[2] == (1 / 9, 3 / 9, 5 / 9)
    assert shown.reliability is not None
    joined = shown.reliability.bins[0]
    assert (joined.low, joined.high, joined.share) == (1 / 15, 14 / 15, 262 / 662)
    assert shown.reasons == {}


def test_bins_have_about_equal_count_and_steps_of_their_own(
    team: Team, matching_task: Task, alice: User
) -> None:
    shown = figures(matching_task, alice, make(team, matching_task)).reliability
    assert shown is not None
    assert shown.left_out == 0
    # 99 rows are too few for a bin and join 163; 262 rows know steps of 0.02, and 400 too.
    assert shown.bins == (
        DisplayedBin(1 / 15, 14 / 15, 0.6, 0.56, 0.4),
        DisplayedBin(14 / 15, 1.0, 0.98, 0.94, 0.6),
    )


def test_there_are_at_most_six_bins_and_none_is_small(
    team: Team, matching_task: Task, olga: User, alice: User
) -> None:
    many = Reliability((101,) * 15, (50,) * 15, tuple(place / 15 for place in range(15)))
    evaluation = make(team, matching_task, reliability=many)
    for viewer in (olga, alice):
        shown = figures(matching_task, viewer, evaluation).reliability
        assert shown is not None
        assert 4 <= len(shown.bins) <= 6
        assert (shown.bins[0].low, shown.bins[-1].high) == (0, 1)


def test_a_curve_has_few_points_where_enough_matches_are_found(
    team: Team, matching_task: Task, alice: User, olga: User
) -> None:
    evaluation = make(team, matching_task)
    shown = figures(matching_task, alice, evaluation).precision_recall
    assert shown is not None
    # Four matches are too few for a point. Forty know recalls in steps of 0.05, and so on.
    assert shown.points == (
        DisplayedPoint(0.25, 1.0),
        DisplayedPoint(0.5, 0.6),
        DisplayedPoint(0.7, 0.65),
        DisplayedPoint(0.9, 0.4),
        DisplayedPoint(1.0, 0.05),
    )
    assert shown.matches == 0.05
    raw = figures(matching_task, olga, evaluation).precision_recall
    assert raw is not None
    assert raw.points[2] == DisplayedPoint(20 / 40, 20 / 31)
    assert len(raw.points) == 6


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("confusion", {"confusion": ConfusionCounts(("a", "b"), ((9, 0), (0, 9)))}),
        ("precision_recall", {"precision_recall": PrecisionRecall(9, (9,), (9,))}),
        ("reliability", {"reliability": Reliability((99,), (9,), (0.5,))}),
    ],
)
def test_what_has_too_few_rows_says_so(
    name: str,
    fields: dict[str, Any],
    team: Team,
    classification_task: Task,
    matching_task: Task,
    alice: User,
    olga: User,
) -> None:
    task = matching_task if name == "precision_recall" else classification_task
    evaluation = make(team, task, **fields)
    shown = figures(task, alice, evaluation)
    assert getattr(shown, name) is None
    assert shown.reasons[name] == TOO_SMALL
    assert getattr(figures(task, olga, evaluation), name) is not None


def test_a_part_of_few_rows_shows_nothing(
    team: Team, classification_task: Task, alice: User
) -> None:
    evaluation = make(team, classification_task)
    evaluation.diagnostics["figures"][0]["n"] = 99
    assert figures(classification_task, alice, evaluation).confusion is None


def test_figures_that_the_file_does_not_give_have_a_reason(
    team: Team, classification_task: Task, matching_task: Task, alice: User
) -> None:
    none = {"reliability": None}
    shown = figures(classification_task, alice, make(team, classification_task, **none))
    assert "more than 50 classes" in shown.reasons["confusion"]
    assert "needs probabilities" in shown.reasons["reliability"]
    shown = figures(matching_task, alice, make(team, matching_task, **none))
    assert "no row is a match" in shown.reasons["precision_recall"]
    assert "confusion" not in shown.reasons


def test_what_was_scored_before_figures_were_kept_says_so(
    team: Team, classification_task: Task, alice: User, olga: User
) -> None:
    evaluation = make(team, classification_task)
    evaluation.diagnostics = {"slices": []}
    for viewer in (alice, olga):
        shown = figures(classification_task, viewer, evaluation)
        reasons = {"confusion": NOT_KEPT, "reliability": NOT_KEPT}
        assert shown == DisplayedFigures("public", reasons=reasons)


@pytest.mark.parametrize("mode", ["exact", "rounded"])
def test_only_what_raised_the_displayed_score_has_figures(
    mode: str, team: Team, classification_task: Task, alice: User, olga: User
) -> None:
    task = classification_task
    task.feedback = mode
    made = [make(team, task, public=score) for score in (0.8, 0.8044, 0.79, 0.815, 0.81, 0.83)]
    told = [figures(task, alice, each).confusion is not None for each in made]
    assert told == [True, False, False, True, False, True]
    assert figures(task, alice, made[1]).reasons["confusion"] == NOT_RAISED
    assert all(figures(task, olga, each).confusion for each in made)


def test_of_an_error_the_smaller_one_is_better(
    team: Team, classification_task: Task, alice: User
) -> None:
    Task.objects.filter(pk=classification_task.pk).update(headline="log_loss_clipped")
    classification_task.refresh_from_db()
    made = [make(team, classification_task, public=score) for score in (0.5, 0.6, 0.4)]
    told = [bool(figures(classification_task, alice, each).confusion) for each in made]
    assert told == [True, False, True]


def test_a_withdrawn_submission_still_counts_as_one_that_had_the_score(
    team: Team, classification_task: Task, alice: User, challenge: Any
) -> None:
    first, second = (make(team, classification_task) for _ in range(2))
    first.submission.withdrawn_at = challenge.opens_at
    first.submission.save()
    assert figures(classification_task, alice, second).reasons["confusion"] == NOT_RAISED


def test_an_undefined_score_raises_nothing(
    team: Team, classification_task: Task, alice: User
) -> None:
    evaluation = make(team, classification_task)
    Score.objects.update(value=None, low=None, high=None, reason="no row")
    assert figures(classification_task, alice, evaluation).reasons["confusion"] == NOT_RAISED


def test_on_a_ladder_participants_see_no_figures(
    team: Team, classification_task: Task, alice: User, olga: User
) -> None:
    Task.objects.filter(pk=classification_task.pk).update(feedback="ladder")
    classification_task.refresh_from_db()
    made = [make(team, classification_task, public=score) for score in (0.6, 0.62, 0.8)]
    shown = [figures(classification_task, alice, each) for each in made]
    assert shown == [DisplayedFigures("public")] * 3
    assert figures(classification_task, olga, made[1]).confusion is not None


@pytest.mark.parametrize("who", ["anonymous", "alice", "olga", "sam"])
def test_nobody_sees_private_figures_before_the_reveal(
    who: str, team: Team, classification_task: Task, request: pytest.FixtureRequest
) -> None:
    evaluation = make(team, classification_task)
    shown = figures(classification_task, person(request, who), evaluation, Part.PRIVATE)
    assert shown == DisplayedFigures("private")


def test_after_the_reveal_everybody_sees_both_parts_as_they_are(
    team: Team, classification_task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation = make(team, classification_task)
    other = ConfusionCounts(("a", "b"), ((3, 0), (1, 2)))
    evaluation.diagnostics["figures"][1] = data("private", confusion=other)
    for name in ("is_revealed", "sees_raw"):
        monkeypatch.setattr(feedback_figures, name, lambda *_: True)
    monkeypatch.setattr(feedback_figures, "shown_part", lambda _: Part.PRIVATE)
    shown = figures(classification_task, AnonymousUser(), evaluation)
    assert shown.part == "private"
    assert shown.confusion is not None
    assert shown.confusion.rows == other.rows
    public = figures(classification_task, AnonymousUser(), evaluation, Part.PUBLIC)
    assert public.confusion is not None
    assert public.confusion.rows == COUNTS.rows


def moved(found: FigureData, cells: list[tuple[int, int, int]]) -> FigureData:
    """The same after this many rows of a class were decided otherwise."""
    assert found.confusion is not None
    rows = [list(row) for row in found.confusion.rows]
    for truth, source, target in cells:
        if rows[truth][source]:
            rows[truth][source] -= 1
            rows[truth][target] += 1
    counts = ConfusionCounts(found.confusion.classes, tuple(map(tuple, rows)))
    return FigureData(found.part, found.n, counts, None, found.reliability)


class _Rounded:
    """A task as far as the gate asks it."""

    feedback = "rounded"
    step = 0.01
    headline = "accuracy"
    dataset_version = SimpleNamespace(kind="classification")
    solution = SimpleNamespace(public_counts=[331, 331])


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), max_size=30))
def test_every_share_is_a_multiple_of_the_step_of_its_row(
    cells: list[tuple[int, int, int]],
) -> None:
    counts = moved(FigureData("public", 662, COUNTS, None, None), cells).confusion
    assert counts is not None
    gate = feedback_figures._Gate(_Rounded(), 662, raw=False)  # type: ignore[arg-type]
    shown = gate.confusion(counts)
    assert shown is not None
    assert shown.classes == ("a", "b")
    for value in numbers(shown.shares):
        assert 0 <= value <= 1
        assert abs(value / 0.02 - round(value / 0.02)) < 1e-9


def test_rows_of_a_rare_class_change_nothing(
    team: Team, classification_task: Task, alice: User
) -> None:
    evaluation = make(team, classification_task)
    before = figures(classification_task, alice, evaluation)
    rows = ((203, 47, 1), (13, 387, 2), (9, 0, 0))
    evaluation.diagnostics["figures"][0] = data(
        "public", confusion=ConfusionCounts(COUNTS.classes, rows)
    )
    assert figures(classification_task, alice, evaluation) == before


def test_figures_cost_participants_no_query_per_figure(
    team: Team,
    classification_task: Task,
    alice: User,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    evaluation = make(team, classification_task)
    task = Task.objects.select_related("challenge", "solution", "dataset_version").get(
        pk=classification_task.pk
    )
    with django_assert_max_num_queries(4):
        assert figures(task, alice, evaluation).confusion is not None
