"""Which column of a submitted file is which, and what is wrong with the header."""

from __future__ import annotations

from collections import Counter

from scoring.messages import names as listed
from scoring.reading import RawTable
from scoring.result import READ_AS, Problem
from scoring.spec import TaskSpec


def resolve_header(raw: RawTable, spec: TaskSpec) -> tuple[RawTable, list[Problem]]:
    """The table with tolerated names corrected, and the problems of its header."""
    raw = _put_right(raw, spec)
    required, optional = _expected(raw, spec)
    found = Counter(raw.names)
    missing = [name for name in required if name not in found]
    unknown = [name for name in found if name not in {*required, *optional}]
    repeated = [name for name, count in found.items() if count > 1]
    problems = []
    if missing:
        problems.append(_missing(missing, raw, spec))
    if unknown:
        problems.append(_unknown(unknown, spec))
    if repeated:
        message = f"The header repeats {listed(repeated)}. Name every column once."
        problems.append(Problem("duplicate_column", message, (), len(repeated)))
    return raw, problems


def _put_right(raw: RawTable, spec: TaskSpec) -> RawTable:
    """The table with `Id`, `SCORE` … spelled as expected, unless that is the name of a class."""
    keywords = {"id", "prediction", "score"} - set(raw.names)
    names, notes = list(raw.names), []
    for index, name in enumerate(names):
        if name.lower() in keywords and name not in spec.classes:
            names[index] = name.lower()
            keywords.remove(name.lower())
            notes.append(READ_AS[name.lower()])
    return raw.renamed(names, *notes) if notes else raw


def _expected(raw: RawTable, spec: TaskSpec) -> tuple[list[str], list[str]]:
    """Required and optional columns, given which of the two forms the file uses."""
    if spec.kind == "matching":
        return ["id", "score"], ["prediction"]
    if "prediction" in raw.names:
        return ["id", "prediction"], []
    return ["id", *spec.classes], []


def _missing(missing: list[str], raw: RawTable, spec: TaskSpec) -> Problem:
    what = "column is" if len(missing) == 1 else "columns are"
    message = f"{len(missing)} {what} missing: {listed(missing)}. {_forms(spec)}"
    if len(raw.names) == 1 and any(mark in raw.names[0] for mark in ";\t|"):
        message += " The header has no comma: separate the cells by commas."
    return Problem("missing_column", message, (), len(missing))


def _unknown(unknown: list[str], spec: TaskSpec) -> Problem:
    what = "column is" if len(unknown) == 1 else "columns are"
    message = f"{len(unknown)} {what} not expected: {listed(unknown)}. {_forms(spec)}"
    if any(name in ("", "Unnamed: 0", "__index_level_0__") for name in unknown):
        message += " Write the table without its row index (pandas: index=False)."
    return Problem("unknown_column", message, (), len(unknown))


def _forms(spec: TaskSpec) -> str:
    if spec.kind == "matching":
        return "The columns are `id`, `score` and, optionally, `prediction`."
    return (
        "The columns are `id` and `prediction`, or `id` and one column of probabilities for "
        f"each class: {listed(spec.classes)}."
    )
