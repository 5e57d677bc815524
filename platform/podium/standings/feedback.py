"""The only module that releases anything computed from private labels before the reveal."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import cast

from django.db.models import F, QuerySet

from leaderboard import decimals, feedback_step, round_to_step
from podium.accounts.models import Viewer
from podium.challenges.models import Feedback, Task
from podium.challenges.permissions import Permission, challenges_with, has_permission
from podium.standings import ladder
from podium.standings.rows import LABELS
from podium.submissions.models import Evaluation, Part, Score, State, Submission
from scoring import METRICS, Metric
from scoring.diagnostics import SliceScore, UtilityCurves
from scoring.intervals import wilson
from scoring.metrics import Form
from scoring.spec import Kind

# Only these fields are loaded: a team may have thousands of scores, with long diagnostics.
_NEEDED = (
    *("part", "metric", "value", "low", "high", "reason"),
    *("evaluation__submission__number", "evaluation__submission__received_at"),
    *("evaluation__submission__withdrawn_at", "evaluation__submission__selected_at"),
    "evaluation__submission__method",
    *(f"evaluation__submission__team__{name}" for name in LABELS),
)
# Even clipped, it moves by more than other metrics do, so it is never shown in finer steps.
_FINEST = {"log_loss_clipped": 0.001}
EXACT_STEP = 1e-3  # further digits could carry the labels of many rows
LADDER_STEPS = 5  # see docs/decisions/ladder-with-a-fixed-step.md
FEWEST_ROWS = 100
FEWEST_OF_A_CLASS = 10
AFTER_THE_REVEAL = "shown after the reveal: a single row could move it enough to reveal its label"
NOT_ACCEPTED = (
    "On this task a score is shown only if it beats the last one by more than the noise. This "
    "submission was not accepted, and nothing else is shown about it."
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
    """Return a step of about the size of the noise in the task's public scores.

    It is fixed when the task opens, by the standard error of the reference baseline's headline.
    Until then, and if no reference baseline was scored in time, it comes from the largest standard
    error of a mean over the rows in the headline's denominator, sqrt(0.25 / n).
    """
    if task.step is not None:
        return float(task.step)
    return max(step_of_rows(task.solution.public_rows), _own_step(task, task.headline))


def _own_step(task: Task, metric: str) -> float:
    """Return the step of a metric that is a mean over fewer than all public rows, otherwise 0.

    With the step of all rows, a single one of a rare class would be visible.
    """
    counts = task.solution.public_counts
    rows = _form(task, metric).rows(counts)
    return step_of_rows(int(rows)) if rows < sum(counts) else 0.0


def is_revealed(task: Task) -> bool:
    """Return whether the task is revealed, so that its labels no longer need to be hidden.

    The time of the reveal must have passed and the private board must exist. One action makes all
    private boards of a challenge at once.
    """
    # `all()`, so that boards prefetched for many tasks at once are used here.
    return task.challenge.is_revealed() and any(
        board.part == Part.PRIVATE for board in task.boards.all()
    )


def feedback(
    task: Task, viewer: Viewer, evaluation: Evaluation, part: str = Part.PUBLIC
) -> list[Displayed]:
    """Return the displayed scores of an evaluation on a part, the headline first.

    Before the reveal, organizers see the raw values of the public part. Everyone else sees what
    `display` returns of them: all metrics in the mode `rounded`, only the headline in the others,
    and in the mode `ladder` only of accepted submissions. Nobody sees private values. After the
    reveal, all values are shown unrounded. The caller decides whether the viewer may see this
    submission at all.
    """
    return feedbacks(task, viewer, [evaluation], part)[0]


def feedbacks(
    task: Task, viewer: Viewer, evaluations: Sequence[Evaluation], part: str = Part.PUBLIC
) -> list[list[Displayed]]:
    """Return the `feedback` on several evaluations of a task, in as many queries as for one."""
    if part != Part.PUBLIC and not is_revealed(task):
        return [[] for _ in evaluations]
    raw = sees_raw(task, viewer)
    reasons = [""] * len(evaluations) if raw else silences(task, evaluations)
    found: dict[int, list[Displayed]] = {each.pk: [] for each in evaluations}
    scores = Score.objects.filter(evaluation__in=evaluations, part=part)
    if not raw and task.feedback != Feedback.ROUNDED:
        scores = scores.filter(metric=task.headline)
    for score in scores:
        found[score.evaluation_id].append(_as_is(score) if raw else display(task, score))
    return [
        [_withheld(task, reason)] if reason else sorted(found[each.pk], key=_in_order(task))
        for each, reason in zip(evaluations, reasons, strict=True)
    ]


def _in_order(task: Task) -> Callable[[Displayed], tuple[bool, str]]:
    """Return the sort key of displayed scores, which puts the headline first."""
    return lambda shown: (shown.metric.name != task.headline, shown.metric.title)


def headlines(viewer: Viewer, evaluations: Sequence[Evaluation]) -> list[Displayed | None]:
    """Return the displayed headline of each evaluation on the public part, None if it has none.

    The values are those of `feedback`, and the evaluations may be of any tasks. This takes two
    queries, and two more for each task in the mode `ladder`.
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
        reasons = [""] * len(mine) if raw else silences(task, mine)
        for each, reason in zip(mine, reasons, strict=True):
            found[each.pk] = _headline(task, scores.get(each.pk), reason, raw=raw)
    return [found[each.pk] for each in evaluations]


