"""The metrics by name: title, direction, and for each kind of task its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from scoring.metrics import calibration, decisions, grouped, ranking
from scoring.metrics.documentation import Words
from scoring.metrics.measured import Measured, View, undefined
from scoring.spec import Kind

Need = Literal["decision", "probabilities", "scores", "unit_scores", "clusters", "groups"]

ClassesNeeded = Literal["none", "both", "present"]

_LACKS: dict[Need, str] = {
    "decision": "not available: add a prediction column",
    "probabilities": "not available: needs probabilities, the file has labels only",
    "scores": "not available: needs scores",
    "unit_scores": "not available: needs scores between 0 and 1",
    "clusters": "not available: needs a prediction column, and a solution that names the records",
    "groups": "not available: needs records that have groups",
}


@dataclass(frozen=True)
class Form:
    """A metric as one kind of task has it.

    `range` are the smallest and largest possible value; `needs` is what the submission must
    contain; `function` turns a View into a Measured, and `words` come from its docstring.
    `classes_needed` says on which rows the metric is meaningful: on any ("none"), on rows with a
    positive and a negative ("both"), or on any with an average over the classes that happen to be
    there ("present").
    """

    function: Callable[[View], Measured]
    range: tuple[float, float]
    needs: Need
    classes_needed: ClassesNeeded
    words: Words

    def measure(self, view: View) -> Measured:
        """The metric on a part; undefined with a reason if the submission lacks what it needs."""
        if view.n == 0:
            return undefined("the part has no rows")
        return self.function(view) if self.available(view) else undefined(_LACKS[self.needs])

    def available(self, view: View) -> bool:
        """Whether the submission contains what the metric needs."""
        if self.needs == "decision":
            return view.decision is not None
        if self.needs == "probabilities":
            return view.probabilities is not None
        if self.needs == "clusters":
            return view.decision is not None and view.records is not None
        if self.needs == "groups":
            return view.scores is not None and view.endpoints is not None
        if view.scores is None:
            return False
        return self.needs == "scores" or view.unit_scores


@dataclass(frozen=True)
class Metric:
    """One metric: its stable name, title for people, direction, and a form for each kind."""

    name: str
    title: str
    direction: Literal["higher", "lower"]
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
    bounds: tuple[float, float] = _UNIT,
) -> Form:
    return Form(function, bounds, needs, classes_needed, Words.of(function))


def _matching(name: str, title: str, function: Callable[[View], Measured], needs: Need) -> Metric:
    return Metric(name, title, "higher", {"matching": _form(function, needs, "both")})


def _classification(
    name: str,
    title: str,
    function: Callable[[View], Measured],
    classes_needed: ClassesNeeded,
    needs: Need = "decision",
    bounds: tuple[float, float] = _UNIT,
) -> Metric:
    form = _form(function, needs, classes_needed, bounds)
    return Metric(name, title, "higher", {"classification": form})


def _error(
    name: str,
    title: str,
    binary: Callable[[View], Measured],
    multiclass: Callable[[View], Measured],
    ranges: tuple[tuple[float, float], tuple[float, float]] = (_UNIT, _UNIT),
) -> Metric:
    """A metric of probabilities that both kinds have, smaller is better."""
    forms: dict[Kind, Form] = {
        "matching": _form(binary, "unit_scores", "none", ranges[0]),
        "classification": _form(multiclass, "probabilities", "none", ranges[1]),
    }
    return Metric(name, title, "lower", forms)


def _inconsistency(
    name: str, title: str, function: Callable[[View], Measured], bounds: tuple[float, float]
) -> Metric:
    """A metric of how different the groups of pairs are, smaller is better."""
    return Metric(name, title, "lower", {"matching": _form(function, "groups", "both", bounds)})


def _surprise(
    name: str,
    title: str,
    binary: Callable[[View], Measured],
    multiclass: Callable[[View], Measured],
    floor: float,
) -> Metric:
    """A log loss of probabilities that are clipped this far from 0 and 1."""
    bounds = (-float(np.log1p(-floor)), -float(np.log(floor)))
    forms: dict[Kind, Form] = {
        "matching": _form(binary, "unit_scores", "none", bounds),
        "classification": _form(multiclass, "probabilities", "none", bounds),
    }
    return Metric(name, title, "lower", forms)


_ALL = (
    _matching("average_precision", "Average precision", ranking.average_precision, "scores"),
    _matching("roc_auc", "ROC AUC", ranking.roc_auc, "scores"),
    *(
        _matching(
            f"recall_at_precision_{percent}",
            f"Recall at precision {percent} %",
            ranking.recall_at(percent / 100),
            "scores",
        )
        for percent in (80, 90, 95)
    ),
    _matching("precision", "Precision", decisions.precision, "decision"),
    _matching("recall", "Recall", decisions.recall, "decision"),
    _matching("f1", "F1", decisions.f1, "decision"),
    _matching("best_f1", "Best F1 over thresholds", ranking.largest_f1, "scores"),
    _matching("pairwise_f1", "Pairwise F1 after closure", grouped.pairwise_f1, "clusters"),
    _matching("bcubed_f1", "B-cubed F1 after closure", grouped.bcubed_f1, "clusters"),
    _inconsistency("opis", "Inconsistency across groups (OPIS)", grouped.opis, (0.0, 0.25)),
    _inconsistency("eps_opis", "Best against worst groups (10 %-OPIS)", grouped.eps_opis, _UNIT),
    _classification("accuracy", "Accuracy", decisions.accuracy, "none"),
    _classification("macro_f1", "Macro F1", decisions.macro_f1, "present"),
    _classification("weighted_f1", "Weighted F1", decisions.weighted_f1, "present"),
    _classification(
        "balanced_accuracy", "Balanced accuracy", decisions.balanced_accuracy, "present"
    ),
    _classification("mcc", "Matthews correlation", decisions.mcc, "present", bounds=_SIGNED),
    _classification(
        "cohen_kappa", "Cohen's kappa", decisions.cohen_kappa, "present", bounds=_SIGNED
    ),
    _classification("top_3", "Top-3 accuracy", decisions.top_k(3), "none", "probabilities"),
    _classification("top_5", "Top-5 accuracy", decisions.top_k(5), "none", "probabilities"),
    _classification(
        "roc_auc_ovr", "ROC AUC, one against rest", ranking.roc_auc_ovr, "present", "probabilities"
    ),
    _classification(
        "roc_auc_ovr_weighted",
        "ROC AUC, one against rest, weighted",
        ranking.roc_auc_ovr_weighted,
        "present",
        "probabilities",
    ),
    _surprise(
        "log_loss",
        "Log loss",
        calibration.log_loss_binary,
        calibration.log_loss,
        calibration.EPSILON,
    ),
    _surprise(
        "log_loss_clipped",
        "Log loss, clipped at 0.001",
        calibration.log_loss_clipped_binary,
        calibration.log_loss_clipped,
        calibration.FLOOR,
    ),
    _error(
        "brier", "Brier score", calibration.brier_binary, calibration.brier, (_UNIT, (0.0, 2.0))
    ),
    _error("ece", "Calibration error (ECE)", calibration.ece, calibration.ece),
    _error("mce", "Largest calibration error (MCE)", calibration.mce, calibration.mce),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL}
"""Every metric by name, in the order in which pages list them."""


def metrics_of(kind: Kind) -> dict[str, Form]:
    """The forms of all metrics that a kind of task has, by name, in listing order."""
    return {name: metric.forms[kind] for name, metric in METRICS.items() if kind in metric.forms}
