"""What workers do with rehearsals. Only ids travel in messages."""

from celery import shared_task

from podium import workers
from podium.rehearsals import jobs
from podium.rehearsals.models import Rehearsal


@shared_task(name="rehearsals.play")
def play(rehearsal_id: int) -> None:
    """Play a rehearsal that organizers asked for."""
    Rehearsal.run(rehearsal_id, do=jobs.run, fail=jobs.fail)


@shared_task(name="rehearsals.sweep")
def sweep() -> None:
    """Send rehearsals again whose worker or message is gone."""
    Rehearsal.sweep(in_broker=workers.queue_lengths().get("datasets", 0))
