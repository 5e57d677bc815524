"""The figures of one submission as far as a viewer may see them: the same gate as for its scores.

Rows of a figure are chosen by whoever sends a file: by the column, the place in the order and the
probability that each row is given. So a figure shown of every submission would answer a question
for every cell, and labels would leave far faster than by slices, whose rows nobody chooses. While
labels are hidden it is shown of those submissions alone that raised the team's displayed score by a
step of the noise: of these a team has few. See docs/security.md for what that leaves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from leaderboard import decimals, round_to_step
from podium.challenges.models import Task
from podium.standings.feedback import (
    FEWEST_OF_A_CLASS,
    FEWEST_ROWS,
    TOO_SMALL,
    bounds,
    display,
    is_revealed,
    noise_step,
    sees_raw,
    shown_part,
    silence,
    step_of,
    step_of_rows,
    told_scores,
)
from podium.submissions.models import Evaluation, Part
from scoring import METRICS
from scoring.diagnostics_figures import (
    MOST_CLASSES,
    ConfusionCounts,
    FigureData,
    PrecisionRecall,
    Reliability,
)

CONFUSION, CURVE, RELIABILITY = "confusion", "precision_recall", "reliability"
OF_KIND = {"classification": (CONFUSION, RELIABILITY), "matching": (CURVE, RELIABILITY)}
OTHERS = "other classes"
RECALLS = 10
"""While labels are hidden a curve has a point for each of so many equal steps of recall."""
NOT_KEPT = "not available: scored before these figures were kept; the next rescore makes them"
NOT_RAISED = (
    "shown of the submissions that raised the team's displayed score: shown of every one, figures "
    "would tell labels row by row"
)
_LACKS = {
    CONFUSION: f"not available: the task has more than {MOST_CLASSES} classes",
    CURVE: "not available: no row is a match, or the part has none",
    RELIABILITY: "not available: needs probabilities, or scores between 0 and 1",
}
_RAW_DECIMALS = 6


@dataclass(frozen=True)
class DisplayedConfusion:
    """How the rows of each of `classes` were decided, by truth, as shares of the class.

    `shares[i][j]` is the part of the rows of class i that were decided as `decided[j]`. `decided`
    are the same classes, and at the end `OTHERS` where some were left out as too rare: `left_out`
    of them. `rows` are the same as counts of rows, None where these are not told.
    """

    classes: tuple[str, ...]
    decided: tuple[str, ...]
    shares: tuple[tuple[float, ...], ...]
    rows: tuple[tuple[int, ...], ...] | None
    left_out: int
    decimals: int


@dataclass(frozen=True)
class DisplayedPoint:
    """One point of a precision-recall curve."""

    recall: float
    precision: float


@dataclass(frozen=True)
class DisplayedPrecisionRecall:
    """Points of the curve, recall rising; `matches` is the share of matches, which chance has."""

    points: tuple[DisplayedPoint, ...]
    matches: float
    decimals: int


@dataclass(frozen=True)
class DisplayedBin:
    """What was stated and what came true in one bin (low, high] of the probability.

    `confidence` is the mean stated probability, `accuracy` the share that came true, `share` the
    part of all rows that lie here.
    """

    low: float
    high: float
    confidence: float
    accuracy: float
    share: float


@dataclass(frozen=True)
class DisplayedReliability:
    """The bins that have enough rows to be shown; `left_out` have some, but too few."""

    bins: tuple[DisplayedBin, ...]
    left_out: int
    decimals: int


@dataclass(frozen=True)
class DisplayedFigures:
    """What a viewer may see of a submission's figures on one part.

    `reasons` tell by the figure's name why one that the kind of task has is not there. None of
    them and no reason: nothing at all is said of the submission.
    """

    part: str
    confusion: DisplayedConfusion | None = None
    precision_recall: DisplayedPrecisionRecall | None = None
    reliability: DisplayedReliability | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)


def figures(
    task: Task, viewer: Any, evaluation: Evaluation, part: str | None = None
) -> DisplayedFigures:
    """Return the displayed figures of an evaluation on a part, by default the one that ranks.

    Before the reveal participants see those of submissions that raised their team's displayed
    score, over at least `FEWEST_ROWS` rows and `FEWEST_OF_A_CLASS` of each class, in steps that
    the rows of each cell, point or bin allow, whatever the feedback mode. Organizers see them as
    they are, and private rows are shown to nobody. After it all are shown as they are. Whether
    the viewer may see this submission at all is for the caller to decide.
    """
    part = part or shown_part(task)
    if part != Part.PUBLIC and not is_revealed(task):
        return DisplayedFigures(part)
    raw = sees_raw(task, viewer)
    if not raw and silence(task, evaluation):
        return DisplayedFigures(part)
    names = OF_KIND[task.dataset_version.kind]
    data = _kept(evaluation, part)
    if data is None:
        return DisplayedFigures(part, reasons=dict.fromkeys(names, NOT_KEPT))
    if not raw and not _raised(task, evaluation):
        return DisplayedFigures(part, reasons=dict.fromkeys(names, NOT_RAISED))
    gate = _Gate(task, data.n, raw=raw)
    shown = DisplayedFigures(
        part,
        gate.confusion(data.confusion) if data.confusion else None,
        gate.precision_recall(data.precision_recall) if data.precision_recall else None,
        gate.reliability(data.reliability) if data.reliability else None,
    )
    missing = [name for name in names if getattr(shown, name) is None]
    reasons = {name: TOO_SMALL if getattr(data, name) else _LACKS[name] for name in missing}
    return replace(shown, reasons=reasons)


def _kept(evaluation: Evaluation, part: str) -> FigureData | None:
    for kept in evaluation.diagnostics.get("figures", ()):
        if kept["part"] == part:
            return FigureData.from_json(kept)
    return None


def _raised(task: Task, evaluation: Evaluation) -> bool:
    """Return whether a submission displayed a better score than all earlier ones of its team.

    Better by a step of the noise: in the mode `exact` a single row would do, and every flip of a
    right row would have figures of its own.
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


