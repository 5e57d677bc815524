"""Reading an uploaded archive into this site, in a worker."""

import tempfile
import uuid
from pathlib import Path
from typing import BinaryIO

import structlog
from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.archives.models import ArchiveImport, ImportState
from podium.archives.reading import read
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge
from podium.jobs import LostClaim
from podium.refusals import Refused

log = structlog.get_logger(__name__)
_BLOCK = 1 << 20
_NO_OWNER = "The account that asked for it is gone. Upload the archive again."
_BROKEN = (
    "The archive could not be read because of an error on our side. The log of the worker says "
    "more. Ask an operator to repair it, then upload the archive again."
)


def ask(*, file: BinaryIO, name: str, size: int, slug: str, by: User) -> ArchiveImport:
    """Store an uploaded archive and queue its import."""
    if not by.is_staff:
        raise Refused("not_staff", "Only staff import archives. Ask the operator of the site.")
    stored = files.private().save(f"archives/uploads/{uuid.uuid4().hex}.zip", File(file))
    with transaction.atomic():
        job = ArchiveImport.objects.create(
            name=name[:200], file=stored, size=size, slug=slug, by=by, queued_at=timezone.now()
        )
        record(Verb.ASKED_FOR_ARCHIVE_IMPORT, subject=job, by=by, name=job.name, slug=slug)
        job.send()
    return job


def take_in(job: ArchiveImport) -> None:
    """Import a claimed archive: all of it, or nothing and the reason."""
    if job.by is None:
        fail(job, _NO_OWNER)
        return

    def confirm(challenge: Challenge) -> None:
        # In the transaction of the import, so that a lost claim undoes it.
        if not job.finish(ImportState.DONE, challenge=challenge, reason=""):
            raise LostClaim

    folder = f"archived/import-{job.pk}"
    files.delete_folder(files.private(), folder)  # of a worker that died in the middle
    try:
        with job.renewing(), tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as copy:
            with files.private().open(job.file) as stored:
                while block := stored.read(_BLOCK):
                    copy.write(block)
            copy.flush()
            path = Path(copy.name)
            imported = read(path, owner=job.by, slug=job.slug, folder=folder, confirm=confirm)
    except Refused as refused:
        fail(job, refused.message.replace(path.name, job.name))
        return
    except OSError:
        log.exception("archive not read", job=job.pk)
        fail(job, _BROKEN)
        return
    ArchiveImport.objects.filter(pk=job.pk).update(
        boards=imported.boards, different=imported.different
    )
    _drop(job)


def fail(job: ArchiveImport, reason: str) -> None:
    """End a claimed import with the reason why nothing was imported."""
    if job.finish(ImportState.FAILED, reason=reason[:1000]):
        _drop(job)


def _drop(job: ArchiveImport) -> None:
    """Delete the uploaded file."""
    files.private().delete(job.file)
    ArchiveImport.objects.filter(pk=job.pk).update(file="")
