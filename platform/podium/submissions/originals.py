"""The uploaded files of submissions: read and sent back as they came, deleted by retention."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.files import File
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from podium import files
from podium.catalog import downloads
from podium.submissions.models import Submission
from podium.uploads import compression

_BLOCK = 1 << 20


class UploadGone(Exception):
    """The uploaded file was deleted under the retention rule."""

    def __init__(self) -> None:
        super().__init__("The uploaded file was deleted under the retention rule.")


@contextmanager
def for_scoring(submission: Submission) -> Iterator[Path]:
    """Give a path to the file in a form that the scorer reads. Raises UploadGone.

    It stays readable inside the block, even if the file is deleted meanwhile.
    """
    with closing(_open(submission)) as stored:
        yield path_of(stored)


def reader(submission: Submission) -> Any:
    """Open the uploaded file to be read from its beginning as it was sent. Raises UploadGone.

    It has `read`, `close`, and `seek` to a later byte.
    """
    return compression.as_sent(_open(submission), submission.file)


def blocks(submission: Submission) -> Iterator[bytes]:
    """Return the uploaded file in blocks, byte for byte as it was sent. Raises UploadGone."""
    return _blocks(reader(submission))


def delete(submission: Submission) -> None:
    """Delete a final submission's file under the retention rule."""
    # The row names the file until it is gone: interrupted in between, this is done again.
    files.private().delete(submission.file)
    Submission.objects.filter(pk=submission.pk, file=submission.file).update(file="")


def path_of(opened: IO[bytes]) -> Path:
    """Return a path by which other processes of this user can open what this one has open."""
    return Path(f"/proc/{os.getpid()}/fd/{opened.fileno()}")


def _open(submission: Submission) -> "File[bytes]":
    if submission.file:
        try:
            return files.private().open(submission.file)
        except FileNotFoundError:  # lost, unless it was deleted since the row was read
            if Submission.objects.filter(pk=submission.pk, file=submission.file).exists():
                raise
    raise UploadGone


def _blocks(opened: IO[bytes]) -> Iterator[bytes]:
    with closing(opened):
        while block := opened.read(_BLOCK):
            yield block


def send(request: HttpRequest, submission: Submission) -> HttpResponseBase:
    """Return the file under the name that it had, or the part that `Range` asks for.

    Raises UploadGone if it was deleted, and OSError if the storage does not give it.
    """
    stored = downloads.Stored(
        name=submission.file,
        filename=submission.original_name,
        tag=submission.sha256,
        at=submission.received_at,
        is_for_everybody=False,
        is_private=True,
    )
    answer = downloads.send(request, stored, opened=lambda: (reader(submission), submission.size))
    if "Content-Type" in answer:
        answer["Content-Type"] = "application/octet-stream"  # whatever its name says
    return answer
