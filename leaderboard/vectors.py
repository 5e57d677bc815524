"""Checks this package against reference vectors: JSON files of inputs and expected outputs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from leaderboard.aggregates import elo, mean_ranks, rescaled_scores, win_rates
from leaderboard.friedman import friedman, nemenyi_p_values
from leaderboard.ladder import Attempt, Ladder, replay
from leaderboard.skills import mean_score, mean_skill, skill

Computed = dict[str, Any]


def check_folder(folder: Path) -> tuple[list[str], list[str]]:
    """Checked files, one line each, and differences, one line per case.

    Every ``*.json`` in the folder must name a metric that this package computes; another name is a
    difference, as is a file that cannot be read or has no cases. Only the outputs that the package
    computes are compared, and the line says which. Raises FileNotFoundError when the folder holds
    no vector file.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise FileNotFoundError(f"No vector file (*.json) in {folder}.")
    checked, differences = [], []
    for file in files:
        summary, problems = _check_file(file)
        checked += summary
        differences += [f"{file.name}: {problem}" for problem in problems]
    return checked, differences


def _check_file(file: Path) -> tuple[list[str], list[str]]:
    try:
        vectors = json.loads(file.read_text(encoding="utf-8"))
        metric, tolerance, cases = (vectors[key] for key in ("metric", "tolerance", "cases"))
        atol, rtol = float(tolerance["atol"]), float(tolerance["rtol"])
        compute = METRICS.get(metric)
        cases = list(cases)
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        return [], [f"is not a vector file: {_described(error)}"]
    if compute is None:
        return [], [f"unknown metric {metric!r}"]
    if not cases:
        return [], ["the file has no cases"]
    names: set[str] = set()
    differences: list[str] = []
    for case in cases:
        try:
            computed = compute(case["inputs"])
            names |= set(computed)
            problems = _differences(computed, case["expected"], rtol, atol)
        except Exception as error:  # any exception fails only this case
            problems = [f"cannot be run: {_described(error)}"]
        name = case.get("name") if isinstance(case, dict) else case
        differences += [f"{name}: {problem}" for problem in problems]
    return [f"{file.name}: {len(cases)} cases of {', '.join(sorted(names))}"], differences


def _skill(inputs: Computed) -> Computed:
    skills = [skill(task["score"], task["baseline"], task["ceiling"]) for task in inputs["tasks"]]
    return {"skills": skills, "mean_skill": mean_skill(skills)}


def _aggregate(inputs: Computed) -> Computed:
    scores, up = np.array(inputs["scores"]), inputs["higher_is_better"]
    return {
        "mean_score": [mean_score(column) for column in scores.T.tolist()],
        "mean_rank": mean_ranks(scores, up),
        "win_rate": win_rates(scores, up),
        "rescaled_score": rescaled_scores(scores, up),
        "elo_tabarena": elo(scores, inputs["anchor"], up, virtual_tie=False),
        "elo_prior_tie": elo(scores, inputs["anchor"], up),
    }


def _friedman_nemenyi(inputs: Computed) -> Computed:
    scores = np.array(inputs["scores"])
    found = friedman(scores, inputs["higher_is_better"], inputs["alpha"])
    return {
        "mean_ranks": found.mean_ranks,
        "chi2": found.chi2,
        "p_chi2": found.p_chi2,
        "iman_davenport_f": found.f,
        "p_f": found.p_f,
        "q_alpha": found.q_alpha,
        "cd": found.critical_difference,
        "cliques": found.cliques,
        "nemenyi_p": nemenyi_p_values(found),
    }


def _ladder(inputs: Computed) -> Computed:
    attempts = [Attempt(number, np.array(rows)) for number, rows in enumerate(inputs["losses"])]
    _, replies = replay(attempts, Ladder(step=inputs["eta"]))
    return {
        "reported_paper": [reply.loss for reply in replies],
        "accepted_paper": [reply.accepted for reply in replies],
    }


METRICS: dict[str, Callable[[Computed], Computed]] = {
    "aggregate": _aggregate,
    "friedman_nemenyi": _friedman_nemenyi,
    "ladder": _ladder,
    "skill": _skill,
}


def _differences(computed: Computed, expected: Computed, rtol: float, atol: float) -> list[str]:
    return [
        f"{name} is {value}, expected {expected[name]}"
        for name, value in computed.items()
        if not _close(value, expected[name], rtol, atol)
    ]


def _close(computed: Any, expected: Any, rtol: float, atol: float) -> bool:
    """Whether the two agree within the tolerance; an undefined value (None) equals only itself."""
    if _is_ragged(expected):
        return len(computed) == len(expected) and all(
            _close(*pair, rtol, atol) for pair in zip(computed, expected, strict=True)
        )
    left = np.array(computed, dtype=float)  # None becomes NaN
    right = np.array(expected, dtype=float)
    return left.shape == right.shape and np.allclose(
        left, right, rtol=rtol, atol=atol, equal_nan=True
    )


def _is_ragged(expected: Any) -> bool:
    """Whether this is a list of lists, whose lengths may differ."""
    return isinstance(expected, list) and any(isinstance(each, list) for each in expected)


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
