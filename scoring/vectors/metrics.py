"""Runners for the metrics of one submission and for reading its file."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.alignment import IdIndex
from scoring.checking import Submission, read_submission
from scoring.metrics import View, calibration, decisions, ranking
from scoring.metrics.bins import Bins
from scoring.metrics.confusion import Codes
from scoring.metrics.measured import Measured
from scoring.reading import read_table
from scoring.spec import TaskSpec

Inputs = Mapping[str, Any]
Runner = Callable[[Inputs], Any]


def _pairs(inputs: Inputs, decision: Codes | None = None) -> View:
    truth = np.array(inputs["y_true"], dtype=np.int32)
    scores = np.array(inputs["score"], dtype=np.float64)
    return View(2, truth, decision=decision, scores=scores)


def _classes(inputs: Inputs) -> View:
    spec = TaskSpec("classification", tuple(inputs["classes"]))
    truth = _codes(inputs["y_true"], spec)
    chances = np.array(inputs["probs"], dtype=np.float64)
    columns = {name: chances[:, index] for index, name in enumerate(spec.classes)}
    submission = _submitted(columns, spec)
    return View(len(spec.classes), truth, submission.decision, submission.probabilities)


def _codes(labels: list[str], spec: TaskSpec) -> Codes:
    return np.array([spec.classes.index(label) for label in labels], dtype=np.int32)


def _submitted(columns: Mapping[str, Any], spec: TaskSpec) -> Submission:
    """The columns as a submission that went through reading and checking."""
    n = len(next(iter(columns.values())))
    ids = pa.array([str(row) for row in range(n)], pa.string())
    file = io.BytesIO()
    pq.write_table(pa.table({"id": ids, **columns}), file)
    file.seek(0)
    return read_submission(file, spec, IdIndex.of(ids))


# One runner for each metric


def _value(metric: Callable[[View], Measured]) -> Callable[[Inputs], float | None]:
    return lambda inputs: metric(_pairs(inputs)).value


def _class_value(metric: Callable[[View], Measured]) -> Callable[[Inputs], float | None]:
    return lambda inputs: metric(_classes(inputs)).value


def _recall_at_precision(inputs: Inputs) -> dict[str, float | None]:
    view = _pairs(inputs)
    if not view.curve.positives:
        return {"recall": None, "threshold": None}
    recall, threshold = ranking.recall_at_precision(view.curve, inputs["precision"])
    return {"recall": recall, "threshold": threshold}


def _best_f1(inputs: Inputs) -> dict[str, float | None]:
    view = _pairs(inputs)
    if not view.curve.positives:
        return {"f1": None, "threshold": None}
    value, threshold = ranking.best_f1(view.curve)
    return {"f1": value, "threshold": threshold}


def _pair_f1(inputs: Inputs) -> dict[str, float | int | None]:
    accepted = np.array(inputs["score"]) >= inputs["threshold"]
    view = _pairs(inputs, accepted.astype(np.int32))
    return {
        "precision": decisions.precision(view).value,
        "recall": decisions.recall(view).value,
        "f1": decisions.f1(view).value,
        "tp": int(np.sum(accepted & view.positive)),
        "fp": int(np.sum(accepted & ~view.positive)),
        "fn": int(np.sum(~accepted & view.positive)),
        "tn": int(np.sum(~accepted & ~view.positive)),
    }


def _ece_binary(inputs: Inputs) -> dict[str, float]:
    view = _pairs(inputs)
    bins = Bins.of(view.positive, view.scored, inputs["bins"])
    return {"ece": bins.ece, "mce": bins.mce}


def _ece_multiclass(inputs: Inputs) -> dict[str, float]:
    bins = Bins.of(*_classes(inputs).top_label, inputs["bins"])
    return {"ece": bins.ece, "mce": bins.mce}


def _f1_multiclass(inputs: Inputs) -> dict[str, float | None]:
    spec = TaskSpec("classification", tuple(inputs["classes"]))
    decision = _submitted({"prediction": pa.array(inputs["y_pred"], pa.string())}, spec).decision
    view = View(len(spec.classes), _codes(inputs["y_true"], spec), decision)
    each = [_f1_of(view, code) for code in range(view.classes)]
    return {
        "accuracy": decisions.accuracy(view).value,
        "macro_f1": decisions.macro_f1(view).value,
        "macro_f1_sklearn_union": float(np.mean([f1 for f1 in each if f1 is not None])),
        "weighted_f1": decisions.weighted_f1(view).value,
        "balanced_accuracy": decisions.balanced_accuracy(view).value,
    }


def _f1_of(view: View, code: int) -> float | None:
    """F1 of one class against the rest; None where it is neither in the truth nor predicted."""
    truth, decision = (codes == code for codes in (view.truth, view.decided))
    return decisions.f1(View(2, truth.astype(np.int32), decision.astype(np.int32))).value


def _roc_auc_ovr(inputs: Inputs) -> dict[str, float | int | None]:
    view = _classes(inputs)
    return {
        "macro": ranking.roc_auc_ovr(view).value,
        "weighted": ranking.roc_auc_ovr_weighted(view).value,
        "n_classes_used": len(view.one_vs_rest.values),
    }


def _prob_validation(inputs: Inputs) -> dict[str, list[list[float]]]:
    spec = TaskSpec("classification", tuple(f"c{index}" for index in range(inputs["n_classes"])))
    chances = np.array(inputs["probs"], dtype=np.float64)
    columns = {f"c{index}": chances[:, index] for index in range(chances.shape[1])}
    submission = _submitted(columns, spec)
    return {"probs": np.asarray(submission.probabilities).tolist()}


def _label_csv(inputs: Inputs) -> list[str]:
    raw = read_table(io.BytesIO(inputs["csv"].encode()), most_rows=1000)
    labels: list[str] = raw.columns[raw.names.index("label")].to_pylist()
    return labels


METRICS: Mapping[str, Runner] = {
    "average_precision": _value(ranking.average_precision),
    "best_f1": _best_f1,
    "brier_binary": _value(calibration.brier_binary),
    "brier_multiclass": _class_value(calibration.brier),
    "ece_binary": _ece_binary,
    "ece_multiclass": _ece_multiclass,
    "f1_multiclass": _f1_multiclass,
    "label_csv": _label_csv,
    "log_loss": _class_value(calibration.log_loss),
    "pair_f1": _pair_f1,
    "prob_validation": _prob_validation,
    "recall_at_precision": _recall_at_precision,
    "roc_auc": _value(ranking.roc_auc),
    "roc_auc_ovr": _roc_auc_ovr,
    "top_k_accuracy": lambda inputs: decisions.top_k(inputs["k"])(_classes(inputs)).value,
}
"""The runners of one submission's metrics, and of reading its file."""
