"""What workers add to boards."""

from functools import partial

from celery import shared_task
from django.core.cache import cache

from podium import workers
from podium.analysis import bundles, comparison_jobs, studies
from podium.standings.models import Comparison
from podium.submissions import tasks as submissions

PRUNE_SECONDS = 3600


@shared_task(name="analysis.study")
def study(board_id: int) -> None:
    """Find how sure the ranks of a board are, in the states of it that are shown."""
    studies.study(board_id)


@shared_task(name="analysis.compare")
def compare(comparison_id: int) -> None:
    """Compare two submissions row by row."""
    do = partial(comparison_jobs.compare, scorer=submissions.scorer)
    Comparison.run(comparison_id, do=do, fail=lambda job, _: comparison_jobs.fail(job))


@shared_task(name="analysis.bundle")
def bundle(board_id: int) -> None:
    """Make and store the bundle of a private board, from which anybody can recompute it."""
    bundles.keep(board_id)


@shared_task(name="analysis.sweep")
def sweep() -> None:
    """Send again what got lost, and now and then delete what nobody will ask for."""
    studies.sweep()
    Comparison.sweep(in_broker=workers.queue_lengths().get("studies", 0))
    # Each process remembers for itself: that it is done a few times an hour does no harm.
    if cache.add("comparisons-pruned", True, PRUNE_SECONDS):
        comparison_jobs.prune()
