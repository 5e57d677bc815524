"""The PDFs of write-ups: taken as bytes, kept in the private storage, never read by a parser."""

import uuid
from typing import Any

import structlog
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.db import transaction

from podium import files
from podium.refusals import Refused
from podium.uploads.receiving import LimitedUpload, Upload
from podium.writeups.models import Attachment

KINDS = ("paper", "slides")
FOLDER = "writeups"
MOST_BYTES = 20_000_000
NO_ROOM = "There is no room for the file on our side. Try again in an hour."
_MAGIC = b"%PDF-"
log = structlog.get_logger(__name__)


class PdfUploads(FileUploadHandler):
    """Writes the PDFs of a form to temporary files, one for each kind, and stops at the limit.

    What is passed over is read and dropped, so that the sender gets an answer. `refusals` says by
    the field's name why a file did not arrive.
    """

    def __init__(self) -> None:
        super().__init__()
        self.refusals: dict[str, str] = {}
        self._taken: dict[str, LimitedUpload] = {}
        self._now: LimitedUpload | None = None

    def new_file(self, field_name: str, *args: object, **kwargs: object) -> None:
        if field_name not in KINDS or field_name in self._taken:
            raise SkipFile
        self._now = self._taken[field_name] = LimitedUpload(MOST_BYTES)
        self._now.new_file(field_name, *args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self._now  # noqa: S101  (for the type checker)
        try:
            self._now.receive_data_chunk(raw_data, start)
        except SkipFile:
            field = str(self._now.field_name)
            self.refusals[field] = NO_ROOM if self._now.no_room else too_large()
            raise

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        return self._now.file_complete(file_size) if self._now else None

    def drop_partial(self) -> None:
        """Give back the room of files that have not come to their end."""
        for each in self._taken.values():
            each.drop_partial()


def too_large() -> str:
    """Return what is said of a file above the limit."""
    return f"The file is larger than {MOST_BYTES // 1_000_000} MB. Make the pictures in it smaller."


def check(upload: Upload) -> None:
    """Raise Refused for a file that is too large or does not begin as a PDF does."""
    if upload.size > MOST_BYTES:
        raise Refused("too_large", too_large())
    if not upload.head.startswith(_MAGIC):
        raise Refused("no_pdf", f"`{upload.name}` is not a PDF: it does not begin with %PDF-.")


def keep(upload: Upload) -> str:
    """Return the name under which the file is stored now. Raises Refused if there is no room."""
    name = f"{FOLDER}/{uuid.uuid4().hex}.pdf"
    try:
        files.put(files.private(), name, upload.path)
    except OSError as error:
        log.exception("attachment not stored")
        files.private().delete(name)
        raise Refused("no_room", NO_ROOM) from error
    return name


def on_deleted(instance: Attachment, **_: object) -> None:
    """Delete the file of a row that is gone, once that is certain."""
    file = instance.file
    transaction.on_commit(lambda: files.private().delete(file))


def tidy() -> int:
    """Delete stored PDFs that no write-up has, as a killed process leaves them; count them."""
    known = Attachment.objects.values_list("file", flat=True)
    return files.delete_strays(files.private(), FOLDER, known)
