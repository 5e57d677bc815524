"""What workers do with corrected solutions. Only ids travel in messages."""

from celery import shared_task

from podium import workers
from podium.corrections import comparing
from podium.corrections.models import Correction


@shared_task(name="corrections.compare")
def compare(correction_id: int) -> None:
    """Check a corrected solution and compare it with the present one."""
    Correction.run(correction_id, do=comparing.compare, fail=comparing.fail)


@shared_task(name="corrections.sweep")
def sweep() -> None:
    """Send corrections again whose worker or message is gone."""
    Correction.sweep(in_broker=workers.queue_lengths().get("datasets", 0))
