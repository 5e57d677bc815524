"""Giving the file of a submission back, whole or in part, byte for byte as it was sent."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from podium.catalog import downloads
from podium.submissions import originals
from podium.submissions.models import Submission


def send(request: HttpRequest, submission: Submission) -> HttpResponseBase:
    """Return the file under the name that it had, or the part that `Range` asks for.

    Raises originals.UploadGone if it was deleted, and OSError if the storage does not give it.
    """
    stored = downloads.Stored(
        name=submission.file,
        filename=submission.original_name,
        tag=submission.sha256,
        at=submission.received_at,
        is_for_everybody=False,
        is_private=True,
    )
    answer = downloads.send(
        request, stored, opened=lambda: (originals.reader(submission), submission.size)
    )
    if "Content-Type" in answer:
        answer["Content-Type"] = "application/octet-stream"  # whatever its name says
    return answer
