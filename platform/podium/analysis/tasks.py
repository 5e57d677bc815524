"""Worker tasks that add analyses to boards."""

from functools import partial

from celery import shared_task
from django.core.cache import caches

from podium import workers
from podium.analysis import bundles, comparison_jobs, studies
from podium.standings.models import Comparison
from podium.submissions import tasks as submissions

PRUNE_SECONDS = 3600


@shared_task(name="analysis.study")
def study(board_id: int) -> None:
    """Compute how certain the ranks of a board are, for each state that is shown."""
    studies.study(board_id)


@shared_task(name="analysis.compare")
def compare(comparison_id: int) -> None:
    """Compare two submissions row by row."""
    do = partial(comparison_jobs.compare, scorer=submissions.scorer)
    Comparison.run(comparison_id, do=do, fail=lambda job, _: comparison_jobs.fail(job))


@shared_task(name="analysis.bundle")
def bundle(board_id: int) -> None:
    """Make and store the bundle of a private board, from which anyone can recompute it."""
    bundles.keep(board_id)


@shared_task(name="analysis.sweep")
def sweep() -> None:
    """Send lost work again, and now and then delete comparisons that are no longer needed."""
    studies.sweep()
    Comparison.sweep(in_broker=workers.queue_lengths().get("studies", 0))
    # Each process has its own memory of it, and pruning a few times an hour does no harm.
    if caches["pages"].add("comparisons-pruned", True, PRUNE_SECONDS):
        comparison_jobs.prune()
