"""What beat and workers do for boards."""

from functools import partial

from celery import shared_task
from django.core.cache import cache

from podium import workers
from podium.challenges.models import Task
from podium.standings import bundles, comparing, studies
from podium.standings.actions import fix_step
from podium.standings.models import Comparison
from podium.standings.reveal import due, reveal
from podium.submissions import tasks as submissions

PRUNE_SECONDS = 3600


@shared_task(name="standings.open_tasks")
def open_tasks() -> None:
    """Fix the step of every task that has opened."""
    for task in Task.objects.filter(step=None).select_related("challenge", "solution"):
        fix_step(task)


@shared_task(name="standings.reveal")
def reveal_due() -> None:
    """Make the private boards of every challenge whose time has come."""
    failed: list[Exception] = []
    for challenge in due():
        try:
            reveal(challenge)
        except Exception as error:
            failed.append(error)  # the other challenges must not wait for this one
    if failed:
        raise failed[0]


@shared_task(name="standings.study")
def study(board_id: int) -> None:
    """Find how sure the ranks of a board are, in the states of it that are shown."""
    studies.study(board_id)


@shared_task(name="standings.compare")
def compare(comparison_id: int) -> None:
    """Compare two submissions row by row."""
    do = partial(comparing.compare, scorer=submissions.scorer)
    Comparison.run(comparison_id, do=do, fail=lambda job, _: comparing.fail(job))


@shared_task(name="standings.bundle")
def bundle(board_id: int) -> None:
    """Make and store the bundle of a private board, from which anybody can recompute it."""
    bundles.keep(board_id)


@shared_task(name="standings.sweep")
def sweep() -> None:
    """Send again what got lost, and now and then delete what nobody will ask for."""
    studies.sweep()
    Comparison.sweep(in_broker=workers.queue_lengths().get("studies", 0))
    # Each process remembers for itself: that it is done a few times an hour does no harm.
    if cache.add("comparisons-pruned", True, PRUNE_SECONDS):
        comparing.prune()
