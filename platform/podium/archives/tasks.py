"""What workers do with archives. Only ids travel in messages."""

from celery import shared_task

from podium import workers
from podium.archives import actions
from podium.archives.models import Archive


@shared_task(name="archives.write")
def write(archive_id: int) -> None:
    """Write an archive that an owner asked for."""
    Archive.run(archive_id, do=actions.make, fail=actions.fail)


@shared_task(name="archives.sweep")
def sweep() -> None:
    """Send archives again whose worker or message is gone."""
    Archive.sweep(in_broker=workers.queue_lengths().get("datasets", 0))
