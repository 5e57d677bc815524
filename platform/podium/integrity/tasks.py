"""What workers do to find cases. Only ids travel in messages."""

from celery import shared_task

from podium.integrity import looking


@shared_task(name="integrity.look")
def look(task_id: int) -> None:
    """Look for cases among the files of a task."""
    looking.look(task_id)


@shared_task(name="integrity.sweep")
def sweep() -> None:
    """Look at the tasks whose message or worker is gone."""
    looking.sweep()
