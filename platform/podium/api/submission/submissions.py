"""One submission: what came of it, and what its team chooses and says of it."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Schema
from pydantic import Field

from podium.access import get_own_submission, get_submission, is_own
from podium.accounts.requests import SignedInRequest
from podium.api.base.problems import Problem
from podium.api.base.readers import ANYBODY, SUBMIT
from podium.api.base.shapes import Text, strict
from podium.api.submission.shapes import SubmissionOut, SubmissionWhole, shown, with_figures
from podium.submissions import actions, selection
from podium.submissions.originals import UploadGone, send

log = structlog.get_logger(__name__)
router = Router(tags=["Submissions"])


class DescriptionGiven(Schema):
    """What is said of a submission; what is left out stays."""

    method: Text | None = Field(
        None, max_length=actions.MOST_METHOD, description="Shown on the boards."
    )
    note: Text | None = Field(None, max_length=actions.MOST_NOTE, description="For your team.")
    model_config = strict(method="gradient boosting", note="With the second set of features.")


@router.get(
    "/submissions/{int:submission}",
    response=SubmissionWhole,
    auth=ANYBODY,
    url_name="submission",
    summary="A submission",
)
def submission(request: HttpRequest, submission: int) -> object:
    """Give a submission of your team, and as much of its scores and figures as the task tells.

    Organizers get those of every team.
    """
    found = get_submission(request, submission)
    return with_figures(request.user, found, is_own=is_own(request, found))


@router.patch(
    "/submissions/{int:submission}", response=SubmissionOut, auth=SUBMIT, summary="Describe"
)
def describe(request: SignedInRequest, submission: int, given: DescriptionGiven) -> object:
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
def withdraw(request: SignedInRequest, submission: int) -> object:
    """Take a submission off the boards. It stays counted in the quota and can be put back."""
    return _changed(request, submission, actions.withdraw)


@router.post(
    "/submissions/{int:submission}/restore",
    response=SubmissionOut,
    auth=SUBMIT,
    url_name="restore",
    summary="Put back",
)
def restore(request: SignedInRequest, submission: int) -> object:
    """Put a withdrawn submission back on the boards."""
    return _changed(request, submission, actions.restore)


@router.post(
    "/submissions/{int:submission}/select",
    response=SubmissionOut,
    auth=SUBMIT,
    url_name="select",
    summary="Select as final",
)
def select(request: SignedInRequest, submission: int) -> object:
    """Make a scored submission one of the team's final ones. They count after the reveal."""
    return _changed(request, submission, selection.select)


@router.post(
    "/submissions/{int:submission}/unselect",
    response=SubmissionOut,
    auth=SUBMIT,
    url_name="unselect",
    summary="Take back from the final ones",
)
def unselect(request: SignedInRequest, submission: int) -> object:
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
                "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
            },
            206: {"description": "The part that the header Range asks for."},
        }
    },
)
def file(request: HttpRequest, submission: int) -> HttpResponseBase:
    """Give the file of your team's submission back, as it was sent, or the part that `Range` asks
    for. Organizers get every team's."""
    found = get_submission(request, submission)
    request.method = request.META["REQUEST_METHOD"]  # which says HEAD where it is asked
    try:
        return send(request, found)
    except UploadGone as gone:
        raise Problem(410, "gone", f"{gone} Its sha256 and scores stay.") from gone
    except OSError as error:
        log.exception("upload not read", submission=found.pk)
        said = "We cannot read the file just now. Try again in a minute."
        raise Problem(503, "not_readable", said) from error


def _changed(request: HttpRequest, pk: int, verb: Callable[..., None]) -> dict[str, object]:
    found = get_own_submission(request, pk)
    verb(submission=found, by=request.user)
    found.refresh_from_db()
    return shown(request.user, found, is_own=True)
