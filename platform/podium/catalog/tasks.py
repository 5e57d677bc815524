"""What the data set worker does. Ids only travel in messages."""

from celery import shared_task

from podium import workers
from podium.catalog import actions, work
from podium.catalog.actions import imports, profiles


@shared_task(name="catalog.work")
def work_on_import(import_id: int) -> None:
    """Do the queued step of an import unless somebody else does or has."""
    if source := imports.claim(import_id):
        work.do(source)


@shared_task(name="catalog.profile")
def profile_version(version_id: int) -> None:
    """Draw the figures of a version that lacks them."""
    if version := profiles.claim_profile(version_id):
        work.profile(version)


@shared_task(name="catalog.sweep")
def sweep() -> None:
    """Bring back imports and figures that got lost."""
    in_broker = workers.queue_lengths().get("datasets", 0)
    sent = actions.sweep(in_broker=in_broker)
    profiles.sweep_profiles(in_broker=in_broker + sent)
