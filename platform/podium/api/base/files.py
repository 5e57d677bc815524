"""The public files of a task's data set, and its licence."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Body, Path, Router, Schema
from pydantic import Field

from podium.access import get_dataset, get_task, is_for_everybody, must_accept_licence
from podium.accounts.requests import SignedInRequest
from podium.api.base.problems import NotThere, Problem
from podium.api.base.readers import ANYBODY, SUBMIT
from podium.api.base.shapes import Slug, Text, example, strict
from podium.catalog.actions.licences import accept_licence
from podium.catalog.actions.versions import count_download
from podium.catalog.downloads import is_whole, public_file, send
from podium.catalog.models import DatasetVersion

router = Router(tags=["Tasks"])


class LicenceGiven(Schema):
    """Which licence is accepted."""

    hash: Text | None = Field(
        None, max_length=64, description="`licence_hash` of the data set; it may be left out."
    )
    model_config = strict(hash="c" * 64)


class Licence(Schema):
    """A licence that you have accepted."""

    licence: str
    hash: str
    model_config = example(licence="CC-BY-4.0", hash="c" * 64)


@router.get(
    "/challenges/{slug:challenge}/tasks/{slug:task}/files/{name}",
    auth=ANYBODY,
    url_name="file",
    summary="Download a file",
    openapi_extra={
        "responses": {
            200: {
                "description": "The whole file. Its ETag is the sha256.",
                "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
            },
            206: {"description": "The part that the header Range asks for."},
        }
    },
)
def file(
    request: HttpRequest, challenge: Path[Slug], task: Path[Slug], name: str
) -> HttpResponseBase:
    """Send a public file of the task's data set, or the part that `Range` asks for."""
    found = get_task(request, challenge, task)
    version = _version(request, found.dataset_version)
    stored = public_file(version, name, is_for_everybody=is_for_everybody(version))
    if stored is None:
        raise NotThere(request, "No such file of the data set")
    if must_accept_licence(request.user, version):
        raise Problem(
            403,
            "licence",
            f"Accept the licence of the data set first: read it at {version.get_absolute_url()} "
            f"and POST to /api/v1/challenges/{challenge}/tasks/{task}/licence.",
        )
    request.method = request.META["REQUEST_METHOD"]  # HEAD opens no file
    # Elsewhere the token would travel along, and programs would lose the ETag.
    answer = send(request, stored, may_redirect=False)
    if is_whole(request, answer):
        count_download(version)
    return answer


@router.post(
    "/challenges/{slug:challenge}/tasks/{slug:task}/licence",
    response=Licence,
    auth=SUBMIT,
    url_name="licence",
    summary="Accept the licence",
)
def licence(
    request: SignedInRequest,
    challenge: Path[Slug],
    task: Path[Slug],
    given: Body[LicenceGiven | None] = None,
) -> object:
    """Accept the licence of the task's data set, which some ask for before the first download."""
    found = get_task(request, challenge, task)
    version = _version(request, found.dataset_version)
    if given and given.hash is not None and given.hash != version.licence_hash:
        raise Problem(
            409,
            "licence_changed",
            f"The licence has another version now: {version.licence_hash}. Read it again.",
        )
    accept_licence(version=version, by=request.user)
    return {"licence": version.facts["licence"]["name"], "hash": version.licence_hash}


def _version(request: HttpRequest, version: DatasetVersion) -> DatasetVersion:
    """Return the data set version, if the reader may open it. Raises Http404."""
    return get_dataset(request, version.name, version.number)
