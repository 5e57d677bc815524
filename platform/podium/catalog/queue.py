"""Sending ids to the data set worker. The database is the truth: what gets lost is sent again."""

from typing import Any

import structlog
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def send(task: Any, pk: int) -> None:
    """Send the id when this transaction commits. A queue that is away is no error."""
    transaction.on_commit(lambda: _send(task, pk), robust=True)


def _send(task: Any, pk: int) -> None:
    try:
        task.delay(pk)
    except OperationalError as error:
        log.warning("the queue is away", task=task.name, id=pk, reason=str(error))
