"""Head-to-head comparisons of two entries of a task, as far as a viewer may see them.

A row-by-row comparison is computed once (`comparison_jobs`), stored raw, and shown only by this
module. Before the reveal, participants see it only for their own submissions, with each other or
with a baseline, in steps of the noise. Otherwise they see only displayed scores.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import reduce
from operator import or_

from django.db.models import prefetch_related_objects
from django.utils import timezone

from leaderboard import round_to_step
from leaderboard.duels import Duel
from podium.accounts.models import User, Viewer
from podium.analysis.comparison_jobs import OTHER_ROWS, Key, raw_scores, stored, stored_or_asked
from podium.challenges.models import Feedback, Task
from podium.challenges.permissions import Permission, has_permission
from podium.standings.feedback import (
    Displayed,
    feedback,
    is_revealed,
    noise_step,
    raised,
    sees_raw,
    shown_part,
    silences,
    slices_of,
    step_of,
)
from podium.standings.models import Comparison
from podium.standings.rows import BoardRow
from podium.standings.visible import visible_boards
from podium.submissions.models import Evaluation, Submission
from podium.teams.models import Team
from scoring import METRICS
from scoring.comparison import Flips

COMPUTING = "This comparison is being computed. Reload the page in a few seconds."
CROWDED = "Many comparisons are being computed now. Reload the page in a minute."
SIGN_IN = "Sign in to compare these two row by row."
HIDDEN = (
    "Until the labels are revealed, different teams are compared only by displayed scores, not row "
    "by row."
)
# If two entries differ in few rows, a p-value reveals how many of those each gets right. So only
# these upper bounds are shown, which never make a result look more certain than it is.
P_BOUNDS = (0.001, 0.01, 0.05, 1.0)
NOT_RAISED = (
    "Until the reveal, a submission is compared with one that raised your team's displayed score, "
    "and this one did not. Choose another one."
)
MOST_A_DAY = 20
TOMORROW = (
    f"Your team has compared {MOST_A_DAY} pairs of its submissions today. More can be compared "
    "tomorrow; those that were are still there."
)
SCORES_ALONE = "On this task only scores are compared until the reveal, not row by row."
ABSENT = "One of the two has no visible score."


class Level(StrEnum):
    """How much of a comparison a viewer may see."""

    SCORES = "displayed scores"
    STEPS = "all in the task's steps"
    ALL = "everything as it is"


class State(StrEnum):
    """The state of the row-by-row part of a comparison."""

    READY = "ready"
    COMPUTING = "computing"
    CROWDED = "too many wait"
    NONE = "there is none"


@dataclass(frozen=True)
class Side:
    """One of the two entries: its team, its submission, and the score that the viewer may see."""

    team: Team
    submission_id: int | None
    score: float | None


@dataclass(frozen=True)
class SliceDuel:
    """The headline of both on the rows with one `value` of the slice `by`; `leads` is a or b."""

    by: str
    value: str
    a: Displayed
    b: Displayed
    difference: float | None
    leads: str


@dataclass(frozen=True)
class HeadToHead:
    """Entry A against entry B on a part of a task's rows, as a viewer may see it.

    `difference` is A - B of the shown scores; `leads` is "a", "b" or empty. `duel` and `slices` are
    set if the state is READY; otherwise the `message` says why not. At the level STEPS, every
    number of the duel is a displayed one, and its counts of rows are left out. If `has_bounds`,
    each p-value is replaced by the smallest of `P_BOUNDS` that is not below it.
    """

    task: Task
    part: str
    level: Level
    a: Side
    b: Side
    difference: float | None
    leads: str
    state: State
    message: str = ""
    duel: Duel | None = None
    slices: tuple[SliceDuel, ...] = ()

    @property
    def has_bounds(self) -> bool:
        return self.level != Level.ALL


@dataclass(frozen=True)
class _Pair:
    """Two sides with their evaluations that count, None where there is none."""

    task: Task
    part: str
    level: Level
    sides: list[Side]
    evaluations: list[Evaluation | None]

    @property
    def key(self) -> Key | None:
        """The key of the stored row-by-row comparison, None if there is nothing to compare."""
        if None in self.evaluations:
            return None
        first, second = sorted(each.pk for each in self.evaluations if each)
        return (self.part, first, second)


def comparisons_of(
    viewer: Viewer, tasks: Sequence[Task], a: Team, b: Team, part: str | None = None
) -> dict[int, HeadToHead]:
    """Return how two entries compare in each task, by the submissions shown on its board.

    The result is by task id; the tasks are of one challenge. It leaves out tasks on whose boards
    the viewer does not see both entries (`part` is as in `visible_board`). If the viewer is signed
    in, comparisons that are not computed yet are requested from a worker. Many tasks take as many
    queries as one, except for two more for each task in the mode `ladder`.
    """
    shown = visible_boards(viewer, tasks, part=part)
    rows = {task.pk: (shown[task.pk].row(a.pk), shown[task.pk].row(b.pk)) for task in tasks}
    both = {pk: (of_a, of_b) for pk, (of_a, of_b) in rows.items() if of_a and of_b and a != b}
    there = [task for task in tasks if task.pk in both]
    if not there:
        return {}
    prefetch_related_objects(there, "boards")  # `is_revealed` reads them
    found = _counting(there, [each.submission_id for pair in both.values() for each in pair])
    raw = raw_scores(found.values(), {task.headline for task in there})
    may_see_all = has_permission(viewer, Permission.SEE_RAW_PUBLIC, there[0].challenge)

    def pair_of(task: Task) -> _Pair:
        part, pair = shown[task.pk].part, both[task.pk]
        level = _level(is_revealed(task) or may_see_all, *pair)
        evaluations = [found.get(row.submission_id) for row in pair]
        sides = []
        for team, row, evaluation in zip((a, b), pair, evaluations, strict=True):
            score = row.score
            if level == Level.ALL and evaluation is not None:
                score = raw.get((evaluation.pk, part, task.headline))
            sides.append(Side(team, row.submission_id, score))
        return _Pair(task, part, level, sides, evaluations)

    pairs = [pair_of(task) for task in there]
    made = _compared(viewer, pairs)
    return {pair.task.pk: each for pair, each in zip(pairs, made, strict=True)}


def comparison_with_earlier(
    viewer: Viewer, submission: Submission, earlier: Submission
) -> HeadToHead | None:
    """Return how a submission compares with an earlier one of its team on the task.

    None unless the viewer may see both. Before the reveal the team sees a few comparisons a day,
    with submissions that raised its displayed score: many pairs of files would show which rows
    their sets of right rows have in common. In the mode `ladder` both must have been accepted, and
    only their scores are compared.
    """
    task = submission.task
    same = (submission.task_id, submission.team_id) == (earlier.task_id, earlier.team_id)
    if not same or earlier.number >= submission.number or not _sees(viewer, submission):
        return None
    level = Level.ALL if sees_raw(task, viewer) else Level.STEPS
    found = _counting([task], [submission.pk, earlier.pk])
    evaluations = [found.get(each.pk) for each in (submission, earlier)]
    part = shown_part(task)
    sides = [
        Side(each.team, each.pk, _headline(task, viewer, part, evaluation))
        for each, evaluation in zip((submission, earlier), evaluations, strict=True)
    ]
    pair = _Pair(task, part, level, sides, evaluations)
    reason = _withheld_reason(pair)
    return replace(_scores(pair), message=reason) if reason else _compared(viewer, [pair])[0]


def _compared_today(team: int) -> int:
    """Return how many comparisons of two of the team's own submissions were asked for today."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    own = Comparison.objects.filter(first__submission__team=team, second__submission__team=team)
    return own.filter(queued_at__gte=today).count()


