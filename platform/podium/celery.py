"""The Celery application, and the one way to send a task to its workers."""

import os

import structlog
from celery import Celery
from django.db import transaction
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "podium.settings")

log = structlog.get_logger(__name__)
app = Celery("podium")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def send(name: str, *args: object, expires: float | None = None) -> None:
    """Send a task by its name when this transaction commits.

    The database is the truth and Redis a hint: if Redis is down, the next sweep sends it again.
    Naming the task keeps the modules that send it independent of the one that defines it.
    """
    transaction.on_commit(lambda: _send(name, args, expires), robust=True)


def _send(name: str, args: tuple[object, ...], expires: float | None) -> None:
    try:
        app.send_task(name, args, expires=expires, ignore_result=True)
    except OperationalError as error:
        log.warning("task not sent", task=name, args=args, reason=str(error))
