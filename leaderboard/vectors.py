"""Checks this package against reference vectors: JSON files of inputs and expected outputs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from leaderboard.skills import mean_score, mean_skill, skill

Computed = dict[str, Any]


def check_folder(folder: Path) -> tuple[list[str], list[str]]:
    """What was checked, one line per file, and what differs, one line per case.

    Every ``*.json`` in the folder must name a metric that this package computes; another name is a
    difference, never skipped. Only the outputs that the package computes are compared, and the
    line says which. Raises FileNotFoundError when the folder holds no vector file.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise FileNotFoundError(f"No vector file (*.json) in {folder}.")
    checked, differences = [], []
    for file in files:
        vectors = json.loads(file.read_text(encoding="utf-8"))
        compute = METRICS.get(vectors["metric"])
        if compute is None:
            differences.append(f"{file.name}: unknown metric {vectors['metric']!r}")
            continue
        names: set[str] = set()
        for case in vectors["cases"]:
            computed = compute(case["inputs"])
            names |= set(computed)
            differences += [
                f"{file.name}: {case['name']}: {problem}"
                for problem in _differences(computed, case["expected"], vectors["tolerance"])
            ]
        checked.append(f"{file.name}: {len(vectors['cases'])} cases of {', '.join(sorted(names))}")
    return checked, differences


def _skill(inputs: Computed) -> Computed:
    skills = [skill(task["score"], task["baseline"], task["ceiling"]) for task in inputs["tasks"]]
    return {"skills": skills, "mean_skill": mean_skill(skills)}


def _aggregate(inputs: Computed) -> Computed:
    return {"mean_score": [mean_score(column) for column in zip(*inputs["scores"], strict=True)]}


METRICS: dict[str, Callable[[Computed], Computed]] = {"skill": _skill, "aggregate": _aggregate}


def _differences(computed: Computed, expected: Computed, tolerance: dict[str, float]) -> list[str]:
    return [
        f"{name} is {value}, expected {expected[name]}"
        for name, value in computed.items()
        if not _close(value, expected[name], tolerance)
    ]


def _close(computed: Any, expected: Any, tolerance: dict[str, float]) -> bool:
    """Whether the two agree within the tolerance; an undefined value (None) equals only itself."""
    left = np.array(computed, dtype=float)  # None becomes NaN
    right = np.array(expected, dtype=float)
    return left.shape == right.shape and np.allclose(
        left, right, rtol=tolerance["rtol"], atol=tolerance["atol"], equal_nan=True
    )
