"""What is kept of the problems of a file: as much as its sender may know."""

from collections.abc import Iterable
from dataclasses import asdict

from podium.accounts.models import User
from podium.catalog.actions.licences import has_accepted
from podium.catalog.models import DatasetVersion
from podium.files import Json
from scoring.result import Problem

# How one learns which ids are meant.
_ACCEPT = "To see which ones, accept the licence of the data set and upload the file again."
_CHECK = "Compare the file with the test rows, whose licence you accept before you download them."


def redact_for_sender(
    problems: Iterable[Problem], version: DatasetVersion, sender: User | None
) -> list[Json]:
    """Return the problems as they are stored and shown.

    Ids of test rows are named only to users who have the test rows: with a licence to accept
    before the first download, to users who accepted it. `sender` is None for a baseline's file.
    """
    may_know = sender is None or not version.is_restricted or has_accepted(sender, version)
    return [asdict(each if may_know else _without_ids(each, _ACCEPT)) for each in problems]


def for_organizers(problems: Iterable[Problem], version: DatasetVersion) -> list[dict[str, str]]:
    """Return code and words of the problems as all organizers of a challenge read them.

    Not each of them has accepted the licence of a restricted data set, so of that no ids are named
    that are not in the file itself.
    """
    shown = (_without_ids(each, _CHECK) if version.is_restricted else each for each in problems)
    return [{"code": each.code, "message": each.message} for each in shown]


def _without_ids(problem: Problem, way: str) -> Problem:
    """Return the problem without ids that are not in the file itself."""
    if problem.code != "missing_id":
        return problem
    what = "test id has no row" if problem.count == 1 else "test ids have no row"
    return Problem(problem.code, f"{problem.count} {what}. {way}", problem.rows, problem.count)
