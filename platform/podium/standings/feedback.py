"""The only way by which anything computed from private labels leaves before the reveal."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from django.db.models import F, QuerySet

from leaderboard import decimals, feedback_step, round_to_step
from podium.challenges.models import Feedback, Task
from podium.challenges.permissions import Permission, challenges_with, has_permission
from podium.standings import ladder
from podium.submissions.models import Evaluation, Part, Score, State, Submission
from scoring import METRICS, Metric
from scoring.diagnostics import SliceScore, UtilityCurves
from scoring.metrics import Form
from scoring.spec import Kind

# One confident wrong row can move a log loss by more than the step, which would tell its label.
_HIDDEN = {
    "log_loss": "shown clipped at 0.001: a single row could move it enough to tell its label"
}
# A team may have thousands of scores, and each evaluation has long diagnostics beside.
_NEEDED = (
    *("part", "metric", "value", "low", "high", "reason"),
    *("evaluation__submission__number", "evaluation__submission__received_at"),
    *("evaluation__submission__withdrawn_at", "evaluation__submission__selected_at"),
    "evaluation__submission__method",
    *("evaluation__submission__team__name", "evaluation__submission__team__slug"),
    *("evaluation__submission__team__baseline", "evaluation__submission__team__removed_at"),
    "evaluation__submission__team__disqualified_at",
)
# What is clipped still moves by more than other metrics do, so it is never shown more finely.
_FINEST = {"log_loss_clipped": 0.001}
EXACT_STEP = 1e-6  # finer differences than this are noise of arithmetic
LADDER_STEPS = 5  # see docs/decisions/ladder-with-a-fixed-step.md
FEWEST_ROWS = 100
FEWEST_OF_A_CLASS = 10
NOT_ACCEPTED = (
    "On this task a score is told only when it beats the last one by more than the noise. This "
    "submission was not accepted, and nothing else is said of it."
)
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
    """Return what the task's displayed scores are rounded to, by its feedback mode."""
    if task.feedback == Feedback.EXACT:
        return EXACT_STEP
    if task.feedback == Feedback.LADDER:
        return LADDER_STEPS * noise_step(task)
    return noise_step(task)


def noise_step(task: Task) -> float:
    """Return the step that is about the size of the noise of the task's public scores.

    Fixed when the task opens. Until then, and where no reference baseline stood in time, it comes
    from the largest standard error that a mean over the public rows can have, sqrt(0.25 / n).
    """
    if task.step is not None:
        return float(task.step)
    return step_of_rows(task.solution.public_rows)


def is_revealed(task: Task) -> bool:
    """Return whether the task's labels need no hiding any more: its private board is there to see.

    The time alone reveals nothing. One action makes all private boards of a challenge at once.
    """
    # Read as a whole, so that boards that were read for many tasks at once serve here.
    return task.challenge.is_revealed() and any(
        board.part == Part.PRIVATE for board in task.boards.all()
    )


def feedback(
    task: Task, viewer: Any, evaluation: Evaluation, part: str = Part.PUBLIC
) -> list[Displayed]:
    """Return the displayed scores of an evaluation on a part, the headline first.

    Before the reveal organizers see the raw values of the public part, everybody else sees them
    rounded to the task's step, under the mode `ladder` only of accepted submissions, and private
    values are shown to nobody. After it all are shown as they are. Whether the viewer may see this
    submission at all is for the caller to decide.
    """
    return feedbacks(task, viewer, [evaluation], part)[0]


def feedbacks(
    task: Task, viewer: Any, evaluations: Sequence[Evaluation], part: str = Part.PUBLIC
) -> list[list[Displayed]]:
    """Return `feedback` of each of these evaluations of a task, at the cost of one."""
    if part != Part.PUBLIC and not is_revealed(task):
        return [[] for _ in evaluations]
    raw = sees_raw(task, viewer)
    said = [""] * len(evaluations) if raw else silences(task, evaluations)
    found: dict[int, list[Displayed]] = {each.pk: [] for each in evaluations}
    for score in Score.objects.filter(evaluation__in=evaluations, part=part):
        found[score.evaluation_id].append(_as_is(score) if raw else display(task, score))
    return [
        [_silent(task, silent)] if silent else sorted(found[each.pk], key=_in_order(task))
        for each, silent in zip(evaluations, said, strict=True)
    ]