# Access ------------------------------------------------------------------------------------------


def _sees(viewer: Viewer, submission: Submission) -> bool:
    if has_permission(viewer, Permission.SEE_ALL_SUBMISSIONS, submission.task.challenge):
        return True
    if not isinstance(viewer, User):
        return False
    return viewer.memberships.filter(team=submission.team_id).exists()


def _level(sees_all: bool, a: BoardRow, b: BoardRow) -> Level:
    if sees_all:
        return Level.ALL
    own_with_baseline = (a.is_mine and b.is_baseline) or (b.is_mine and a.is_baseline)
    return Level.STEPS if own_with_baseline else Level.SCORES


def _headline(task: Task, viewer: Viewer, part: str, evaluation: Evaluation | None) -> float | None:
    shown = feedback(task, viewer, evaluation, part) if evaluation else []
    return shown[0].value if shown else None


# What is shown ------------------------------------------------------------------------------------


def _counting(
    tasks: Iterable[Task], submissions: Collection[int | None]
) -> dict[int | None, Evaluation]:
    counting = reduce(or_, (Evaluation.objects.counting(task) for task in tasks))
    found = counting.filter(submission__in=submissions).select_related("submission__team")
    return {each.submission_id: each for each in found}


def _withheld_reason(pair: _Pair) -> str:
    """Return why two submissions of a team are not compared for it, or "" if they are."""
    _, earlier = pair.evaluations
    if pair.level == Level.ALL or pair.key is None or earlier is None:
        return ""
    reasons = silences(pair.task, [each for each in pair.evaluations if each is not None])
    if reason := next(filter(None, reasons), ""):
        return reason
    if not raised(pair.task, earlier):
        return NOT_RAISED
    if not stored([pair.key]) and _compared_today(earlier.submission.team_id) >= MOST_A_DAY:
        return TOMORROW
    return ""


