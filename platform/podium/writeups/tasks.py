"""What beat does for write-ups."""

import structlog
from celery import shared_task

from podium.writeups import attachments

log = structlog.get_logger(__name__)


@shared_task(name="writeups.tidy")
def tidy() -> None:
    """Delete what killed processes have left in the storage."""
    if lost := attachments.tidy():
        log.info("lost attachments deleted", count=lost)
