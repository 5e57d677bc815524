"""What the baseline worker does. Ids only travel in messages."""

from celery import shared_task

from podium import workers
from podium.baseline_runs import actions, training


@shared_task(name="baseline_runs.run")
def run_baseline(run_id: int) -> None:
    """Train a queued baseline unless somebody else does or has."""
    if run := actions.claim(run_id):
        training.train(run)


@shared_task(name="baseline_runs.sweep")
def sweep() -> None:
    """Bring back runs that got lost."""
    actions.sweep(in_broker=workers.queue_lengths().get("baselines", 0))
