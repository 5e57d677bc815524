"""Compares the formulas with reference vectors: JSON files of inputs and expected outputs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from baselines.formulas.distillation import (
    divergences,
    focal_distillation,
    focal_weights,
    squared_distances,
)
from baselines.formulas.double_descent import sweep
from baselines.formulas.findmatches import Labelled, labelled_pairs, threshold
from baselines.formulas.lqf import (
    Network,
    change_of_weights,
    preconditioned_step,
    scaled_targets,
)
from baselines.formulas.ntk import ntk
from baselines.formulas.tcm import Margins, all_pairs, threshold_consistent_margin
from baselines.formulas.text_ngram import text_ngrams


def check_folder(folder: Path) -> tuple[list[str], list[str]]:
    """Passed cases, one line per file, and failures, one line per case.

    Every ``*.json`` must name a formula that is known here and have cases; all expected outputs
    are compared. Raises FileNotFoundError when the folder holds no vector file.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise FileNotFoundError(f"No vector file (*.json) in {folder}.")
    passed, failures = [], []
    for file in files:
        count, problems = _check_file(file)
        passed.append(f"{file.name}: {count} passed, {len(problems)} failed")
        failures += [f"{file.name}: {problem}" for problem in problems]
    return passed, failures


def _check_file(file: Path) -> tuple[int, list[str]]:
    """How many cases of a file passed, and what is wrong with the others or with the file."""
    try:
        document = json.loads(file.read_bytes())
        name, tolerance, cases = (document[key] for key in ("metric", "tolerance", "cases"))
        rtol, atol = float(tolerance["rtol"]), float(tolerance["atol"])
        compute, cases = FORMULAS.get(name), list(cases)
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        return 0, [f"is not a vector file: {_described(error)}"]
    if compute is None:
        return 0, [f"unknown formula {name!r}"]
    if not cases:
        return 0, ["the file has no cases"]
    problems = [found for case in cases if (found := _problem(compute, case, rtol, atol))]
    return len(cases) - len(problems), problems


def _problem(compute: Callable[[Any], Any], case: Any, rtol: float, atol: float) -> str:
    """What is wrong with a case, empty if it passes."""
    name = case.get("name") if isinstance(case, dict) else case
    try:
        found, expected = compute(case["inputs"]), case["expected"]
        same = _same(found, expected, rtol, atol)
    except Exception as error:  # any exception fails only this case
        return f"{name}: cannot be run: {_described(error)}"
    return "" if same else f"{name}: found {found}, expected {expected}"


def _same(found: Any, expected: Any, rtol: float, atol: float) -> bool:
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            _same(found[key], expected[key], rtol, atol) for key in expected
        )
    if isinstance(expected, list):
        return len(found) == len(expected) and all(
            _same(*pair, rtol, atol) for pair in zip(found, expected, strict=True)
        )
    if isinstance(expected, float) and found is not None:
        return bool(np.isclose(found, expected, rtol=rtol, atol=atol))
    return bool(np.array_equal(found, expected))


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _double_descent(inputs: Any) -> Any:
    train, test = (
        (np.array(inputs[f"X_{part}"]), np.array(inputs[f"y_{part}"])) for part in ("train", "test")
    )
    found = sweep(train, test, np.array(inputs["W"]), inputs["n_features"], inputs["lambda"])
    return {
        "train_mse": found.train,
        "test_mse": found.test,
        "interpolation_threshold": found.threshold,
        "peak_features": found.peak,
        "double_descent": found.is_double,
        "peak_over_last": found.peak_over_last,
    }


def _findmatches_labels(inputs: Any) -> Any:
    rows = [Labelled(row["labeling_set_id"], row["label"], row["id"]) for row in inputs["rows"]]
    match, no_match = labelled_pairs(rows)
    return {"match": [list(pair) for pair in match], "no_match": [list(pair) for pair in no_match]}


def _findmatches_threshold(inputs: Any) -> Any:
    is_match = np.array(inputs["y_true"], dtype=bool)
    found = threshold(is_match, np.array(inputs["score"], dtype=float), inputs["tau"])
    return {
        "threshold": found.value if found else None,
        "objective": found.objective if found else None,
    }


def _focal_distillation(inputs: Any) -> Any:
    old, new = np.array(inputs["old_logits"]), np.array(inputs["new_logits"])
    weights = focal_weights(old, np.array(inputs["y_index"]), inputs["alpha"], inputs["beta"])
    squared = squared_distances(old, new)
    return {
        "fd_kl": focal_distillation(weights, divergences(old, new, inputs["tau"])),
        "fd_lm_sum": focal_distillation(weights, squared),
        "fd_lm_mean": focal_distillation(weights, squared / old.shape[1]),
    }


def _lqf(inputs: Any) -> Any:
    x, ridge = np.array(inputs["X"]), inputs["lambda"]
    if inputs["kind"] == "linear_head":
        targets = scaled_targets(np.array(inputs["y_index"]), inputs["n_classes"])
        targets = targets * (inputs["target_scale"] / targets.max())
        step = preconditioned_step(x, targets, np.array(inputs["W0"]), ridge)
        return {"W": change_of_weights(x, targets, ridge), "after_one_preconditioned_step": step}
    hidden, bias, out = (np.array(inputs[name]) for name in ("W1", "b1", "w2"))
    network = Network(hidden, bias, out, inputs["b2"], inputs["leaky_slope"])
    jacobian, outputs = network.jacobian(x), network.outputs(x)
    change = change_of_weights(jacobian, np.array(inputs["y"]) - outputs, ridge)
    return {
        "f0": outputs,
        "jacobian": jacobian,
        "delta_w": change,
        "prediction": outputs + jacobian @ change,
    }


def _ntk(inputs: Any) -> Any:
    return ntk(np.array(inputs["X"]), inputs["depth"], inputs["fix"])


def _tcm(inputs: Any) -> Any:
    weights = (inputs["lambda_plus"], inputs["lambda_minus"])
    margins = Margins(inputs["m_plus"], inputs["m_minus"], *weights)
    pairs = all_pairs(np.array(inputs["embeddings"], dtype=float), np.array(inputs["labels"]))
    found = threshold_consistent_margin(*pairs, margins)
    return {
        "loss": found.total,
        "positive": found.positive,
        "negative": found.negative,
        "n_hard_pos": found.hard_positives,
        "n_hard_neg": found.hard_negatives,
    }


def _text_ngram(inputs: Any) -> Any:
    options = {name: inputs[name] for name in ("min_df", "max_features")}
    columns, values = text_ngrams(
        inputs["rows"], ngram_range=tuple(inputs["ngram_range"]), **options
    )
    return {"columns": columns, "values": values.tolist()}


FORMULAS: dict[str, Callable[[Any], Any]] = {
    "double_descent": _double_descent,
    "findmatches_labels": _findmatches_labels,
    "findmatches_threshold": _findmatches_threshold,
    "focal_distillation": _focal_distillation,
    "lqf": _lqf,
    "ntk": _ntk,
    "tcm": _tcm,
    "text_ngram": _text_ngram,
}
