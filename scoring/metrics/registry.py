"""The metrics by name: title, direction, and for each kind of task its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from scoring.metrics import calibration, decisions, grouped, ranking
from scoring.metrics.documentation import Words
from scoring.metrics.measured import Measured, View, undefined
from scoring.metrics.needs import (
    CLUSTERS,
    DECISION,
    GROUPS,
    PROBABILITIES,
    SCORES,
    UNIT_SCORES,
    Need,
)
from scoring.spec import Kind

ClassesNeeded = Literal["none", "both", "present"]
Direction = Literal["higher", "lower"]
Withheld = Literal["nothing", "interval", "all"]


@dataclass(frozen=True)
class Form:
    """A metric as one kind of task has it.

    `range` are the smallest and largest possible value; `needs` is what the submission must
    contain; `function` turns a View into a Measured, and `words` come from its docstring.
    `classes_needed` says on which rows the metric is meaningful: on any ("none"), on rows with a
    positive and a negative ("both"), or on any with an average over the classes that happen to be
    there ("present").

    `withheld` says what must not be shown while labels are hidden. Where a submission chooses the
    denominator (the rows it claims, the rows of one bin) it can leave a single row in it, and the
    value gives away the label of that row and its part: "all". Where no row moves the value by much
    more than one over `rows`, but a file carried by few rows can make one move the ends of the
    interval by far more: "interval". Elsewhere "nothing".
    """

    function: Callable[[View], Measured]
    range: tuple[float, float]
    needs: Need
    classes_needed: ClassesNeeded
    words: Words
    withheld: Withheld

    def rows(self, counts: Sequence[int]) -> float:
        """The number of rows that the value is a mean of, at least.

        `counts` are the rows of each class in the part. A mean over classes is moved most by a row
        of the rarest, a loss by as much as its range is wide.
        """
        present = [count for count in counts if count] or [0]
        rows = {
            "none": sum(present),
            "both": min(present),
            "present": len(present) * min(present),
        }[self.classes_needed]
        return rows / max(1.0, self.range[1] - self.range[0])

    def measure(self, view: View) -> Measured:
        """The metric on a part; undefined with a reason if the submission lacks what it needs."""
        if view.n == 0:
            return undefined("the part has no rows")
        return self.function(view) if self.needs.is_met(view) else undefined(self.needs.missing)


@dataclass(frozen=True)
class Metric:
    """One metric: its stable name, title for people, direction, and a form for each kind."""

    name: str
    title: str
    direction: Direction
    forms: Mapping[Kind, Form]

    @property
    def higher_is_better(self) -> bool:
        """Whether a larger value is a better one."""
        return self.direction == "higher"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of task that have this metric."""
        return tuple(self.forms)


_UNIT = (0.0, 1.0)
_SIGNED = (-1.0, 1.0)


def _form(
    function: Callable[[View], Measured],
    needs: Need,
    classes_needed: ClassesNeeded,
    bounds: tuple[float, float],
    withheld: Withheld,
) -> Form:
    return Form(function, bounds, needs, classes_needed, Words.of(function), withheld)


def _matching(
    name: str,
    title: str,
    function: Callable[[View], Measured],
    needs: Need,
    bounds: tuple[float, float] = _UNIT,
    direction: Direction = "higher",
    withheld: Withheld = "nothing",
) -> Metric:
    form = _form(function, needs, "both", bounds, withheld)
    return Metric(name, title, direction, {"matching": form})


def _classification(
    name: str,
    title: str,
    function: Callable[[View], Measured],
    classes_needed: ClassesNeeded,
    needs: Need = DECISION,
    bounds: tuple[float, float] = _UNIT,
    withheld: Withheld = "nothing",
) -> Metric:
    form = _form(function, needs, classes_needed, bounds, withheld)
    return Metric(name, title, "higher", {"classification": form})


def _error(
    name: str,
    title: str,
    binary: Callable[[View], Measured],
    multiclass: Callable[[View], Measured],
    bounds: tuple[tuple[float, float], tuple[float, float]] = (_UNIT, _UNIT),
    withheld: Withheld = "nothing",
) -> Metric:
    """A metric of probabilities that both kinds have, smaller is better."""
    forms: dict[Kind, Form] = {
        "matching": _form(binary, UNIT_SCORES, "none", bounds[0], withheld),
        "classification": _form(multiclass, PROBABILITIES, "none", bounds[1], withheld),
    }
    return Metric(name, title, "lower", forms)


