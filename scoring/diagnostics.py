"""Where a score comes from: the headline metric by class and by slice, and utility curves.

All of it is made from private labels, so it leaves through the same gate as the scores do: every
slice says how many rows it has and how many of the rarest class that its metric needs, so that
callers can withhold slices that are too small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.intervals import interval
from scoring.metrics import Form, Measured, View, decisions, ranking
from scoring.result import Part
from scoring.solution import MOST_VALUES, Solution

BY_CLASS = "class"
MOST_CURVES = 40

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SliceScore:
    """The headline metric on the rows of one part that have one `value` of the slice `by`.

    `n` rows; `fewest` is the number of rows of the rarest class that the metric needs there. For
    one class against the rest `n` counts all rows of the part.
    """

    part: Part
    by: str
    value: str
    n: int
    fewest: int
    score: float | None
    low: float | None
    high: float | None
    reason: str = ""


@dataclass(frozen=True)
class Sliced:
    """The input of the slices of one part: the headline metric and the known facts of its rows.

    `rows` are the indices of the part's rows in the solution.
    """

    part: Part
    headline: str
    form: Form
    view: View
    solution: Solution
    rows: Rows

    def scores(self, classes: tuple[str, ...]) -> Iterator[SliceScore]:
        """The headline by class, where `classes` are given, and by every slice of the solution."""
        if not self.view.n or not self.form.needs.is_met(self.view):
            return
        if 0 < len(classes) <= MOST_VALUES:
            yield from self._by_class(classes)
        for each in self.solution.slices:
            if len(each.values) <= MOST_VALUES:
                for code, members in _members(each.codes[self.rows]):
                    yield self._on(each.name, each.values[code], members)

    def _by_class(self, classes: tuple[str, ...]) -> Iterator[SliceScore]:
        against_rest = _AGAINST_REST.get(self.headline)
        if against_rest is None and self.form.classes_needed != "none":
            return  # with one class it is undefined
        for code, members in _members(self.view.truth):
            if against_rest is None:
                yield self._on(BY_CLASS, classes[code], members)
            else:
                measured, rows = against_rest(self.view, code, members)
                sizes = (self.view.n, len(members))
                yield self._said(BY_CLASS, classes[code], sizes, measured, rows)

    def _on(self, by: str, value: str, members: Rows) -> SliceScore:
        """The metric on some of the rows."""
        view = self.view.only(members)
        sizes = (view.n, self._fewest(view))
        return self._said(by, value, sizes, self.form.measure(view), members)

    def _said(
        self, by: str, value: str, sizes: tuple[int, int], measured: Measured, rows: Rows
    ) -> SliceScore:
        groups = self.solution.groups[self.rows[rows]]
        ends = interval(measured, groups, self.form.range)
        numbers = (measured.value, ends.low, ends.high)
        return SliceScore(self.part, by, value, *sizes, *numbers, measured.reason)

    def _fewest(self, view: View) -> int:
        if self.form.classes_needed == "none":
            return view.n
        counts = np.bincount(view.truth, minlength=view.classes)
        # A metric that needs both classes is withheld if one is missing.
        return int(counts.min() if self.form.classes_needed == "both" else counts[counts > 0].min())


def _members(codes: npt.NDArray[Any]) -> Iterator[tuple[int, Rows]]:
    """Every code below 32,768 that occurs, with the indices of its rows, ascending."""
    order = np.argsort(codes.astype(np.int16), kind="stable")  # a radix sort for 16 bits
    ends = np.cumsum(np.bincount(codes))
    for code, end in enumerate(ends):
        start = ends[code - 1] if code else 0
        if end > start:
            yield code, order[start:end]


def _recall(view: View, _: int, members: Rows) -> tuple[Measured, Rows]:
    return decisions.accuracy(view.only(members)), members


def _f1(view: View, code: int, members: Rows) -> tuple[Measured, Rows]:
    """F1 of one class: rows that neither belong to it nor are predicted as it have no influence."""
    claimed = np.flatnonzero((view.decided == code) & (view.truth != code))
    rows = np.concatenate([members, claimed])
    truth, decided = view.truth[rows] == code, view.decided[rows] == code
    return decisions.f1(View(2, truth.astype(np.int32), decided.astype(np.int32))), rows


def _auc(view: View, code: int, _: Rows) -> tuple[Measured, Rows]:
    truth = (view.truth == code).astype(np.int32)
    scores = np.ascontiguousarray(view.chances[:, code])
    return ranking.roc_auc(View(2, truth, scores=scores)), np.arange(view.n)


_AGAINST_REST: dict[str, Callable[[View, int, Rows], tuple[Measured, Rows]]] = {
    "balanced_accuracy": _recall,
    "macro_f1": _f1,
    "weighted_f1": _f1,
    "roc_auc_ovr": _auc,
    "roc_auc_ovr_weighted": _auc,
}
"""Metrics that are means over classes, with what one class contributes to them."""


@dataclass(frozen=True)
class UtilityCurves:
    """How well one threshold serves each of T groups of pairs, over G thresholds of one part.

    `utility` (T, G) runs from the threshold that accepts 10 % of the negatives to that of 1 %;
    `negatives` and `positives` (T,) are the pairs that each curve rests on.
    """

    part: Part
    names: tuple[str, ...]
    negatives: tuple[int, ...]
    positives: tuple[int, ...]
    utility: tuple[tuple[float, ...], ...]


def utility_curves(part: Part, view: View) -> UtilityCurves | None:
    """The curves of at most `MOST_CURVES` groups, those with the most positives; None without."""
    if view.endpoints is None or view.scores is None or not view.n:
        return None
    found = view.consistency
    negatives, positives = found.pairs.astype(np.int64).T
    kept = np.argsort(-positives, kind="stable")[:MOST_CURVES]
    if not len(kept):
        return None
    return UtilityCurves(
        part,
        tuple(found.names[row] for row in kept),
        tuple(negatives[kept].tolist()),
        tuple(positives[kept].tolist()),
        tuple(tuple(line) for line in found.utility[kept].round(4).tolist()),
    )
