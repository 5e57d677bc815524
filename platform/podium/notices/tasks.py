"""What beat does for notices."""

from celery import shared_task

from podium.notices import actions, mailing, telling


@shared_task(name="notices.sweep")
def sweep() -> None:
    """Send every notice that is due."""
    telling.sweep()


@shared_task(name="notices.mail")
def mail() -> None:
    """Send a batch of mails, and go on behind whatever waits until all are sent."""
    if mailing.send():
        mail.delay()


@shared_task(name="notices.tidy")
def tidy() -> None:
    """Delete some old notices, and go on behind whatever waits until none is left."""
    if actions.tidy():
        tidy.delay()
