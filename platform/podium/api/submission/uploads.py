"""Large files in chunks, which resume where they stopped."""

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from ninja import Header, Path, Router, Schema
from ninja.responses import Status
from pydantic import Field

from podium.access import get_task
from podium.accounts.requests import SignedInRequest
from podium.api.base.limits import count_upload
from podium.api.base.problems import Problem
from podium.api.base.readers import READ, SUBMIT
from podium.api.base.shapes import Slug, Text, Whole, example, strict
from podium.api.submission.receiving import own_upload
from podium.submissions import partial
from podium.submissions.models import PartialUpload
from podium.uploads.chunks import WrongOffset
from podium.uploads.receiving import MOST_NAME

router = Router(tags=["Uploads"])
CHUNK = "application/octet-stream"


class UploadGiven(Schema):
    """Which file is to arrive."""

    name: Text = Field(min_length=1, max_length=MOST_NAME, description="With its ending.")
    bytes: Whole = Field(ge=1, le=2**53, description="Its length.")
    sha256: Text = Field(pattern=r"^[0-9a-f]{64}$")
    model_config = strict(name="predictions.parquet", bytes=52311, sha256="a" * 64)


class UploadOut(Schema):
    """A file that arrives in chunks."""

    id: UUID
    challenge: str
    task: str
    name: str
    bytes: int = Field(description="How long it will be.")
    sha256: str
    offset: int = Field(description="How much has arrived; the next chunk begins here.")
    chunk_bytes: int = Field(description="The largest chunk that is accepted.")
    expires_at: datetime = Field(description="Until then it waits to be submitted.")
    model_config = example(
        id="0d8f7f2e-3f4e-4f2b-9c62-5d1d6e0b8f11",
        challenge="sample",
        task="pairs",
        name="predictions.parquet",
        bytes=52311,
        sha256="a" * 64,
        offset=0,
        chunk_bytes=partial.CHUNK_BYTES,
        expires_at="2026-11-22T12:00:00Z",
    )


@router.post(
    "/challenges/{slug:challenge}/tasks/{slug:task}/uploads",
    response={201: UploadOut},
    auth=SUBMIT,
    url_name="uploads",
    summary="Begin an upload",
)
def begin(
    request: SignedInRequest,
    response: HttpResponse,
    challenge: Path[Slug],
    task: Path[Slug],
    given: UploadGiven,
) -> object:
    """Begin to send a large file in chunks. Begun again for the same file, it goes on."""
    found = get_task(request, challenge, task)
    count_upload(request)
    made = partial.begin(
        task=found, name=given.name, size=given.bytes, sha256=given.sha256, by=request.user
    )
    response["Location"] = reverse("api:upload", args=[made.pk])
    return Status(201, _shown(made))


@router.get(
    "/uploads/{uuid:upload}",
    response=UploadOut,
    auth=READ,
    url_name="upload",
    summary="How much has arrived",
)
def upload(request: SignedInRequest, upload: UUID) -> object:
    """Return how much of your upload has arrived."""
    return _shown(own_upload(request, upload))


@router.patch(
    "/uploads/{uuid:upload}",
    response=UploadOut,
    auth=SUBMIT,
    summary="Send a chunk",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {CHUNK: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def append(
    request: SignedInRequest,
    upload: UUID,
    offset: int = Header(  # type: ignore[type-arg]
        ..., alias="Upload-Offset", ge=0, le=2**53, description="Where this chunk begins."
    ),
) -> object:
    """Send the next chunk. One that begins elsewhere is refused with the right `offset`."""
    found = own_upload(request, upload)
    if request.content_type != CHUNK:
        raise Problem(415, "not_a_chunk", f"Send only the bytes, with `Content-Type: {CHUNK}`.")
    try:
        arrived = partial.append(partial=found, offset=offset, stream=request)
    except WrongOffset as wrong:
        raise Problem(409, wrong.code, wrong.message, offset=wrong.received) from wrong
    if arrived == offset:  # also when a sender does not say how long the body is
        problem = "The chunk has no bytes. Send it with its Content-Length."
        raise Problem(422, "empty_chunk", problem)
    return _shown(found)


@router.delete(
    "/uploads/{uuid:upload}", response={204: None}, auth=SUBMIT, summary="Drop an upload"
)
def drop(request: SignedInRequest, upload: UUID) -> object:
    """Drop an upload with all that has arrived of it."""
    partial.discard(partial=own_upload(request, upload))
    return Status(204, None)


def _shown(made: PartialUpload) -> dict[str, object]:
    return {
        "id": made.pk,
        "challenge": made.task.challenge.slug,
        "task": made.task.slug,
        "name": made.name,
        "bytes": made.size,
        "sha256": made.sha256,
        "offset": made.received,
        "chunk_bytes": partial.CHUNK_BYTES,
        "expires_at": made.created_at + partial.LIFE,
    }
