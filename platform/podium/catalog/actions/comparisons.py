"""Whether two data set versions have equal rows or records in parts that do not agree."""

from collections.abc import Iterable

from podium import files
from podium.catalog.models import Solution, SolutionComparison
from tabset import sisters


def compare(one: Solution, other: Solution) -> SolutionComparison:
    """Return what a comparison of two solutions' versions found; it is made the first time.

    It reads the public tables, and the ids and parts of both solutions, but no label.
    """
    first, second = sorted([one, other], key=lambda solution: solution.pk)
    known = SolutionComparison.objects.filter(first=first, second=second).first()
    if known is not None:
        return known
    found = sisters.conflicts(_sister(first), _sister(second))
    counts = {
        "usage_rows": found.usage,
        "train_rows": found.train,
        "records": found.records,
    }
    return SolutionComparison.objects.get_or_create(first=first, second=second, defaults=counts)[0]


def compared(solutions: Iterable[int]) -> dict[frozenset[int], SolutionComparison]:
    """Return the comparisons among these solutions that were made, by both ids."""
    ids = list(solutions)
    rows = SolutionComparison.objects.filter(first__in=ids, second__in=ids)
    return {frozenset({row.first_id, row.second_id}): row for row in rows}


def _sister(solution: Solution) -> sisters.Sister:
    return sisters.Sister(
        files.local(files.public(), str(solution.dataset_version.folder)),
        files.local(files.private(), solution.file),
    )
