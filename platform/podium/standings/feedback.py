"""The only way by which anything computed from private labels leaves before the reveal."""

import math
from dataclasses import dataclass, replace
from typing import Any, cast

from leaderboard import decimals, feedback_step, round_to_step
from podium.challenges.models import Task
from podium.challenges.permissions import Permission, has_permission
from podium.submissions.models import Evaluation, Part, Score
from scoring import METRICS, Metric
from scoring.diagnostics import SliceScore, UtilityCurves
from scoring.metrics import Form
from scoring.spec import Kind

# One confident wrong row can move a log loss by more than the step, which would tell its label.
_HIDDEN = {
    "log_loss": "shown clipped at 0.001: a single row could move it enough to tell its label"
}
# What is clipped still moves by more than other metrics do, so it is never shown more finely.
_FINEST = {"log_loss_clipped": 0.001}
FEWEST_ROWS = 100
FEWEST_OF_A_CLASS = 10
TOO_SMALL = f"each needs {FEWEST_ROWS} public rows, and {FEWEST_OF_A_CLASS} of each class"


@dataclass(frozen=True)
class Displayed:
    """A displayed score: what a viewer may see of one metric on the public part."""

    metric: Metric
    value: float | None
    low: float | None
    high: float | None
    decimals: int
    reason: str = ""


@dataclass(frozen=True)
class DisplayedSlice:
    """The displayed headline score on the rows with one `value` of the slice `by`."""

    by: str
    value: str
    shown: Displayed


@dataclass(frozen=True)
class DisplayedCurve:
    """The displayed utility of one group of pairs over the thresholds, loose to strict."""

    name: str
    utility: list[float]


def step_of(task: Task) -> float:
    """Return what the task's displayed scores are rounded to.

    Fixed when the task opens. Until then, and where no reference baseline stood in time, it comes
    from the largest standard error that a mean over the public rows can have, sqrt(0.25 / n).
    """
    if task.step is not None:
        return float(task.step)
    return _step_of_rows(task.solution.public_rows)


def feedback(task: Task, viewer: Any, evaluation: Evaluation) -> list[Displayed]:
    """Return the displayed scores of an evaluation, the headline first.

    Organizers see the raw values of the public part; everybody else sees them rounded to the
    task's step. Private values are shown to nobody here. Whether the viewer may see this
    submission at all is for the caller to decide.
    """
    raw = has_permission(viewer, Permission.SEE_RAW_PUBLIC, task.challenge)
    scores = evaluation.scores.filter(part=Part.PUBLIC)
    shown = [_as_is(s) if raw else display(task, s) for s in scores]
    return sorted(shown, key=lambda d: (d.metric.name != task.headline, d.metric.title))


def slices(task: Task, viewer: Any, evaluation: Evaluation) -> list[DisplayedSlice]:
    """Return the displayed headline by class and slice, of the public part alone.

    Participants see slices of at least `FEWEST_ROWS` rows and `FEWEST_OF_A_CLASS` of each class
    that the metric needs, in steps that the rows of the slice allow; of the others only that they
    are too small. Organizers see the raw values of all.
    """
    if evaluation.diagnostics.get("headline") != task.headline:
        return []  # made before the task had another headline
    raw = has_permission(viewer, Permission.SEE_RAW_PUBLIC, task.challenge)
    found = []
    for kept in evaluation.diagnostics.get("slices", ()):
        each = SliceScore(**kept)
        if each.part != "public":
            continue
        numbers = {"value": each.score, "low": each.low, "high": each.high}
        if not raw and (each.n < FEWEST_ROWS or each.fewest < FEWEST_OF_A_CLASS):
            numbers, each = {}, replace(each, reason=TOO_SMALL)
        score = Score(part=Part.PUBLIC, metric=task.headline, reason=each.reason, **numbers)
        shown = _as_is(score) if raw else display(task, score, rows=each.fewest)
        found.append(DisplayedSlice(each.by, each.value, shown))
    return found


def utility_curves(task: Task, viewer: Any, evaluation: Evaluation) -> list[DisplayedCurve]:
    """Return how one threshold serves each group of pairs, of the public part, for organizers.

    Participants see none while labels are hidden: at the ends of a curve a single pair moves it by
    more than any step, and a hundred points of it tell at which score that pair lies.
    """
    if not has_permission(viewer, Permission.SEE_RAW_PUBLIC, task.challenge):
        return []
    found = []
    for kept in evaluation.diagnostics.get("utility", ()):
        curves = UtilityCurves(**kept)
        if curves.part == "public":
            lines = zip(curves.names, curves.utility, strict=True)
            found += [DisplayedCurve(name, list(line)) for name, line in lines]
    return found


def _step_of_rows(rows: int) -> float:
    """Return a step that a mean of numbers in [0, 1] over so many rows cannot be known beyond.

    The task's own step is made for all rows: in it, one row of a small slice would show.
    """
    return feedback_step(math.sqrt(0.25 / max(1, rows)))


def display(task: Task, score: Score, rows: int | None = None) -> Displayed:
    """Return what participants see of one raw score of the public part, or of some of its rows."""
    metric = METRICS[score.metric]
    step = max(step_of(task), _FINEST.get(score.metric, 0.0))
    if rows is not None:
        step = max(step, _step_of_rows(rows))
    if score.part != Part.PUBLIC:
        raise ValueError("Only scores of the public part are displayed.")
    if reason := _HIDDEN.get(score.metric):
        return Displayed(metric, None, None, None, decimals(step), reason)
    if score.value is None:
        return Displayed(metric, None, None, None, decimals(step), score.reason)
    lowest, highest = bounds(task, metric)
    value, low, high = (
        None if number is None else round_to_step(number, step, lowest, highest)
        for number in (score.value, score.low, score.high)
    )
    return Displayed(metric, value, low, high, decimals(step))


def bounds(task: Task, metric: Metric) -> tuple[float, float]:
    """Return the smallest and the largest value that a metric can have on the task."""
    return metric.forms[cast(Kind, task.dataset_version.kind)].range


def form_of(task: Task) -> Form:
    """Return the headline metric as the task's kind has it."""
    return METRICS[task.headline].forms[cast(Kind, task.dataset_version.kind)]


def _as_is(score: Score) -> Displayed:
    metric = METRICS[score.metric]
    return Displayed(metric, score.value, score.low, score.high, 6, score.reason)