@dataclass(frozen=True)
class _Gate:
    """What is shown of the figures of a part of `n` rows."""

    task: Task
    n: int
    raw: bool

    def confusion(self, found: ConfusionCounts) -> DisplayedConfusion | None:
        sizes = [sum(row) for row in found.rows]
        shown = [
            code
            for code, size in enumerate(sizes)
            if self.raw or (self.n >= FEWEST_ROWS and size >= FEWEST_OF_A_CLASS)
        ]
        if not shown:
            return None
        hidden = [code for code in range(len(sizes)) if code not in shown]
        classes = tuple(found.classes[code] for code in shown)
        counts = tuple(_merged(found.rows[code], shown, hidden) for code in shown)
        return DisplayedConfusion(
            classes,
            (*classes, OTHERS) if hidden else classes,
            tuple(tuple(self._share(rows, sum(row)) for rows in row) for row in counts),
            counts if self.raw else None,
            len(hidden),
            self._decimals([sizes[code] for code in shown]),
        )

    def precision_recall(self, found: PrecisionRecall) -> DisplayedPrecisionRecall | None:
        fewest = min(found.positives, self.n - found.positives)
        if not self.raw and (self.n < FEWEST_ROWS or fewest < FEWEST_OF_A_CLASS):
            return None
        at = range(len(found.hits)) if self.raw else _coarse(found)
        points = [
            DisplayedPoint(
                self._share(found.hits[place], found.positives),
                self._share(found.hits[place], found.accepted[place], found.hits[place]),
            )
            for place in at
        ]
        return DisplayedPrecisionRecall(
            tuple(dict.fromkeys(points)),
            self._share(found.positives, self.n, fewest),
            self._decimals([found.hits[place] for place in at]),
        )

    def reliability(self, found: Reliability) -> DisplayedReliability | None:
        count = len(found.rows)
        used = [place for place, rows in enumerate(found.rows) if rows]
        shown = [place for place in used if self.raw or found.rows[place] >= FEWEST_ROWS]
        if not shown:
            return None
        bins = [
            DisplayedBin(
                place / count,
                (place + 1) / count,
                self._rounded(found.confidence[place], found.rows[place]),
                self._share(found.hits[place], found.rows[place]),
                self._share(found.rows[place], self.n),
            )
            for place in shown
        ]
        places = self._decimals([found.rows[place] for place in shown])
        return DisplayedReliability(tuple(bins), len(used) - len(shown), places)

    def _share(self, part: int, whole: int, rows: int | None = None) -> float:
        """The share in steps that so many `rows` allow, by default the whole."""
        # A class may have no row in a part: then nothing of it was decided as anything.
        value = part / whole if whole else 0.0
        return self._rounded(value, whole if rows is None else rows)

    def _rounded(self, value: float, rows: int) -> float:
        return value if self.raw else round_to_step(value, self._step(rows), 0.0, 1.0)

    def _step(self, rows: int) -> float:
        return max(step_of(self.task), noise_step(self.task), step_of_rows(rows))

    def _decimals(self, rows: Sequence[int]) -> int:
        return _RAW_DECIMALS if self.raw else max(decimals(self._step(each)) for each in rows)


def _merged(row: Sequence[int], shown: Sequence[int], hidden: Sequence[int]) -> tuple[int, ...]:
    """The decisions of a class by the classes that are shown, those for all others together."""
    kept = tuple(row[code] for code in shown)
    return (*kept, sum(row[code] for code in hidden)) if hidden else kept


def _coarse(found: PrecisionRecall) -> list[int]:
    """The places of the first point at each of a few steps of recall, where enough is found."""
    places = dict.fromkeys(
        next(
            place
            for place, hits in enumerate(found.hits)
            if hits * RECALLS >= step * found.positives
        )
        for step in range(1, RECALLS + 1)
    )
    return [place for place in places if found.hits[place] >= FEWEST_OF_A_CLASS]
