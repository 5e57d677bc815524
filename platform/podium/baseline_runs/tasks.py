"""What the baseline worker does. Ids only travel in messages."""

from celery import shared_task

from podium import workers
from podium.baseline_runs import actions, diagnosing, diagnosis, training


@shared_task(name="baseline_runs.run")
def run_baseline(run_id: int) -> None:
    """Train a queued baseline unless somebody else does or has."""
    if run := actions.claim(run_id):
        training.train(run)


@shared_task(name="baseline_runs.diagnose")
def diagnose_version(diagnosis_id: int) -> None:
    """Make a queued diagnosis unless somebody else does or has."""
    if found := diagnosis.claim(diagnosis_id):
        diagnosing.work(found)


@shared_task(name="baseline_runs.sweep")
def sweep() -> None:
    """Bring back runs and diagnoses that got lost, and ask for the diagnoses that are missing."""
    in_broker = workers.queue_lengths().get("baselines", 0)
    sent = actions.sweep(in_broker=in_broker)
    diagnosis.sweep(in_broker=in_broker + sent)