def _in_order(task: Task) -> Callable[[Displayed], tuple[bool, str]]:
    """Return the key by which displayed scores are sorted: the headline first."""
    return lambda shown: (shown.metric.name != task.headline, shown.metric.title)


def headlines(viewer: Any, evaluations: Sequence[Evaluation]) -> list[Displayed | None]:
    """Return the displayed headline of each of these evaluations on the public part, if it has one.

    As `feedback` has it, of any tasks, by two queries and two for each task of the mode `ladder`.
    """
    public = Score.objects.filter(evaluation__in=evaluations, part=Part.PUBLIC)
    rows = public.filter(metric=F("evaluation__submission__task__headline"))
    scores = {score.evaluation_id: score for score in rows}
    by_task: dict[Task, list[Evaluation]] = {}
    for each in evaluations:
        by_task.setdefault(each.submission.task, []).append(each)
    seen = challenges_with(viewer, Permission.SEE_RAW_PUBLIC)
    found: dict[int, Displayed | None] = {}
    for task, mine in by_task.items():
        raw = is_revealed(task) or task.challenge_id in seen
        said = [""] * len(mine) if raw else silences(task, mine)
        for each, silent in zip(mine, said, strict=True):
            found[each.pk] = _headline(task, scores.get(each.pk), silent, raw=raw)
    return [found[each.pk] for each in evaluations]


def _headline(task: Task, score: Score | None, silent: str, *, raw: bool) -> Displayed | None:
    if silent:
        return _silent(task, silent)
    if score is None:
        return None
    return _as_is(score) if raw else display(task, score)


def _silent(task: Task, said: str) -> Displayed:
    return Displayed(METRICS[task.headline], None, None, None, 0, said)


def silence(task: Task, evaluation: Evaluation) -> str:
    """Return all that is said of a submission whose score is not told; empty where it is.

    Under the mode `ladder`, before the reveal: the sentence is the same whether the raw score was
    better, equal or worse. A submission waits for its answer until all earlier ones are final.
    """
    return silences(task, [evaluation])[0]


def silences(task: Task, evaluations: Sequence[Evaluation]) -> list[str]:
    """Return `silence` of each of these evaluations of a task, at the cost of one."""
    if task.feedback != Feedback.LADDER or is_revealed(task):
        return [""] * len(evaluations)
    told = _told(task, {each.submission.team_id for each in evaluations})
    return [_silence(each.submission, *told[each.submission.team_id]) for each in evaluations]


def _silence(submission: Submission, told: list[Score], waiting: list[int]) -> str:
    if waiting and min(waiting) < submission.number:
        return f"Submission {min(waiting)} is answered first."
    is_told = any(score.evaluation.submission_id == submission.pk for score in told)
    return "" if is_told else NOT_ACCEPTED


def told_scores(task: Task, team: int) -> list[Score]:
    """Return those public headline scores of a team that it is told, in order of their numbers.

    Withdrawn submissions are among them. What is told of each is what `display` makes of it.
    """
    return _told(task, [team])[team][0]


def _told(task: Task, teams: Collection[int]) -> dict[int, tuple[list[Score], list[int]]]:
    """Return the scores that teams are told, and the numbers that later replies wait for."""
    scores: dict[int, list[Score]] = {team: [] for team in teams}
    found = public_headlines(task, Score.objects.counting(task))
    for score in found.filter(evaluation__submission__team__in=teams):
        scores[score.evaluation.submission.team_id].append(score)
    if task.feedback != Feedback.LADDER:
        return {team: (mine, []) for team, mine in scores.items()}
    waiting, step = ladder.pending(task, teams), step_of(task)
    return {
        team: (ladder.accepted(task, step, mine, late), late)
        for team, mine in scores.items()
        for late in [waiting.get(team, [])]
    }


def public_headlines(task: Task, scores: QuerySet[Score]) -> QuerySet[Score]:
    """Return those of the scores that are the public headline of a scored submission.

    Team by team, each team's in the order of their numbers.
    """
    return (
        scores.filter(
            evaluation__submission__task=task,
            evaluation__submission__state=State.SCORED,
            part=Part.PUBLIC,
            metric=task.headline,
        )
        .select_related("evaluation__submission__team")
        .only(*_NEEDED)
        .order_by("evaluation__submission__team_id", "evaluation__submission__number")
    )


