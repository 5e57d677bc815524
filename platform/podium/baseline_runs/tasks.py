"""What the baseline worker does. Only ids travel in messages."""

from celery import shared_task

from podium import workers
from podium.baseline_runs import actions, diagnosis_runs, training
from podium.baseline_runs.models import BaselineRun, Diagnosis


@shared_task(name="baseline_runs.run")
def run_baseline(run_id: int) -> None:
    """Train a queued baseline."""
    if not actions.has_to_wait(run_id):
        BaselineRun.run(run_id, do=training.train, fail=training.fail)


@shared_task(name="baseline_runs.diagnose")
def diagnose_version(diagnosis_id: int) -> None:
    """Make a queued diagnosis."""
    Diagnosis.run(diagnosis_id, do=diagnosis_runs.work, fail=diagnosis_runs.fail)


@shared_task(name="baseline_runs.sweep")
def sweep() -> None:
    """Send lost runs again, start what every task needs, then look after diagnoses.

    Diagnoses wait until the queue is empty.
    """
    actions.start_trivial()
    in_broker = workers.queue_lengths().get("baselines", 0)
    if not BaselineRun.sweep(in_broker=in_broker) and not in_broker:
        Diagnosis.sweep()
        actions.diagnose_missing()