def _scores(pair: _Pair) -> HeadToHead:
    """Return how the shown scores of a pair compare, and nothing row by row."""
    a, b = pair.sides
    difference = None
    if a.score is not None and b.score is not None:
        difference = _difference(a.score, b.score, pair)
    leads = _leads(pair.task, difference)
    return HeadToHead(pair.task, pair.part, pair.level, a, b, difference, leads, State.NONE)


def _compared(viewer: Viewer, pairs: Sequence[_Pair]) -> list[HeadToHead]:
    """Return what the viewer may see of each pair; stored comparisons are read all at once."""
    shown = [_without_rows(pair) for pair in pairs]
    wanted = [pair.key for pair, each in zip(pairs, shown, strict=True) if not each.message]
    keys = [key for key in wanted if key is not None]
    may_ask = isinstance(viewer, User)
    found = (stored_or_asked if may_ask else stored)(keys)
    return [
        each
        if each.message or pair.key is None
        else _by_rows(pair, each, found.get(pair.key), may_ask=may_ask)
        for pair, each in zip(pairs, shown, strict=True)
    ]


def _without_rows(pair: _Pair) -> HeadToHead:
    """Return how the shown scores compare, with a message if nothing is shown row by row."""
    shown = _scores(pair)
    if shown.difference is None or pair.key is None:
        return replace(shown, message=ABSENT)
    if pair.level == Level.SCORES:
        return replace(shown, message=HIDDEN)
    if pair.level == Level.STEPS and pair.task.feedback == Feedback.LADDER:
        return replace(shown, message=SCORES_ALONE)
    return shown


def _by_rows(
    pair: _Pair, shown: HeadToHead, comparison: Comparison | None, *, may_ask: bool
) -> HeadToHead:
    """Return what is shown of a pair with its stored comparison, or the reason for its absence."""
    if comparison is None and not may_ask:
        return replace(shown, message=SIGN_IN)
    if comparison is None:
        return replace(shown, state=State.CROWDED, message=CROWDED)
    if comparison.result is None:
        state = State.NONE if comparison.reason else State.COMPUTING
        return replace(shown, state=state, message=comparison.reason or COMPUTING)
    duel = Duel.of(comparison.result)
    if duel.metric != pair.task.headline:  # the headline may change before the task opens
        return replace(shown, message=OTHER_ROWS)
    one, other = (each for each in pair.evaluations if each is not None)
    turned = duel if comparison.first_id == one.pk else duel.swapped()
    return replace(
        shown,
        state=State.READY,
        duel=turned if pair.level == Level.ALL else _displayed(turned, pair, shown.has_bounds),
        slices=_slices(pair, one, other),
    )


def _difference(a: float, b: float, pair: _Pair) -> float:
    return a - b if pair.level == Level.ALL else round_to_step(a - b, step_of(pair.task))


def _in_steps(value: float, pair: _Pair) -> float:
    if pair.level == Level.ALL:
        return value
    return round_to_step(value, max(step_of(pair.task), noise_step(pair.task)))


def _leads(task: Task, difference: float | None) -> str:
    if not difference:
        return ""
    return "a" if (difference > 0) == METRICS[task.headline].higher_is_better else "b"


def _displayed(duel: Duel, pair: _Pair, has_bounds: bool) -> Duel:
    """Return the duel with displayed scores and every other number in the task's steps."""

    def shown(value: float | None) -> float | None:
        return None if value is None else _in_steps(value, pair)

    def of_p(value: float | None) -> float | None:
        if value is None or not has_bounds:
            return shown(value)
        return next((bound for bound in P_BOUNDS if value <= bound), P_BOUNDS[-1])

    def of_flips(found: Flips | None) -> Flips | None:
        return found and Flips(
            **{name: _in_steps(rate, pair) for name, rate in asdict(found).items()}
        )

    a, b = (side.score for side in pair.sides)
    difference = None if a is None or b is None else _difference(a, b, pair)
    return replace(
        duel,
        score_a=a,
        score_b=b,
        difference=difference,
        leads=_leads(pair.task, difference),
        low=shown(duel.low),
        high=shown(duel.high),
        standard_error=None,
        p=of_p(duel.p),
        resampled_p=of_p(duel.resampled_p),
        counts=None,
        flips_of_a=of_flips(duel.flips_of_a),
        flips_of_b=of_flips(duel.flips_of_b),
    )


def _slices(pair: _Pair, one: Evaluation, other: Evaluation) -> tuple[SliceDuel, ...]:
    task = pair.task
    ours, others = slices_of(task, [one, other], raw=pair.level == Level.ALL)
    theirs = {(each.by, each.value): each.shown for each in others}
    found = []
    for mine in ours:
        b = theirs.get((mine.by, mine.value))
        if b is None:
            continue
        difference = None
        if mine.shown.value is not None and b.value is not None:
            difference = round(mine.shown.value - b.value, max(mine.shown.decimals, b.decimals))
        leads = _leads(task, difference)
        found.append(SliceDuel(mine.by, mine.value, mine.shown, b, difference, leads))
    return tuple(found)