def _headline(task: Task, score: Score | None, reason: str, *, raw: bool) -> Displayed | None:
    if reason:
        return _withheld(task, reason)
    if score is None:
        return None
    return _as_is(score) if raw else display(task, score)


def _withheld(task: Task, reason: str) -> Displayed:
    return Displayed(METRICS[task.headline], None, None, None, 0, reason)


def silence(task: Task, evaluation: Evaluation) -> str:
    """Return the reason why a submission's score is withheld, or "" if it is shown.

    Scores are withheld only in the mode `ladder` and before the reveal. The reason is the same
    whether the raw score was better, equal or worse. A submission gets its reply once all earlier
    ones are final.
    """
    return silences(task, [evaluation])[0]


def silences(task: Task, evaluations: Sequence[Evaluation]) -> list[str]:
    """Return `silence` for several evaluations of a task, in as many queries as for one."""
    if task.feedback != Feedback.LADDER or is_revealed(task):
        return [""] * len(evaluations)
    by_team = _released(task, {each.submission.team_id for each in evaluations})
    return [_reason(each.submission, *by_team[each.submission.team_id]) for each in evaluations]


def _reason(submission: Submission, released: list[Score], waiting: list[int]) -> str:
    if waiting and min(waiting) < submission.number:
        return f"Waiting for the result of submission {min(waiting)}."
    is_released = any(score.evaluation.submission_id == submission.pk for score in released)
    return "" if is_released else NOT_ACCEPTED


def told_scores(task: Task, team: int) -> list[Score]:
    """Return the public headline scores that are released to a team, by submission number.

    They include those of withdrawn submissions. The team sees each as `display` returns it.
    """
    return _released(task, [team])[team][0]


def raised(task: Task, evaluation: Evaluation) -> bool:
    """Return whether a submission displayed a better score than all earlier ones of its team.

    It must be better by a step of the noise. Otherwise, in the mode `exact`, a few rows would be
    enough.
    """
    submission = evaluation.submission
    metric = METRICS[task.headline]
    sign = 1 if metric.higher_is_better else -1
    step = max(step_of(task), noise_step(task))
    best: float | None = None
    for score in told_scores(task, submission.team_id):
        value = display(task, score).value
        if value is None:
            continue
        seen = sign * round_to_step(value, step, *bounds(task, metric))
        is_better = best is None or seen > best
        if score.evaluation.submission_id == submission.pk:
            return is_better
        best = seen if is_better else best
    return False


