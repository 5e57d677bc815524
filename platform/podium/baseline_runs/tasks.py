"""What the baseline worker does. Ids only travel in messages."""

from celery import shared_task
from celery.signals import worker_init, worker_shutting_down

from podium import workers
from podium.baseline_runs import actions, training
from podium.baseline_runs.scratch import sweep_scratch


@shared_task(name="baseline_runs.run")
def run_baseline(run_id: int) -> None:
    """Train a queued baseline unless somebody else does or has."""
    if run := actions.claim(run_id):
        training.train(run)


@shared_task(name="baseline_runs.sweep")
def sweep() -> None:
    """Bring back runs that got lost."""
    actions.sweep(in_broker=workers.queue_lengths().get("baselines", 0))


@worker_init.connect
def _clean_up(**_: object) -> None:
    sweep_scratch()


@worker_shutting_down.connect
def _give_back(**_: object) -> None:
    training.stop_all()
