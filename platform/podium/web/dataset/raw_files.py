"""Uploading the raw files of an import: `PUT` a chunk of a file at its offset, as often as needed.

A chunk is the body of a request with `Upload-Offset` (where it begins) and `Upload-Length` (bytes
of the whole file). `HEAD` reports by the same headers how much has arrived; an interrupted upload
resumes from there. Answers are JSON: `received`, `size`, `complete`, or `error` in words.
"""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from podium.accounts.requests import SignedInRequest
from podium.catalog.actions.raw import add_raw_file, find_raw_file, remove_raw_file
from podium.catalog.models import Import, RawFile
from podium.web.base.access import get_edited_dataset
from podium.web.base.chunks import answered, number, offset_of


@never_cache
@login_required
@require_http_methods(["HEAD", "GET", "PUT", "DELETE"])
def raw_file(request: SignedInRequest, name: str, number: int, file: str) -> HttpResponse:
    """Accept a chunk of a raw file, report how much has arrived, or remove the file."""
    version = get_edited_dataset(request, name, number)
    source = get_object_or_404(Import, version=version)

    def verb() -> RawFile | None:
        if request.method == "PUT":
            return _put(request, source, file)
        if request.method == "DELETE":
            remove_raw_file(source=source, name=file, by=request.user)
            return None
        if row := find_raw_file(source=source, name=file):
            return row
        raise Http404

    return answered(verb)


def _put(request: SignedInRequest, source: Import, name: str) -> RawFile:
    size = number(request.headers.get("Upload-Length", ""), "Upload-Length")
    return add_raw_file(
        source=source,
        name=name,
        size=size,
        offset=offset_of(request),
        stream=request,
        by=request.user,
    )
