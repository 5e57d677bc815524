"""Submissions: one's own, what came of them, and what one chooses of them."""

from collections.abc import Callable
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from ninja import Path, Query, Router, Schema
from pydantic import Field

from podium.access import get_own_submission, get_submission, get_task, is_own
from podium.api.paging import part_of
from podium.api.problems import Problem
from podium.api.readers import ANYBODY, READ, SUBMIT
from podium.api.shapes import Page, PageQuery, Slug, Text, strict
from podium.api.submission_shapes import SubmissionOut, shown
from podium.standings.boards import visible_board
from podium.submissions import actions, selection
from podium.submissions.kept import UploadGone, original
from podium.submissions.models import Submission
from podium.teams.actions import team_of

router = Router(tags=["Submissions"])


class SubmissionQuery(PageQuery):
    """Which of one's submissions are wanted, in which order."""

    state: Literal["queued", "scoring", "scored", "rejected", "failed"] | None = Field(
        None, description="Only those in this state."
    )
    sort: Literal["-number", "number"] = Field(
        "-number", description="`-number`: the newest first; `number`: the oldest."
    )


class DescriptionGiven(Schema):
    """What is said of a submission; what is left out stays."""

    method: Text | None = Field(
        None, max_length=actions.MOST_METHOD, description="Shown on the boards."
    )
    note: Text | None = Field(None, max_length=actions.MOST_NOTE, description="For your team.")
    model_config = strict(method="gradient boosting", note="With the second set of features.")


@router.get(
    "/challenges/{slug:challenge}/tasks/{slug:task}/submissions",
    response=Page[SubmissionOut],
    auth=READ,
    url_name="submissions",
    summary="List your submissions",
)
def submissions(
    request: HttpRequest, challenge: Path[Slug], task: Path[Slug], page: Query[SubmissionQuery]
) -> Any:
    """List the submissions of your team to a task."""
    found = get_task(request, challenge, task)
    mine = team_of(request.user, found.challenge)
    rows = Submission.objects.filter(task=found, team=mine) if mine else Submission.objects.none()
    if page.state:
        rows = rows.filter(state=page.state)
    board = visible_board(request.user, found)

    def of_task(each: Submission) -> dict[str, Any]:
        each.task = found
        return shown(request.user, each, is_own=True, board=board)

    return part_of(request, rows.select_related("team").order_by(page.sort), page, of_task)


@router.get(
    "/submissions/{int:submission}",
    response=SubmissionOut,
    auth=ANYBODY,
    url_name="submission",
    summary="A submission",
)
def submission(request: HttpRequest, submission: int) -> Any:
    """Give a submission of your team, and as much of its scores as the task tells.

    Organizers get those of every team.
    """
    found = get_submission(request, submission)
    return shown(request.user, found, is_own=is_own(request, found))


@router.patch(
    "/submissions/{int:submission}", response=SubmissionOut, auth=SUBMIT, summary="Describe"
)
def describe(request: HttpRequest, submission: int, given: DescriptionGiven) -> Any:
    """Change what your team calls the method of a submission, or its note. At any time."""
    found = get_own_submission(request, submission)
    actions.describe(submission=found, method=given.method, note=given.note, by=request.user)
    return shown(request.user, found, is_own=True)


@router.post(
    "/submissions/{int:submission}/withdraw",
    response=SubmissionOut,
    auth=SUBMIT,
    url_name="withdraw",
    summary="Withdraw",
)
def withdraw(request: HttpRequest, submission: int) -> Any:
    """Take a submission off the boards. It stays counted in the quota and can be put back."""
    return _changed(request, submission, actions.withdraw)


@router.post(
    "/submissions/{int:submission}/restore",
    response=SubmissionOut,
    auth=SUBMIT,
    url_name="restore",
    summary="Put back",
)
def restore(request: HttpRequest, submission: int) -> Any:
    """Put a withdrawn submission back on the boards."""
    return _changed(request, submission, actions.restore)


@router.post(
    "/submissions/{int:submission}/select",
    response=SubmissionOut,
    auth=SUBMIT,
    url_name="select",
    summary="Select as final",
)
def select(request: HttpRequest, submission: int) -> Any:
    """Make a scored submission one of at most two final ones. They count after the reveal."""
    return _changed(request, submission, selection.select)


@router.post(
    "/submissions/{int:submission}/unselect",
    response=SubmissionOut,
    auth=SUBMIT,
    url_name="unselect",
    summary="Take back from the final ones",
)
def unselect(request: HttpRequest, submission: int) -> Any:
    """Take a submission back from the final ones."""
    return _changed(request, submission, selection.unselect)


@router.get(
    "/submissions/{int:submission}/file",
    auth=ANYBODY,
    url_name="submission-file",
    summary="Get a file back",
    openapi_extra={
        "responses": {
            200: {
                "description": "The file, byte for byte as it was sent. Its ETag is the sha256.",
                "content": {"application/octet-stream": {"schema": {"format": "binary"}}},
            }
        }
    },
)
def file(request: HttpRequest, submission: int) -> HttpResponseBase:
    """Give the file of your team's submission back, as it was sent."""
    found = get_own_submission(request, submission)
    tag = f'"{found.sha256}"'
    answer: HttpResponseBase | None = get_conditional_response(request, etag=tag)
    if answer is None:
        answer = _sent(request, found)
    answer["ETag"] = tag
    return answer


def _sent(request: HttpRequest, found: Submission) -> HttpResponseBase:
    try:
        blocks = original(found)
    except UploadGone as gone:
        raise Problem(410, "gone", f"{gone} Its sha256 and scores stay.") from gone
    answer: HttpResponseBase = StreamingHttpResponse(blocks)
    if request.META["REQUEST_METHOD"] == "HEAD":
        answer.close()
        answer = HttpResponse()
    answer["Content-Type"] = "application/octet-stream"
    answer["Content-Length"] = str(found.size)
    answer["Content-Disposition"] = content_disposition_header(True, found.original_name)
    return answer


def _changed(request: HttpRequest, pk: int, verb: Callable[..., None]) -> dict[str, Any]:
    found = get_own_submission(request, pk)
    verb(submission=found, by=request.user)
    found.refresh_from_db()
    return shown(request.user, found, is_own=True)
