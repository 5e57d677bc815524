"""Periodic tasks for boards."""

from celery import shared_task

from podium.challenges.models import Task
from podium.standings.actions import fix_step
from podium.standings.reveal import due, reveal


@shared_task(name="standings.open_tasks")
def open_tasks() -> None:
    """Fix the step of every task that has opened."""
    for task in Task.objects.filter(step=None).select_related("challenge", "solution"):
        fix_step(task)


@shared_task(name="standings.reveal")
def reveal_due() -> None:
    """Make the private boards of every challenge that is due."""
    failed: list[Exception] = []
    for challenge in due():
        try:
            reveal(challenge)
        except Exception as error:
            failed.append(error)  # the other challenges must not wait for this one
    if failed:
        raise failed[0]
