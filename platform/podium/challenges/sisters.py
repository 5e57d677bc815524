"""Tasks of a challenge whose data sets have equal rows or records in parts that do not agree.

If a row is public in one task and private in another, or a test row of one is a training row of
another, one task gives away labels of the other; and so it may if records are. So such tasks block
a challenge, unless it is a rehearsal.
"""

from collections.abc import Collection, Iterator
from itertools import combinations

from podium.catalog.actions.comparisons import compare, compared
from podium.catalog.models import SolutionComparison
from podium.challenges.models import Challenge, Phase, Task

Pair = tuple[Task, Task]


def settled_tasks(challenge: Challenge) -> set[int]:
    """Return the ids of tasks whose data sets are fixed, since the challenge is open.

    Those of a rehearsal are not among them: before its ranks count they are compared.
    """
    is_open = challenge.pk is not None and challenge.phase() not in {Phase.DRAFT, Phase.ANNOUNCED}
    if not is_open or challenge.is_rehearsal:
        return set()
    return set(challenge.tasks.values_list("pk", flat=True))


def contradictions(challenge: Challenge, settled: Collection[int] = ()) -> list[str]:
    """Describe the tasks that contradict each other, but not two `settled` ones.

    Every two tasks are compared, whose files are read the first time.
    """
    found = [(pair, compare(pair[0].solution, pair[1].solution)) for pair in _pairs(challenge)]
    return [
        text
        for pair, comparison in found
        if not {task.pk for task in pair} <= set(settled) and (text := _describe(pair, comparison))
    ]


def warnings(challenge: Challenge) -> list[str]:
    """Describe until the reveal the tasks that contradict each other; no file is read."""
    pairs = [] if challenge.is_revealed() else list(_pairs(challenge))
    known = compared({task.solution_id for pair in pairs for task in pair})
    found = [
        _describe(pair, comparison)
        if (comparison := known.get(frozenset(task.solution_id for task in pair)))
        else f"{_named(pair)} have not been compared. Run `challenge apply` with the file of this "
        "challenge to see whether one gives away labels of the other."
        for pair in pairs
    ]
    return [text for text in found if text]


def _pairs(challenge: Challenge) -> Iterator[Pair]:
    """Yield every two tasks that do not share their solution."""
    tasks = challenge.tasks.select_related("solution__dataset_version")
    for one, other in combinations(tasks, 2):
        if one.solution_id != other.solution_id:
            yield one, other


def _named(pair: Pair) -> str:
    return f"Tasks {' and '.join(task.slug for task in pair)}"


def _describe(pair: Pair, comparison: SolutionComparison) -> str:
    """Return what is wrong with two tasks and what to do; "" if nothing is."""
    facts = []
    if comparison.usage_rows:
        facts.append(
            f"{comparison.usage_rows:,} equal rows are public in one and private in the other"
        )
    if comparison.train_rows:
        facts.append(f"{comparison.train_rows:,} test rows of one are training rows of the other")
    if comparison.records:
        facts.append(f"{comparison.records:,} records of both are on different sides")
    if not facts:
        return ""
    return (
        f"{_named(pair)}: {', and '.join(facts)}, so one gives away labels of the other. Build "
        "both data sets with the same `shared_salt`, group key and shares."
    )
