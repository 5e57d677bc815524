"""Runners for two submissions on the same rows, resampling, and updated embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from scoring.bootstrap import (
    Statistic,
    Weights,
    average_precision_statistic,
    bootstrap,
    mean_statistic,
    paired_bootstrap,
)
from scoring.comparison import flips, mcnemar
from scoring.compatibility import Embedded, bct
from scoring.metrics import View
from scoring.randomization import approximate_randomization, mean_difference
from scoring.vectors.metrics import Inputs, Runner

# The files expect an interval for any number of undefined resamples, and count those.
_ANY = 1.0


def _statistic(inputs: Inputs, which: str = "") -> tuple[Statistic, int]:
    """The statistic that a file names, of the submission named by its suffix, and its rows."""
    if inputs["metric"] == "mean":
        values = np.array(inputs[f"values{which}"], dtype=np.float64)
        return mean_statistic(values), len(values)
    if inputs["metric"] != "average_precision":
        raise ValueError(f"no statistic for the metric {inputs['metric']}")
    scores = np.array(inputs[f"score{which}"], dtype=np.float64)
    view = View(2, np.array(inputs["y_true"], dtype=np.int32), scores=scores)
    return average_precision_statistic(view), view.n


def _weights(inputs: Inputs, n: int) -> Iterator[Weights]:
    return (np.bincount(rows, minlength=n) for rows in inputs["indices"])


def _bootstrap_ci(inputs: Inputs) -> dict[str, float | None]:
    statistic, n = _statistic(inputs)
    found = bootstrap(statistic, n, _weights(inputs, n), level=inputs["level"], most_undefined=_ANY)
    return {
        "point": found.value,
        "lo": found.low,
        "hi": found.high,
        "n_undefined": found.undefined,
    }


def _paired_bootstrap(inputs: Inputs) -> dict[str, float | None]:
    (a, n), (b, _) = _statistic(inputs, "_a"), _statistic(inputs, "_b")
    found = paired_bootstrap(
        a, b, n, _weights(inputs, n), level=inputs["level"], most_undefined=_ANY
    )
    return {
        "delta": found.difference.value,
        "lo": found.difference.low,
        "hi": found.difference.high,
        "n_undefined": found.difference.undefined,
        "p_two_sided": found.p_two_sided,
        "p_a_not_better": found.p_a_not_better,
    }


def _approx_randomization(inputs: Inputs) -> dict[str, float] | None:
    a, b = (np.array(inputs[key], dtype=np.float64) for key in ("values_a", "values_b"))
    masks = np.array(inputs["masks"], dtype=np.bool_)
    found = approximate_randomization(mean_difference(a, b), len(a), masks)
    if found is None:
        return None
    return {"t_obs": found.observed, "ge": found.as_extreme, "p": found.p}


def _nfr(inputs: Inputs) -> dict[str, float]:
    truth = np.array(inputs["y_true"], dtype=object)
    old, new = (np.array(inputs[key], dtype=object) == truth for key in ("old_pred", "new_pred"))
    return asdict(flips(old, new))


def _mcnemar(inputs: Inputs) -> dict[str, float]:
    a, b = (np.array(inputs[key], dtype=bool) for key in ("correct_a", "correct_b"))
    return asdict(mcnemar(a, b))


def _bct(inputs: Inputs) -> dict[str, Any]:
    old, new, paragon = (
        Embedded(*(np.array(inputs[f"{model}_{what}"], dtype=np.float64) for what in _SIDES))
        for model in ("old", "new", "paragon")
    )
    labels = (np.array(inputs[f"{what}_labels"], dtype=object) for what in _SIDES)
    found = bct(old, new, paragon, *labels)
    return {
        "M_new_old": found.m_new_old,
        "M_old_old": found.m_old_old,
        "M_new_new": found.m_new_new,
        "M_paragon": found.m_paragon,
        "compatible": found.compatible,
        "absolute_gain": found.absolute_gain,
        "update_gain": found.update_gain,
    }


_SIDES = ("query", "gallery")

COMPARISONS: Mapping[str, Runner] = {
    "approx_randomization": _approx_randomization,
    "bct": _bct,
    "bootstrap_ci": _bootstrap_ci,
    "mcnemar": _mcnemar,
    "nfr": _nfr,
    "paired_bootstrap": _paired_bootstrap,
}
"""The runners of what compares submissions or resamples."""
