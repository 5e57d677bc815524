"""Run reference vectors: files of inputs and expected values, independent of this code.

A file is `{"metric", "tolerance": {"rtol", "atol"}, "cases": [{"name", "inputs", "expected"}]}`.
A metric without a runner fails, so nothing passes because it is unknown.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scoring.metrics.clusters import UnknownItem
from scoring.reading import Unreadable
from scoring.vectors.comparisons import COMPARISONS
from scoring.vectors.groups import GROUPS
from scoring.vectors.metrics import METRICS, Runner

RUNNERS: Mapping[str, Runner] = {**METRICS, **COMPARISONS, **GROUPS}
"""By the metric name of a vector file, a function from a case's inputs to what it expects."""

# Vectors name the same fault of a bare matrix, which has no column names.
_ERROR_NAMES = {"missing_column": "wrong_number_of_columns"}


@dataclass(frozen=True)
class FileResult:
    """How many cases of one vector file passed, and what went wrong with the others."""

    path: Path
    passed: int
    failures: tuple[str, ...]


def check_folder(folder: Path) -> list[FileResult]:
    """The result of every vector file in a folder, by name."""
    return [check_file(path) for path in sorted(Path(folder).glob("*.json"))]


def check_file(path: Path) -> FileResult:
    """The result of one vector file; any other file is a failure."""
    try:
        document = json.loads(path.read_bytes())
        metric, tolerance, cases = (document[key] for key in ("metric", "tolerance", "cases"))
        run = RUNNERS.get(metric)
        checked = list(cases)
    except (OSError, ValueError, RecursionError) as error:
        return FileResult(path, 0, (f"cannot be read: {_described(error)}",))
    except (KeyError, TypeError) as error:
        return FileResult(path, 0, (f"is not a vector file: {_described(error)}",))
    if run is None:
        return FileResult(path, 0, (f"no runner for the metric {metric}",))
    if not checked:
        return FileResult(path, 0, ("the file has no cases",))
    failures = [failure for case in checked if (failure := _failure(run, case, tolerance))]
    return FileResult(path, len(checked) - len(failures), tuple(failures))


def _failure(run: Runner, case: Any, tolerance: Any) -> str:
    """What is wrong with a case, empty if it passes."""
    name = case.get("name") if isinstance(case, dict) else case
    try:
        found, expected = _found(run, case["inputs"]), case["expected"]
        same = _same(found, expected, tolerance)
    except Exception as error:  # any exception fails only this case
        return f"{name}: cannot be run: {_described(error)}"
    return "" if same else f"{name}: expected {expected}, found {found}"


def _found(run: Runner, inputs: Any) -> Any:
    """The result of a runner, or the name of the fault for which the code rejects the inputs."""
    try:
        return run(inputs)
    except Unreadable as error:
        code = error.problems[0].code
        return {"error": _ERROR_NAMES.get(code, code)}
    except UnknownItem:
        return {"error": "unknown_item"}


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _same(found: Any, expected: Any, tolerance: Mapping[str, float]) -> bool:
    """Whether two values agree: numbers within the tolerance, all else exactly."""
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(_same(found[key], expected[key], tolerance) for key in expected)
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(_same(*pair, tolerance) for pair in zip(found, expected, strict=True))
        )
    if _is_number(expected) and _is_number(found):
        return math.isclose(found, expected, rel_tol=tolerance["rtol"], abs_tol=tolerance["atol"])
    return type(found) is type(expected) and bool(found == expected)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
