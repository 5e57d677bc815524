"""What is kept of the problems of a file: as much as its sender may know."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from podium.catalog.actions import has_accepted
from podium.catalog.models import DatasetVersion
from scoring.result import Problem


def told(problems: Iterable[Problem], version: DatasetVersion, sender: Any) -> list[dict[str, Any]]:
    """Return the problems as they are stored and shown.

    Ids of test rows are named to who has the test rows: of a data set whose licence is accepted
    before the first download, to who has accepted it. `sender` is None for a baseline's file.
    """
    may_know = sender is None or not version.is_restricted or has_accepted(sender, version)
    return [asdict(each if may_know else _without_ids(each)) for each in problems]


def _without_ids(problem: Problem) -> Problem:
    """Return the problem without ids that do not stand in the file itself."""
    if problem.code != "missing_id":
        return problem
    what = "test id has no row" if problem.count == 1 else "test ids have no row"
    message = (
        f"{problem.count} {what}. Which ones is told once you have accepted the licence of the "
        "data set and sent the file again."
    )
    return Problem(problem.code, message, problem.rows, problem.count)
