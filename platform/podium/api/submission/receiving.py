"""Receiving a predictions file: in a form, or as an upload that has arrived in chunks before."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pydantic
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from ninja import Schema
from pydantic import Field

from podium.api.base.limits import count_upload
from podium.api.base.problems import NotThere, Problem, invalid, invalid_body
from podium.api.base.reading import json_of
from podium.api.base.shapes import Text, strict
from podium.challenges.models import Task
from podium.submissions import partial as parts
from podium.submissions.actions import MOST_METHOD, MOST_NOTE
from podium.submissions.models import PartialUpload
from podium.uploads.receiving import NO_ROOM, LimitedUpload, Upload

FORM = "multipart/form-data"


class CheckGiven(Schema):
    """Which upload is meant."""

    upload: Text = Field(description="The id of an upload that has arrived in full.")
    model_config = strict(upload="0d8f7f2e-3f4e-4f2b-9c62-5d1d6e0b8f11")


class SubmissionGiven(CheckGiven):
    """Which upload is submitted, and what the team says of it."""

    method: Text = Field("", max_length=MOST_METHOD, description="Shown on the boards.")
    note: Text = Field("", max_length=MOST_NOTE, description="For your team.")
    again: bool = Field(
        False, description="Submit the file although the team has submitted the same one before."
    )
    model_config = strict(
        upload="0d8f7f2e-3f4e-4f2b-9c62-5d1d6e0b8f11",
        method="gradient boosting",
        note="",
        again=False,
    )


class NoUpload(NotThere):
    """The reader has no upload of this id: none was begun, or it is over or submitted."""


@contextmanager
def received(
    request: HttpRequest, task: Task, given: type[CheckGiven]
) -> Iterator[tuple[Upload, dict[str, Any], PartialUpload | None]]:
    """Give the file of a request, what is said of it, and the upload that it came by, if any.

    A form has the field `file` and those of `given` but `upload`; JSON is a `given`. The file is
    there as long as the block runs. Raises Problem; NoUpload if there is no such upload.
    """
    if request.content_type == FORM:
        count_upload(request)
        with form_of(request, task.max_bytes) as (upload, fields):
            yield upload, _said(fields, given), None
        return
    try:
        body = given.model_validate(json_of(request))
    except pydantic.ValidationError as error:
        raise invalid_body(error) from error
    partial = own_upload(request, body.upload)
    if partial.task_id != task.pk:
        raise invalid("body.upload", "This upload was begun for another task.")
    with parts.finished(partial=partial) as upload:
        yield upload, body.model_dump(exclude={"upload"}), partial


def own_upload(request: HttpRequest, name: str | UUID) -> PartialUpload:
    """Return an upload that the reader has begun. Raises NoUpload."""
    missing = NoUpload(request, "No such upload of yours")
    try:
        pk = UUID(str(name))
    except ValueError as error:
        raise missing from error
    mine = PartialUpload.objects.select_related("task__challenge")
    found = mine.filter(user=request.user.pk, pk=pk).first()
    if found is None or parts.is_over(found):
        raise missing
    return found


@contextmanager
def form_of(request: HttpRequest, most: int) -> Iterator[tuple[Upload, dict[str, str]]]:
    """Give the `file` of a form, which has at most `most` bytes, and its texts. Raises Problem."""
    if request.content_type != FORM:
        raise Problem(415, "not_a_form", "Send the file as multipart/form-data, field `file`.")
    receiver = LimitedUpload(most)
    receiver.request = request
    request.upload_handlers = [receiver]
    try:
        fields = {name: str(value) for name, value in posted(request).items()}
        yield _file(request, receiver, most), fields
    finally:
        # When the sender goes away Django tells nobody, and the file would wait for the collector.
        receiver.drop_partial()


def posted(request: HttpRequest) -> Mapping[str, object]:
    """Return the texts of a form, having received its files. Raises Problem for what is none."""
    try:
        return request.POST
    except MultiPartParserError as error:
        raise Problem(
            400, "bad_form", "The body is not multipart/form-data. Use a library to build it."
        ) from error


def _file(request: HttpRequest, receiver: LimitedUpload, most: int) -> Upload:
    if receiver.too_large:
        raise Problem(
            413,
            "too_large",
            f"The file is larger than {most:,} bytes, the most that is taken here. Send Parquet, "
            "which is smaller.",
        )
    if receiver.no_room:
        raise Problem(503, "no_room", NO_ROOM)
    if others := sorted(set(request.FILES) - {"file"}):
        raise invalid(f"body.{others[0][:100]}", "Send one file, as the field `file`.")
    if "file" not in request.FILES:
        raise invalid("body.file", "Send the file as the field `file` of the form.")
    found: Upload = request.FILES["file"].upload  # type: ignore[union-attr]  # put there by it
    return found


def _said(fields: dict[str, str], given: type[CheckGiven]) -> dict[str, Any]:
    """Return the other fields of a form. Raises Problem."""
    # The form brings the file itself, so the upload that JSON would name is none.
    typed: dict[str, object] = {**fields, "upload": ""}
    if fields.get("again") in {"true", "false"}:  # a form has only texts
        typed["again"] = fields["again"] == "true"
    try:
        said = given.model_validate(typed) if "upload" not in fields else None
    except pydantic.ValidationError as error:
        raise invalid_body(error) from error
    if said is None:
        raise invalid("body.upload", "Send the file itself or, as JSON, the id of an upload.")
    return said.model_dump(exclude={"upload"})
