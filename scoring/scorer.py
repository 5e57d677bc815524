"""Score one file: read, check, align, measure. Pure; the limited child process calls this."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from scoring.artefact import pack_rows
from scoring.checking import Submission, in_unit_interval, read_submission
from scoring.diagnostics import Sliced, SliceScore, UtilityCurves, utility_curves
from scoring.diagnostics_figures import FigureData
from scoring.intervals import Units, interval
from scoring.metrics import Form, Measured, View, metrics_of
from scoring.metrics.confusion import Floats
from scoring.metrics.curve import Ranking
from scoring.reading import Unreadable
from scoring.result import Part, Rejected, Score, Scored
from scoring.solution import PartRows, Solution
from scoring.spec import TaskSpec

SCORER_VERSION = "2"
"""Changes whenever a file could get another number or another verdict than before.

A new metric leaves it as it is: earlier evaluations lack the metric until their next rescore.
"""

IMBALANCE = 10
"""Macro F1 replaces accuracy as headline if the largest class is over this times the smallest."""


def score(
    path: Path, spec: TaskSpec, solution: Solution, headline: str | None = None
) -> Scored | Rejected:
    """The scores of a file on every part and metric, or all of its problems.

    `headline` names the metric whose influence values go into rows.npz; by default that of
    `default_headline`. Raises KeyError for a headline that the kind of task does not have.
    """
    with Path(path).open("rb") as file:
        return score_file(file, spec, solution, headline)


def score_file(
    file: BinaryIO, spec: TaskSpec, solution: Solution, headline: str | None = None
) -> Scored | Rejected:
    """As `score`, for an open file."""
    start = time.perf_counter()
    try:
        submission = read_submission(file, spec, solution.index)
    except Unreadable as error:
        return Rejected(error.problems)
    scored = measure(submission, spec, solution, headline)
    return replace(scored, seconds=time.perf_counter() - start)


def measure(
    submission: Submission, spec: TaskSpec, solution: Solution, headline: str | None = None
) -> Scored:
    """The scores of a submission in solution order; KeyError for an unknown headline."""
    start = time.perf_counter()
    headline = headline or default_headline(spec, solution)
    if headline not in metrics_of(spec.kind):
        raise KeyError(headline)
    whole = _view(submission, solution, spec)
    found = _Found(solution, spec, headline, np.full(whole.n, np.nan))
    for part, members in solution.parts.items():
        view = whole if len(members.rows) == whole.n else whole.only(members.rows)
        found.measure(part, members, view)
    return Scored(
        tuple(found.scores),
        pack_rows(whole, found.influence),
        submission.notes,
        time.perf_counter() - start,
        found.diagnostics(),
    )


@dataclass
class _Found:
    """The measurements of a submission, part by part; `influence` (n,) is the headline's."""

    solution: Solution
    spec: TaskSpec
    headline: str
    influence: Floats
    scores: list[Score] = field(default_factory=list)
    slices: list[SliceScore] = field(default_factory=list)
    curves: list[UtilityCurves] = field(default_factory=list)
    figures: list[FigureData] = field(default_factory=list)

    def measure(self, part: Part, members: PartRows, view: View) -> None:
        """Add all metrics of a part, and the diagnostics of its headline metric."""
        forms = metrics_of(self.spec.kind)
        for name, form in forms.items():
            measured = form.measure(view)
            self.scores.append(_score(part, name, form, measured, members.units))
            # The influence of a cluster metric belongs to records, not to rows.
            by_row = name == self.headline and measured.groups is None
            if by_row and measured.influence is not None:
                self.influence[members.rows] = measured.influence
        form = forms[self.headline]
        sliced = Sliced(part, self.headline, form, view, self.solution, members.rows)
        classes = self.spec.classes if self.spec.kind == "classification" else ()
        self.slices += sliced.scores(classes)
        if curve := utility_curves(part, view):
            self.curves.append(curve)
        self.figures.append(FigureData.of(part, view, classes))

    def diagnostics(self) -> dict[str, Any]:
        """Slices, curves and figures as JSON has them."""
        return {
            "headline": self.headline,
            "slices": [asdict(each) for each in self.slices],
            "utility": [asdict(each) for each in self.curves],
            "figures": [asdict(each) for each in self.figures],
        }


def default_headline(spec: TaskSpec, solution: Solution) -> str:
    """Average precision for matching; accuracy, or macro F1 where classes are very unequal."""
    if spec.kind == "matching":
        return "average_precision"
    counts = np.bincount(solution.truth)
    unequal = counts.max() > IMBALANCE * counts[counts > 0].min()
    return "macro_f1" if unequal else "accuracy"


def _view(submission: Submission, solution: Solution, spec: TaskSpec) -> View:
    """All rows of the solution, and what the submission says about them."""
    scores = submission.scores
    return View(
        classes=len(spec.classes),
        truth=solution.truth,
        decision=submission.decision,
        probabilities=submission.probabilities,
        scores=scores,
        unit_scores=scores is not None and in_unit_interval(scores),
        records=solution.records,
        endpoints=solution.endpoints,
        ranking=None if scores is None else Ranking.of(scores),
    )


def _score(part: Part, name: str, form: Form, measured: Measured, units: Units) -> Score:
    bounds = interval(measured, units, form.range)
    return Score(
        part,
        name,
        measured.value,
        bounds.low,
        bounds.high,
        bounds.standard_error,
        units.n,
        measured.reason,
    )
