"""The figures of one submission, as far as a viewer may see them.

The sender of a file chooses the rows of a figure: by the column, the position in the order and the
probability given to each row. If figures were shown for every submission, each of their cells would
answer a question about labels, and labels would leak far faster than through slices, whose rows
nobody chooses. So while labels are hidden, figures are shown only for submissions that raised the
team's displayed score by a step of the noise; a team has few of these. See docs/security.md for the
remaining leak.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from leaderboard import decimals, round_to_step
from podium.accounts.models import Viewer
from podium.challenges.models import Feedback, Task
from podium.standings.feedback import (
    FEWEST_OF_A_CLASS,
    FEWEST_ROWS,
    TOO_SMALL,
    is_revealed,
    noise_step,
    raised,
    sees_raw,
    shown_part,
    step_of,
    step_of_rows,
)
from podium.submissions.models import Evaluation, Part
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
"""While labels are hidden, a curve has a point for each of this many equal steps of recall."""
MOST_BINS = 6
"""Calibration is shown in at most this many bins of about equal count."""
NOT_KEPT = "not available: scored before these figures were stored; the next rescore adds them"
NOT_RAISED = (
    "shown only for submissions that raised the team's displayed score: figures of every "
    "submission would reveal labels row by row"
)
_LACKS = {
    CONFUSION: f"not available: the task has more than {MOST_CLASSES} classes",
    CURVE: "not available: no row is a match, or the part has none",
    RELIABILITY: "not available: needs probabilities, or scores between 0 and 1",
}
_RAW_DECIMALS = 6


@dataclass(frozen=True)
class DisplayedConfusion:
    """A confusion matrix: how the rows of each true class were decided, as shares of the class.

    `shares[i][j]` is the share of the rows of class i that were decided as `decided[j]`. `decided`
    are the same `classes`, with `OTHERS` at the end if `left_out` classes were too rare to show.
    `rows` are the same as counts of rows, None if counts are hidden.
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
    """Points of the curve by rising recall; `matches` is the share of matches, the chance level."""

    points: tuple[DisplayedPoint, ...]
    matches: float
    decimals: int


@dataclass(frozen=True)
class DisplayedBin:
    """Stated and actual frequencies in one bin (low, high] of the probability.

    `confidence` is the mean stated probability, `accuracy` the share that came true, and `share`
    the bin's share of all rows.
    """

    low: float
    high: float
    confidence: float
    accuracy: float
    share: float


@dataclass(frozen=True)
class DisplayedReliability:
    """Bins of about equal count, each with enough rows to be shown; `left_out` is always 0."""

    bins: tuple[DisplayedBin, ...]
    left_out: int
    decimals: int


@dataclass(frozen=True)
class DisplayedFigures:
    """What a viewer may see of a submission's figures on one part.

    `reasons` says, by name, why a figure that the kind of task has is missing. Without figures and
    without reasons, nothing at all is shown about the submission.
    """

    part: str
    confusion: DisplayedConfusion | None = None
    precision_recall: DisplayedPrecisionRecall | None = None
    reliability: DisplayedReliability | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)


def figures(
    task: Task, viewer: Viewer, evaluation: Evaluation, part: str | None = None
) -> DisplayedFigures:
    """Return the displayed figures of an evaluation on a part, by default the one that ranks.

    Before the reveal, participants see figures only of submissions that raised their team's
    displayed score, over at least `FEWEST_ROWS` rows and `FEWEST_OF_A_CLASS` rows of each class,
    and in the mode `ladder` none. Values are in steps that depend on the rows of each cell, point
    or bin. Organizers see unrounded figures, and nobody sees private rows. After the reveal, all
    figures are shown unrounded. The caller decides whether the viewer may see this submission.
    """
    part = part or shown_part(task)
    if part != Part.PUBLIC and not is_revealed(task):
        return DisplayedFigures(part)
    raw = sees_raw(task, viewer)
    if not raw and task.feedback == Feedback.LADDER:
        return DisplayedFigures(part)
    names = OF_KIND[task.dataset_version.kind]
    data = _stored(evaluation, part)
    if data is None:
        return DisplayedFigures(part, reasons=dict.fromkeys(names, NOT_KEPT))
    if not raw and not raised(task, evaluation):
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


def _stored(evaluation: Evaluation, part: str) -> FigureData | None:
    for figure in evaluation.diagnostics.get("figures", ()):
        if figure["part"] == part:
            return FigureData.from_json(figure)
    return None


@dataclass(frozen=True)
class _Gate:
    """The rules for what is shown of the figures of a part with `n` rows."""

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
        runs = _equal_runs(found.rows, 1 if self.raw else FEWEST_ROWS)
        if not runs:
            return None
        sizes = [sum(found.rows[place] for place in run) for run in runs]
        bins = [
            DisplayedBin(
                run[0] / count,
                (run[-1] + 1) / count,
                self._rounded(
                    sum(found.confidence[place] * found.rows[place] for place in run) / size, size
                ),
                self._share(sum(found.hits[place] for place in run), size),
                self._share(size, self.n),
            )
            for run, size in zip(runs, sizes, strict=True)
        ]
        return DisplayedReliability(tuple(bins), 0, self._decimals(sizes))

    def _share(self, part: int, whole: int, rows: int | None = None) -> float:
        """Return the share in steps for this number of `rows`, by default the whole."""
        # A class may have no rows in a part: then its shares are 0.
        value = part / whole if whole else 0.0
        return self._rounded(value, whole if rows is None else rows)

    def _rounded(self, value: float, rows: int) -> float:
        return value if self.raw else round_to_step(value, self._step(rows), 0.0, 1.0)

    def _step(self, rows: int) -> float:
        return max(step_of(self.task), noise_step(self.task), step_of_rows(rows))

    def _decimals(self, rows: Sequence[int]) -> int:
        return _RAW_DECIMALS if self.raw else max(decimals(self._step(each)) for each in rows)


def _equal_runs(rows: Sequence[int], fewest: int) -> list[list[int]]:
    """Return neighbouring bins in runs of about as many rows each, none if all have too few.

    There are at most `MOST_BINS` runs, each of at least `fewest` rows; the rest joins the last one.
    """
    least = max(fewest, -(-sum(rows) // MOST_BINS))
    runs: list[list[int]] = []
    run: list[int] = []
    for place, count in enumerate(rows):
        if count:
            run.append(place)
        if run and sum(rows[each] for each in run) >= least:
            runs.append(run)
            run = []
    if run and runs:
        runs[-1] += run
    return runs


def _merged(row: Sequence[int], shown: Sequence[int], hidden: Sequence[int]) -> tuple[int, ...]:
    """Return the decisions of a class by shown class, with those for hidden classes summed up."""
    counts = tuple(row[code] for code in shown)
    return (*counts, sum(row[code] for code in hidden)) if hidden else counts


def _coarse(found: PrecisionRecall) -> list[int]:
    """Return the index of the first point at each of a few recall steps, if it has enough hits."""
    places = dict.fromkeys(
        next(
            place
            for place, hits in enumerate(found.hits)
            if hits * RECALLS >= step * found.positives
        )
        for step in range(1, RECALLS + 1)
    )
    return [place for place in places if found.hits[place] >= FEWEST_OF_A_CLASS]
