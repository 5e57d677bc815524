"""Asking for an archive, writing it in a worker, and removing its file."""

import hashlib
import tempfile
from pathlib import Path

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.archives.models import Archive, ArchiveState, Edition
from podium.archives.writing import refuse_unfinished, write
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge
from podium.refusals import Refused

log = structlog.get_logger(__name__)
_BROKEN = (
    "A file of the event could not be read, or there is no room for the archive. The log of the "
    "worker says more. Ask an operator to repair it, then try again."
)


def ask(*, challenge: Challenge, edition: str, with_solutions: bool, by: User) -> Archive:
    """Queue an archive. Raises Refused before the reveal, and while one is being written."""
    refuse_unfinished(challenge)
    try:
        with transaction.atomic():
            archive = Archive.objects.create(
                challenge=challenge,
                edition=edition,
                with_solutions=with_solutions or edition == Edition.FULL,
                by=by,
                queued_at=timezone.now(),
            )
            record(
                Verb.ASKED_FOR_ARCHIVE,
                subject=archive,
                by=by,
                challenge=challenge.slug,
                edition=edition,
                with_solutions=archive.with_solutions,
            )
            archive.send()
    except IntegrityError as error:
        raise Refused(
            "archive_waits", "An archive of this edition is being written. Wait until it is ready."
        ) from error
    return archive


def make(job: Archive) -> None:
    """Write a claimed archive and store it; older files of its edition are deleted."""
    name = f"archives/{job.challenge_id}/{job.pk}-{job.attempt}.zip"
    try:
        with job.renewing(), tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as made:
            manifest = write(
                job.challenge,
                job.edition,
                made,
                with_solutions=job.with_solutions,
            )
            made.flush()
            made.seek(0)
            sha256 = hashlib.file_digest(made, "sha256").hexdigest()
            path = Path(made.name)
            size = path.stat().st_size
            files.put(files.private(), name, path)
    except Refused as refused:
        fail(job, refused.message)
        return
    except OSError:
        log.exception("no archive", archive=job.pk)
        fail(job, _BROKEN)
        return
    left_out = manifest["left_out"]
    if job.finish(
        ArchiveState.DONE, file=name, sha256=sha256, size=size, left_out=left_out, reason=""
    ):
        older = Archive.objects.filter(challenge=job.challenge_id, edition=job.edition)
        for each in older.exclude(pk=job.pk).exclude(file=""):
            remove(each)
    else:
        files.private().delete(name)


def fail(job: Archive, reason: str) -> None:
    """End a claimed archive with the reason why there is no file."""
    job.finish(ArchiveState.FAILED, reason=reason[:300])


def remove(archive: Archive) -> None:
    """Delete the file of an archive. Its row says that there was one."""
    # The row names the file until it is gone: interrupted in between, this is done again.
    files.private().delete(archive.file)
    Archive.objects.filter(pk=archive.pk, file=archive.file).update(file="")
