"""A task's submissions: listing the team's, submitting, and checking a file."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from ninja import Header, Path, Query, Router, Schema
from ninja.responses import Status
from pydantic import Field

from podium.access import get_task
from podium.accounts.requests import SignedInRequest
from podium.api.base.paging import whole_part_of
from podium.api.base.problems import NotThere
from podium.api.base.readers import READ, SUBMIT
from podium.api.base.shapes import FileProblem, Page, PageQuery, Slug, example
from podium.api.challenges import refuse_without_rules
from podium.api.submission.receiving import CheckGiven, NoUpload, SubmissionGiven, received
from podium.api.submission.shapes import SubmissionOut, shown, shown_all
from podium.standings.visible import visible_board
from podium.submissions import partial as parts
from podium.submissions.actions import MOST_KEY, replay, submit
from podium.submissions.jobs import validations
from podium.submissions.models import Submission, Validation
from podium.submissions.newcomers import welcome
from podium.teams.actions import ensure_team, team_of

router = Router(tags=["Submissions"])


class SubmissionQuery(PageQuery):
    """Filter and order of the team's submissions."""

    state: Literal["queued", "scoring", "scored", "rejected", "failed"] | None = Field(
        None, description="Only those in this state."
    )
    sort: Literal["-number", "number"] = Field(
        "-number", description="`-number`: the newest first; `number`: the oldest."
    )


class ValidationOut(Schema):
    """What a file is like without being scored."""

    id: UUID
    challenge: str
    task: str
    state: str = Field(
        description="queued, checking, valid, invalid (the file's fault) or failed (ours)."
    )
    original_name: str
    problems: list[FileProblem] = Field(description="Why it is invalid.")
    notes: list[str] = Field(description="What reading it had to assume.")
    created_at: datetime
    finished_at: datetime | None
    url: str = Field(description="Where to ask for it again, relative to this site.")
    model_config = example(
        id="5f0c1f0e-8f3b-4f6e-9c57-1f6f8f0a2b11",
        challenge="sample",
        task="pairs",
        state="valid",
        original_name="predictions.csv",
        problems=[],
        notes=[],
        created_at="2026-11-21T12:00:00Z",
        finished_at="2026-11-21T12:00:01Z",
        url="/api/v1/validations/5f0c1f0e-8f3b-4f6e-9c57-1f6f8f0a2b11",
    )


def _body(given: type[Schema], fields: Sequence[str]) -> dict[str, object]:
    """Return how the document describes a body that is a form or JSON."""
    schema = given.model_json_schema()
    texts = {name: schema["properties"][name] for name in fields}
    file = {"type": "string", "format": "binary", "description": "CSV or Parquet."}
    form = {
        "type": "object",
        "properties": {"file": file, **texts},
        "required": ["file"],
        "additionalProperties": False,
    }
    return {
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": form},
                "application/json": {"schema": schema},
            },
        }
    }


@router.get(
    "/challenges/{slug:challenge}/tasks/{slug:task}/submissions",
    response=Page[SubmissionOut],
    auth=READ,
    url_name="submissions",
    summary="List your submissions",
)
def submissions(
    request: SignedInRequest, challenge: Path[Slug], task: Path[Slug], page: Query[SubmissionQuery]
) -> object:
    """List the submissions of your team to a task."""
    found = get_task(request, challenge, task)
    mine = team_of(request.user, found.challenge)
    rows = Submission.objects.filter(task=found, team=mine) if mine else Submission.objects.none()
    if page.state:
        rows = rows.filter(state=page.state)
    board = visible_board(request.user, found)

    def of_task(part: list[Submission]) -> list[dict[str, object]]:
        for each in part:
            each.task = found
        return shown_all(request.user, part, is_own=True, board=board)

    return whole_part_of(request, rows.select_related("team").order_by(page.sort), page, of_task)


@router.post(
    "/challenges/{slug:challenge}/tasks/{slug:task}/submissions",
    response={201: SubmissionOut, 200: SubmissionOut},
    auth=SUBMIT,
    summary="Submit",
    openapi_extra=_body(SubmissionGiven, ("method", "note", "again")),
)
def submit_file(
    request: SignedInRequest,
    response: HttpResponse,
    challenge: Path[Slug],
    task: Path[Slug],
    key: str = Header(  # type: ignore[type-arg]
        "",
        alias="Idempotency-Key",
        max_length=MOST_KEY,
        pattern=r"^[ -~]*$",
        description="Sent again with the same key and file, a submission comes about once.",
    ),
) -> object:
    """Submit a predictions file: as the field `file` of a form, or by the id of an upload.

    Without a team you get a team of one. A key already used for the same file and task returns
    the first submission again, with status 200 and the header `Idempotent-Replayed: true`.
    """
    found = get_task(request, challenge, task)
    refuse_without_rules(request, found.challenge)
    try:
        with received(request, found, SubmissionGiven) as (upload, said, partial):
            # What began to arrive before the opening enters with it.
            began = max(upload.first_byte_at, found.challenge.opens_at)
            welcome(by=request.user, request=request)
            team = ensure_team(request.user, found.challenge, began)
            once = key or (parts.key_of(partial) if partial else "")
            made = submit(team=team, task=found, upload=upload, by=request.user, key=once, **said)
        if partial:
            parts.discard(partial=partial)
    except NoUpload:
        # An upload is deleted when it is submitted: perhaps only the answer was lost.
        mine = team_of(request.user, found.challenge)
        earlier = replay(team=mine, task=found, key=key) if mine else None
        if earlier is None:
            raise
        made = earlier
    made.task = found
    response["Location"] = reverse("api:submission", args=[made.pk])
    if made.replayed:
        response["Idempotent-Replayed"] = "true"
    return Status(200 if made.replayed else 201, shown(request.user, made, is_own=True))


@router.post(
    "/challenges/{slug:challenge}/tasks/{slug:task}/validations",
    response={202: ValidationOut},
    auth=SUBMIT,
    url_name="validations",
    summary="Check a file",
    openapi_extra=_body(CheckGiven, ()),
)
def validate(
    request: SignedInRequest, response: HttpResponse, challenge: Path[Slug], task: Path[Slug]
) -> object:
    """Check a file only against ids and classes: no score, no attempt used, no rules to accept.

    The answer comes at once; ask its `url` until the state is valid, invalid or failed.
    """
    found = get_task(request, challenge, task)
    with received(request, found, CheckGiven) as (upload, _, _):
        made = validations.validate(task=found, upload=upload, by=request.user)
    response["Location"] = _address(made)
    return Status(202, _shown(made))


@router.get(
    "/validations/{uuid:validation}",
    response=ValidationOut,
    auth=READ,
    url_name="validation",
    summary="What a check found",
)
def validation(request: SignedInRequest, validation: UUID) -> object:
    """Give a check of a file that you have sent."""
    mine = Validation.objects.filter(user=request.user.pk, pk=validation)
    found = mine.select_related("task__challenge").first()
    if found is None:
        raise NotThere(request, "No such check of yours")
    return _shown(found)


def _address(made: Validation) -> str:
    return reverse("api:validation", args=[made.pk])


def _shown(made: Validation) -> dict[str, object]:
    return {
        "id": made.pk,
        "challenge": made.task.challenge.slug,
        "task": made.task.slug,
        "state": made.state,
        "original_name": made.original_name,
        "problems": made.problems,
        "notes": made.notes,
        "created_at": made.created_at,
        "finished_at": made.finished_at,
        "url": _address(made),
    }
