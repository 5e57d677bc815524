"""Which column of a submitted file is which, and what is wrong with the header."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from scoring import hints
from scoring.messages import names as listed
from scoring.messages import quoted
from scoring.reading import RawTable, Unreadable
from scoring.result import READ_AS, Problem
from scoring.spec import TaskSpec


def resolve_header(raw: RawTable, spec: TaskSpec) -> tuple[RawTable, list[Problem]]:
    """The table with tolerated names corrected, and the problems of its header.

    Raises Unreadable with only that problem if something other than commas separates the cells.
    """
    if raw.is_text and (problem := hints.wrong_delimiter(raw.names)):
        raise Unreadable(problem)
    raw = _put_right(raw, spec)
    required, optional = _expected(raw, spec)
    found = Counter(raw.names)
    missing = [name for name in required if name not in found]
    unknown = [name for name in found if name not in {*required, *optional}]
    repeated = [name for name, count in found.items() if count > 1]
    index = [name for name in unknown if name in hints.INDEX_NAMES]
    meant = _meant([name for name in unknown if name not in index], missing)
    missing = [name for name in missing if name not in meant.values()]
    unknown = [name for name in unknown if name not in meant and name not in index]
    problems = [hints.saved_index(index, raw.is_text)] if index else []
    if meant:
        problems.append(_misspelled(meant))
    if missing:
        problems.append(_missing(missing, spec))
    if unknown:
        problems.append(_unknown(unknown, "" if missing else _forms(spec)))
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
    others = [name for name in raw.names if name not in ("id", "prediction")]
    if "prediction" not in raw.names and hints.near_misses(others, spec.classes):
        return ["id", *spec.classes], []
    return ["id", "prediction"], []


def _meant(unknown: list[str], missing: list[str]) -> dict[str, str]:
    """The missing column that each unknown one means, where it is clear."""
    meant = hints.near_misses(unknown, missing)
    for name in ("prediction", "score"):
        other = [each for each in unknown if each.lower() in _ALSO[name] and each not in meant]
        if name in missing and name not in meant.values() and len(other) == 1:
            meant[other[0]] = name
    return meant


def _misspelled(meant: Mapping[str, str]) -> Problem:
    pairs = "; ".join(
        f"{quoted(name)}, did you mean {quoted(right)}?" for name, right in meant.items()
    )
    what = "1 column has" if len(meant) == 1 else f"{len(meant)} columns have"
    message = f"{what} another name than expected: {pairs}"
    return Problem("unknown_column", message + " Rename and upload again.", (), len(meant))


def _missing(missing: list[str], spec: TaskSpec) -> Problem:
    what = "column is" if len(missing) == 1 else "columns are"
    message = f"{len(missing)} {what} missing: {hints.some(missing)}. {_forms(spec)}"
    return Problem("missing_column", message, (), len(missing))


def _unknown(unknown: list[str], forms: str) -> Problem:
    what = "column is" if len(unknown) == 1 else "columns are"
    advice = forms or "Remove what is not needed."
    message = f"{len(unknown)} {what} not expected: {hints.some(unknown)}. {advice}"
    return Problem("unknown_column", message, (), len(unknown))


def _forms(spec: TaskSpec) -> str:
    if spec.kind == "matching":
        return "The columns are `id`, `score` and, optionally, `prediction`."
    return (
        "The columns are `id` and `prediction`, or `id` and one column of probabilities for "
        f"each of the {len(spec.classes)} classes: {hints.some(spec.classes)}."
    )


_ALSO = {
    "prediction": {"label", "target", "class", "pred", "predicted", "predicted_label", "y_pred"},
    "score": {"prob", "proba", "probability", "similarity", "match", "pred"},
}
"""What other sites and libraries call these columns."""