def _clipped(floor: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The bounds of a log loss whose probabilities are clipped this far from 0 and 1."""
    bounds = (-float(np.log1p(-floor)), -float(np.log(floor)))
    return bounds, bounds


_ALL = (
    _matching(
        "average_precision",
        "Average precision",
        ranking.average_precision,
        SCORES,
        withheld="interval",
    ),
    _matching("roc_auc", "ROC AUC", ranking.roc_auc, SCORES),
    *(
        _matching(
            f"recall_at_precision_{percent}",
            f"Recall at precision {percent} %",
            ranking.recall_at(percent / 100),
            SCORES,
            withheld="all",
        )
        for percent in (80, 90, 95)
    ),
    _matching("precision", "Precision", decisions.precision, DECISION, withheld="all"),
    _matching("recall", "Recall", decisions.recall, DECISION),
    _matching("f1", "F1", decisions.f1, DECISION, withheld="interval"),
    _matching("best_f1", "Best F1 over thresholds", ranking.largest_f1, SCORES),
    _matching(
        "pairwise_f1", "Pairwise F1 after closure", grouped.pairwise_f1, CLUSTERS, withheld="all"
    ),
    _matching("bcubed_f1", "B-cubed F1 after closure", grouped.bcubed_f1, CLUSTERS, withheld="all"),
    _matching(
        "opis",
        "Inconsistency across groups (OPIS)",
        grouped.opis,
        GROUPS,
        (0.0, 0.25),
        "lower",
        withheld="all",
    ),
    _matching(
        "eps_opis",
        "Best against worst groups (10 %-OPIS)",
        grouped.eps_opis,
        GROUPS,
        direction="lower",
        withheld="all",
    ),
    _classification("accuracy", "Accuracy", decisions.accuracy, "none"),
    _classification("macro_f1", "Macro F1", decisions.macro_f1, "present"),
    _classification("weighted_f1", "Weighted F1", decisions.weighted_f1, "present"),
    _classification(
        "balanced_accuracy", "Balanced accuracy", decisions.balanced_accuracy, "present"
    ),
    _classification(
        "mcc", "Matthews correlation", decisions.mcc, "present", bounds=_SIGNED, withheld="all"
    ),
    _classification(
        "cohen_kappa", "Cohen's kappa", decisions.cohen_kappa, "present", bounds=_SIGNED
    ),
    _classification("top_3", "Top-3 accuracy", decisions.top_k(3), "none", PROBABILITIES),
    _classification("top_5", "Top-5 accuracy", decisions.top_k(5), "none", PROBABILITIES),
    _classification(
        "roc_auc_ovr",
        "ROC AUC, one against rest",
        ranking.roc_auc_ovr,
        "present",
        PROBABILITIES,
        withheld="interval",
    ),
    _classification(
        "roc_auc_ovr_weighted",
        "ROC AUC, one against rest, weighted",
        ranking.roc_auc_ovr_weighted,
        "present",
        PROBABILITIES,
        withheld="interval",
    ),
    _error(
        "log_loss",
        "Log loss",
        calibration.log_loss_binary,
        calibration.log_loss,
        _clipped(calibration.EPSILON),
        withheld="all",
    ),
    _error(
        "log_loss_clipped",
        "Log loss, clipped at 0.001",
        calibration.log_loss_clipped_binary,
        calibration.log_loss_clipped,
        _clipped(calibration.FLOOR),
    ),
    _error(
        "brier", "Brier score", calibration.brier_binary, calibration.brier, (_UNIT, (0.0, 2.0))
    ),
    _error("ece", "Calibration error (ECE)", calibration.ece, calibration.ece),
    _error(
        "mce", "Largest calibration error (MCE)", calibration.mce, calibration.mce, withheld="all"
    ),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL}
"""Every metric by name, in the order in which pages list them."""


def metrics_of(kind: Kind) -> dict[str, Form]:
    """The forms of all metrics that a kind of task has, by name, in listing order."""
    return {name: metric.forms[kind] for name, metric in METRICS.items() if kind in metric.forms}
