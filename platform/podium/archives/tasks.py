"""What workers do with archives. Only ids travel in messages."""

from celery import shared_task

from podium import workers
from podium.archives import actions, importing
from podium.archives.models import Archive, ArchiveImport


@shared_task(name="archives.write")
def write(archive_id: int) -> None:
    """Write an archive that an owner asked for."""
    Archive.run(archive_id, do=actions.make, fail=actions.fail)


@shared_task(name="archives.read")
def read(import_id: int) -> None:
    """Import an archive that staff uploaded."""
    ArchiveImport.run(import_id, do=importing.take_in, fail=importing.fail)


@shared_task(name="archives.sweep")
def sweep() -> None:
    """Send archives and imports again whose worker or message is gone."""
    waiting = workers.queue_lengths().get("datasets", 0)
    for kind in (Archive, ArchiveImport):
        kind.sweep(in_broker=waiting)
