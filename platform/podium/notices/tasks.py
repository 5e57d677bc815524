"""What beat does for notices."""

from celery import shared_task
from celery.signals import worker_init
from celery.worker import WorkController
from django.core.exceptions import ImproperlyConfigured

from podium.notices import actions, mailing, reveals, telling
from podium.starting import require_secrets


@shared_task(name="notices.sweep")
def sweep() -> None:
    """Send every notice that is due."""
    telling.sweep()


@shared_task(name="notices.mail")
def mail() -> None:
    """Send a batch of mails, and go on behind whatever waits until all are sent."""
    if mailing.send():
        mail.delay()


@shared_task(name="notices.reveals")
def tell_owners() -> None:
    """Mail the owners before their private boards appear."""
    reveals.tell_owners()


@shared_task(name="notices.tidy")
def tidy() -> None:
    """Delete some old notices, and go on behind whatever waits until none is left."""
    if actions.tidy():
        tidy.delay()


@worker_init.connect
def _refuse_to_mail(sender: WorkController, **_: object) -> None:
    """End a production worker that would make mails without what they need."""
    if "control" in sender.app.amqp.queues.consume_from:
        try:
            require_secrets()
        except ImproperlyConfigured as error:
            raise SystemExit(f"This worker does not send mails: {error}") from error