def _released(task: Task, teams: Collection[int]) -> dict[int, tuple[list[Score], list[int]]]:
    """Return each team's released scores, and the submissions that later replies wait for."""
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
    """Return the scores that are the public headline of a scored submission of the task.

    They are ordered by team, then by submission number.
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


def slices(task: Task, viewer: Viewer, evaluation: Evaluation) -> list[DisplayedSlice]:
    """Return the displayed headline by class and slice, on the part that ranks.

    Before the reveal, participants see values only for slices with at least `FEWEST_ROWS` rows and
    `FEWEST_OF_A_CLASS` rows of each class that the metric needs, in steps that depend on the number
    of rows in the slice. For other slices they see only that these are too small. In the mode
    `ladder` they see no slices. Organizers, and everyone after the reveal, see all raw values.
    """
    return slices_of(task, [evaluation], raw=sees_raw(task, viewer))[0]


def slices_of(
    task: Task, evaluations: Sequence[Evaluation], *, raw: bool
) -> list[list[DisplayedSlice]]:
    """Return `slices` for several evaluations of a task, with raw or displayed values."""
    if not raw and task.feedback == Feedback.LADDER:
        return [[] for _ in evaluations]
    return [_slices(task, each, raw=raw) for each in evaluations]


def _slices(task: Task, evaluation: Evaluation, *, raw: bool) -> list[DisplayedSlice]:
    if evaluation.diagnostics.get("headline") != task.headline:
        return []  # made for an earlier headline of the task
    found = []
    for stored in evaluation.diagnostics.get("slices", ()):
        row = SliceScore(**stored)
        if row.part != shown_part(task):
            continue
        numbers = {"value": row.score, "low": row.low, "high": row.high}
        if not raw and (row.n < FEWEST_ROWS or row.fewest < FEWEST_OF_A_CLASS):
            numbers, row = {}, replace(row, reason=TOO_SMALL)
        score = Score(part=Part.PUBLIC, metric=task.headline, reason=row.reason, **numbers)
        shown = _as_is(score) if raw else display(task, score, rows=row.fewest)
        found.append(DisplayedSlice(row.by, row.value, shown))
    return found


def utility_curves(task: Task, viewer: Viewer, evaluation: Evaluation) -> list[DisplayedCurve]:
    """Return how one threshold serves each group of pairs, to viewers who see raw scores.

    Participants see no curves while labels are hidden: at the ends of a curve a single pair moves
    it by more than any step, and its hundred points would reveal the score of that pair.
    """
    if not sees_raw(task, viewer):
        return []
    found = []
    for stored in evaluation.diagnostics.get("utility", ()):
        curves = UtilityCurves(**stored)
        if curves.part == shown_part(task):
            lines = zip(curves.names, curves.utility, strict=True)
            found += [DisplayedCurve(name, list(line)) for name, line in lines]
    return found


def shown_part(task: Task) -> str:
    """Return the part of the test rows whose details are shown: the one that ranks now."""
    return Part.PRIVATE if is_revealed(task) else Part.PUBLIC


def sees_raw(task: Task, viewer: Viewer) -> bool:
    """Return whether the viewer sees unrounded scores of the public part."""
    if is_revealed(task):
        return True
    return has_permission(viewer, Permission.SEE_RAW_PUBLIC, task.challenge)


def step_of_rows(rows: int) -> float:
    """Return a step of about the size of the noise in a mean of numbers in [0, 1] over `rows` rows.

    The task's own step is for all rows: with it, a single row of a small slice would be visible.
    """
    return feedback_step(math.sqrt(0.25 / max(1, rows)))


def display(task: Task, score: Score, rows: int | None = None) -> Displayed:
    """Return what participants see of a raw score on the public part, or on `rows` of its rows.

    Values are in steps, and those that a single row could move by more are withheld. Where one
    could move the ends of the interval, these are Wilson's for the displayed value.
    """
    if score.part != Part.PUBLIC:
        raise ValueError("Only scores of the public part are displayed.")
    metric, form = METRICS[score.metric], _form(task, score.metric)
    step = max(step_of(task), _FINEST.get(score.metric, 0.0))
    if score.metric != task.headline:
        step = max(step, _own_step(task, score.metric))
    if rows is not None:
        step = max(step, step_of_rows(rows))
    if form.withheld == "all":
        return Displayed(metric, None, None, None, decimals(step), AFTER_THE_REVEAL)
    if score.value is None:
        return Displayed(metric, None, None, None, decimals(step), score.reason)

    def shown(number: float | None) -> float | None:
        if number is None:
            return None
        return round_to_step(_reply(task, number, metric, step), step, *form.range)

    value = shown(score.value)
    low, high = score.low, score.high
    if form.withheld == "interval" and value is not None:
        trials = form.rows(task.solution.public_counts) if rows is None else rows
        low, high = wilson(value, trials) if trials else (None, None)
    return Displayed(metric, value, shown(low), shown(high), decimals(step))


def _reply(task: Task, value: float, metric: Metric, step: float) -> float:
    """Return a value as the Ladder rounds it, as a loss, so that half steps round the other way."""
    if task.feedback != Feedback.LADDER or not metric.higher_is_better:
        return value
    return 1 - round_to_step(1 - value, step)


def bounds(task: Task, metric: Metric) -> tuple[float, float]:
    """Return the smallest and the largest value that a metric can have on the task."""
    return _form(task, metric.name).range


def form_of(task: Task) -> Form:
    """Return the form that the headline metric has for the task's kind."""
    return _form(task, task.headline)


def _form(task: Task, metric: str) -> Form:
    return METRICS[metric].forms[cast(Kind, task.dataset_version.kind)]


def _as_is(score: Score) -> Displayed:
    metric = METRICS[score.metric]
    return Displayed(metric, score.value, score.low, score.high, 6, score.reason)
