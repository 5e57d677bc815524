"""What the data set worker does. Only ids travel in messages."""

from celery import shared_task

from podium import workers
from podium.catalog import work
from podium.catalog.actions import imports
from podium.catalog.models import Import, Profile


@shared_task(name="catalog.work")
def work_on_import(import_id: int) -> None:
    """Do the queued step of an import."""
    Import.run(import_id, do=work.do, fail=imports.fail)


@shared_task(name="catalog.profile")
def draw_profile(profile_id: int) -> None:
    """Draw the figures of a version."""
    Profile.run(profile_id, do=work.profile, fail=work.fail_profile)


@shared_task(name="catalog.sweep")
def sweep() -> None:
    """Send lost imports again, and lost figures once the queue is empty."""
    in_broker = workers.queue_lengths().get("datasets", 0)
    if not Import.sweep(in_broker=in_broker) and not in_broker:
        Profile.sweep()
