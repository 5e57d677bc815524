"""Score one file: read, check, align, measure. Pure; the limited child process calls this."""

from __future__ import annotations

import time
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from scoring.artefact import pack_rows
from scoring.checking import Submission, in_unit_interval, read_submission
from scoring.intervals import Units, interval
from scoring.metrics import Form, Measured, View, metrics_of
from scoring.reading import Unreadable
from scoring.result import Part, Rejected, Score, Scored
from scoring.solution import PARTS, Solution
from scoring.spec import TaskSpec

SCORER_VERSION = "1"
"""Changes whenever a file could get another number or another verdict than before."""

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
    forms = metrics_of(spec.kind)
    headline = headline or default_headline(spec, solution)
    if headline not in forms:
        raise KeyError(headline)
    try:
        submission = read_submission(file, spec, solution.ids)
    except Unreadable as error:
        return Rejected(error.problems)
    influence = np.full(len(solution.truth), np.nan)
    scores: list[Score] = []
    for part in PARTS:
        rows = solution.rows_of(part)
        view = _view(submission, solution, rows, spec)
        units = Units.of(solution.groups[rows])
        for name, form in forms.items():
            measured = form.measure(view)
            scores.append(_score(part, name, form, measured, units))
            if name == headline and measured.influence is not None:
                influence[rows] = measured.influence
    packed = pack_rows(submission, solution, influence)
    return Scored(tuple(scores), packed, submission.notes, time.perf_counter() - start)


def default_headline(spec: TaskSpec, solution: Solution) -> str:
    """Average precision for matching; accuracy, or macro F1 where classes are very unequal."""
    if spec.kind == "matching":
        return "average_precision"
    counts = np.bincount(solution.truth)
    unequal = counts.max() > IMBALANCE * counts[counts > 0].min()
    return "macro_f1" if unequal else "accuracy"


def _view(
    submission: Submission, solution: Solution, rows: npt.NDArray[np.int64], spec: TaskSpec
) -> View:
    decision, chances, scores = submission.decision, submission.probabilities, submission.scores
    return View(
        classes=len(spec.classes),
        truth=solution.truth[rows],
        decision=None if decision is None else decision[rows],
        probabilities=None if chances is None else chances[rows],
        scores=None if scores is None else scores[rows],
        unit_scores=scores is not None and in_unit_interval(scores),
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
