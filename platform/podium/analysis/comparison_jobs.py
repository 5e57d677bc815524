"""Row-by-row comparisons of two submissions, computed once by a worker and stored raw.

The values are computed from private labels, and only `comparisons` may show them.
"""

from collections.abc import Collection
from dataclasses import asdict
from datetime import timedelta

import structlog
from django.db.models import Q, QuerySet
from django.utils import timezone

from podium.files import Json
from podium.standings.models import Comparison, ComparisonState
from podium.submissions.jobs.evaluating import NoRows, rows_of
from podium.submissions.models import Evaluation, Score
from scoring import METRICS
from scoring.runner import Scorer

# Part, first and second evaluation, the smaller id first.
Key = tuple[str, int, int]
log = structlog.get_logger(__name__)

MOST_WAITING = 50
# A comparison that failed or found no rows is retried when it is requested after this time.
RETRY = timedelta(hours=1)
# A result for evaluations that no longer count is not shown anywhere. It stays stored for this time
# anyway, because another rescore can take the last one back.
KEPT = timedelta(days=30)
MOST_PRUNED = 5_000

GIVEN_UP = "This comparison could not be computed. An operator finds why in the log."
NO_ROWS = "The rows of one of the two submissions are not kept any more."
OTHER_ROWS = "The two submissions were scored by different solutions or metrics."


def unfinished() -> QuerySet[Comparison]:
    """Return the comparisons that are queued or running."""
    return Comparison.objects.filter(state__in=[ComparisonState.QUEUED, ComparisonState.RUNNING])


def compare(comparison: Comparison, scorer: Scorer) -> None:
    """Compute the claimed comparison and store the result, or why there is none."""
    try:
        with comparison.renewing():
            result = _made(comparison, scorer)
    except NoRows as problem:
        log.warning("no comparison", comparison=comparison.pk, reason=str(problem))
        fail(comparison, NO_ROWS)
        return
    if result is None:
        fail(comparison, OTHER_ROWS)
    else:
        comparison.finish(ComparisonState.DONE, result=result)


def fail(comparison: Comparison, reason: str = GIVEN_UP) -> None:
    """End the claimed comparison with the reason why there is no result."""
    comparison.finish(ComparisonState.FAILED, reason=reason)


def stored(keys: Collection[Key]) -> dict[Key, Comparison]:
    """Return those comparisons that have already been requested, by part and evaluations."""
    ids = {pk for _, *pair in keys for pk in pair}
    found = Comparison.objects.filter(first__in=ids, second__in=ids)
    by_key = {(each.part, each.first_id, each.second_id): each for each in found}
    return {key: by_key[key] for key in keys if key in by_key}


def stored_or_asked(keys: Collection[Key]) -> dict[Key, Comparison]:
    """Return the comparisons; new ones are requested first, unless too many are waiting.

    A comparison that could not be made is requested again after a while.
    """
    found = stored(keys)
    new = [key for key in keys if key not in found]
    again = [key for key, each in found.items() if _may_be_retried(each)]
    if not new and not again:
        return found
    room = max(0, MOST_WAITING - unfinished().count())
    for key in again[:room]:
        _retry(found[key])
    return found | _asked(new[: max(0, room - len(again))])


def prune() -> int:
    """Delete old comparisons of evaluations that no longer count. Return how many."""
    over = Q(first__counts=False) | Q(second__counts=False)
    old = Comparison.objects.filter(over, queued_at__lt=timezone.now() - KEPT)
    ids = list(old.values_list("pk", flat=True)[:MOST_PRUNED])
    return Comparison.objects.filter(pk__in=ids).delete()[0]


def _asked(keys: Collection[Key]) -> dict[Key, Comparison]:
    """Queue new comparisons and return them. A concurrent request does not add a second one."""
    if not keys:
        return {}
    Comparison.objects.bulk_create(
        [Comparison(part=part, first_id=first, second_id=second) for part, first, second in keys],
        ignore_conflicts=True,
    )
    found = stored(keys)
    for comparison in found.values():
        comparison.send()
    return found


def _may_be_retried(comparison: Comparison) -> bool:
    """Return whether a retry may succeed after missing rows or a failure."""
    is_old = comparison.queued_at <= timezone.now() - RETRY
    return is_old and comparison.reason in {NO_ROWS, GIVEN_UP}


def _retry(comparison: Comparison) -> None:
    """Queue the comparison again; of several concurrent requests, only one sends it."""
    as_read = Comparison.objects.filter(pk=comparison.pk, state=comparison.state)
    if Comparison.requeue(as_read, reason=""):
        comparison.send()
        comparison.reason = ""


def raw_scores(
    evaluations: Collection[Evaluation], metrics: Collection[str]
) -> dict[tuple[int, str, str], float | None]:
    """Return raw scores of evaluations, by evaluation, part and metric."""
    found = Score.objects.filter(evaluation__in=evaluations, metric__in=metrics)
    values = found.values_list("evaluation", "part", "metric", "value")
    return {(evaluation, part, metric): value for evaluation, part, metric, value in values}


def _made(comparison: Comparison, scorer: Scorer) -> Json | None:
    """Return the duel of the two evaluations, None if they were made for other rows or metrics.

    Raises NoRows.
    """
    from leaderboard.duels import duel
    from podium.analysis.row_arrays import is_of, one_thread, rows_of_part
    from scoring.artefact import unpack_rows

    task, both = comparison.first.submission.task, (comparison.first, comparison.second)
    solution = comparison.first.solution
    if not all(is_of(each, solution, task.headline) for each in both):
        return None
    scores = raw_scores(both, [task.headline])
    one, other = (
        (scores.get((each.pk, comparison.part, task.headline)), unpack_rows(rows_of(each, scorer)))
        for each in both
    )
    rows = rows_of_part(solution, comparison.part)
    with one_thread():
        found = duel(
            task.headline,
            METRICS[task.headline].higher_is_better,
            rows.version,
            rows.groups,
            rows.part,
            one,
            other,
            rows.truth,
        )
    return asdict(found)