def slices(task: Task, viewer: Any, evaluation: Evaluation) -> list[DisplayedSlice]:
    """Return the displayed headline by class and slice, of the part that ranks.

    Before the reveal participants see slices of at least `FEWEST_ROWS` rows and
    `FEWEST_OF_A_CLASS` of each class that the metric needs, in steps that the rows of the slice
    allow; of the others only that they are too small. Organizers, and all after the reveal, see
    the raw values of all.
    """
    return slices_of(task, [evaluation], raw=sees_raw(task, viewer))[0]


def slices_of(
    task: Task, evaluations: Sequence[Evaluation], *, raw: bool
) -> list[list[DisplayedSlice]]:
    """Return `slices` of each of these evaluations of a task, as who sees them raw or does not."""
    said = [""] * len(evaluations) if raw else silences(task, evaluations)
    return [
        [] if silent else _slices(task, each, raw=raw)
        for each, silent in zip(evaluations, said, strict=True)
    ]


def _slices(task: Task, evaluation: Evaluation, *, raw: bool) -> list[DisplayedSlice]:
    if evaluation.diagnostics.get("headline") != task.headline:
        return []  # made before the task had another headline
    found = []
    for kept in evaluation.diagnostics.get("slices", ()):
        each = SliceScore(**kept)
        if each.part != shown_part(task):
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
    if not sees_raw(task, viewer):
        return []
    found = []
    for kept in evaluation.diagnostics.get("utility", ()):
        curves = UtilityCurves(**kept)
        if curves.part == shown_part(task):
            lines = zip(curves.names, curves.utility, strict=True)
            found += [DisplayedCurve(name, list(line)) for name, line in lines]
    return found


def shown_part(task: Task) -> str:
    """Return the part of the test rows of which details are shown: that which ranks now."""
    return Part.PRIVATE if is_revealed(task) else Part.PUBLIC


def sees_raw(task: Task, viewer: Any) -> bool:
    """Return whether scores of the public part are shown to the viewer as they are."""
    if is_revealed(task):
        return True
    return has_permission(viewer, Permission.SEE_RAW_PUBLIC, task.challenge)


def step_of_rows(rows: int) -> float:
    """Return a step that a mean of numbers in [0, 1] over so many rows cannot be known beyond.

    The task's own step is made for all rows: in it, one row of a small slice would show.
    """
    return feedback_step(math.sqrt(0.25 / max(1, rows)))


def display(task: Task, score: Score, rows: int | None = None) -> Displayed:
    """Return what participants see of one raw score of the public part, or of some of its rows."""
    metric = METRICS[score.metric]
    step = max(step_of(task), _FINEST.get(score.metric, 0.0))
    if rows is not None and task.feedback != Feedback.EXACT:
        step = max(step, step_of_rows(rows))
    if score.part != Part.PUBLIC:
        raise ValueError("Only scores of the public part are displayed.")
    if reason := _HIDDEN.get(score.metric):
        return Displayed(metric, None, None, None, decimals(step), reason)
    if score.value is None:
        return Displayed(metric, None, None, None, decimals(step), score.reason)
    lowest, highest = bounds(task, metric)
    value, low, high = (
        None
        if number is None
        else round_to_step(_reply(task, number, metric, step), step, lowest, highest)
        for number in (score.value, score.low, score.high)
    )
    return Displayed(metric, value, low, high, decimals(step))


def _reply(task: Task, value: float, metric: Metric, step: float) -> float:
    """Return a value as the Ladder tells it, which rounds losses: a half step is another's half."""
    if task.feedback != Feedback.LADDER or not metric.higher_is_better:
        return value
    return 1 - round_to_step(1 - value, step)


def bounds(task: Task, metric: Metric) -> tuple[float, float]:
    """Return the smallest and the largest value that a metric can have on the task."""
    return metric.forms[cast(Kind, task.dataset_version.kind)].range


def form_of(task: Task) -> Form:
    """Return the headline metric as the task's kind has it."""
    return METRICS[task.headline].forms[cast(Kind, task.dataset_version.kind)]


def _as_is(score: Score) -> Displayed:
    metric = METRICS[score.metric]
    return Displayed(metric, score.value, score.low, score.high, 6, score.reason)
