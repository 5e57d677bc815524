"""What beat does for notices."""

from celery import shared_task

from podium.notices import mailing, telling


@shared_task(name="notices.sweep")
def sweep() -> None:
    """Tell of everything whose time has come."""
    telling.sweep()


@shared_task(name="notices.mail")
def mail() -> None:
    """Send a batch of mails, and go on behind whatever waits until all are sent."""
    if mailing.send():
        mail.delay()
