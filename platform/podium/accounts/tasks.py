"""What beat does for accounts."""

from celery import shared_task

from podium.accounts import networks


@shared_task(name="accounts.tidy")
def tidy() -> None:
    """Delete what is stored only for a while."""
    networks.forget_old()
