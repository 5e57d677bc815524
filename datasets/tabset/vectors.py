"""Compares this package with reference vectors that other code made."""

import json
from pathlib import Path
from typing import Any

from tabset import splits
from tabset.errors import DatasetError

METRIC = "public_private_split"


def check_vectors(folder: Path) -> tuple[int, list[str]]:
    """How many cases of `folder/**/*.json` concern this package, and which of them differ.

    Raises `DatasetError` for a file that is not JSON.
    """
    cases = 0
    findings = []
    for path in sorted(folder.rglob("*.json")):
        try:
            document = json.loads(path.read_bytes())
        except ValueError as error:
            raise DatasetError(f"{path} is not JSON in UTF-8: {error}") from error
        if not isinstance(document, dict) or document.get("metric") != METRIC:
            continue
        for case in document["cases"]:
            cases += 1
            if finding := _check(case):
                findings.append(f"{path.name}, case {case['name']}: {finding}")
    return cases, findings


def _check(case: dict[str, Any]) -> str:
    inputs = case["inputs"]
    got = splits.public_private(inputs["ids"], inputs["salt"], inputs["public_fraction"])
    expected = tuple(case["expected"])
    if got == expected:
        return ""
    rows = [row for row, pair in enumerate(zip(got, expected, strict=True)) if pair[0] != pair[1]]
    return f"rows {rows} are in the other part"
