"""Uploading the raw files of an import: `PUT` a piece of a file at its offset, as often as needed.

A piece is the body of a request with `Upload-Offset` (where it begins) and `Upload-Length` (bytes
of the whole file). `HEAD` tells by the same headers how much has arrived; after a break one goes on
from there. Answers are JSON: `received`, `size`, `complete`, or `error` in words.
"""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from podium.accounts.requests import SignedInRequest
from podium.catalog.actions import (
    CannotImport,
    WrongOffset,
    add_raw_file,
    find_raw_file,
    remove_raw_file,
)
from podium.catalog.models import Import, RawFile
from podium.web.base.access import get_edited_dataset


@never_cache
@login_required
@require_http_methods(["HEAD", "GET", "PUT", "DELETE"])
def raw_file(request: SignedInRequest, name: str, number: int, file: str) -> HttpResponse:
    """Accept a chunk of a raw file, report how much has arrived, or remove the file."""
    version = get_edited_dataset(request, name, number)
    source = get_object_or_404(Import, version=version)
    try:
        if request.method == "PUT":
            return _put(request, source, file)
        if request.method == "DELETE":
            remove_raw_file(source=source, name=file, by=request.user)
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
    except WrongOffset as error:
        return _refusal(error, HTTPStatus.CONFLICT, received=error.received)
    except CannotImport as error:
        return _refusal(error, HTTPStatus.UNPROCESSABLE_ENTITY)
    row = find_raw_file(source=source, name=file)
    if row is None:
        raise Http404
    return _answer(row, HTTPStatus.OK)


def _put(request: HttpRequest, source: Import, name: str) -> HttpResponse:
    numbers = [request.headers.get(f"Upload-{what}", "") for what in ("Offset", "Length")]
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in numbers):
        raise CannotImport(
            "Send the headers Upload-Offset and Upload-Length: where this piece begins and how many"
            " bytes the whole file has."
        )
    offset, size = map(int, numbers)
    try:
        row = add_raw_file(
            source=source, name=name, size=size, offset=offset, stream=request, by=request.user
        )
    except UnreadablePostError:  # the sender is gone; the piece counts for nothing
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    return _answer(row, HTTPStatus.CREATED if row.is_complete else HTTPStatus.OK)


def _answer(row: RawFile, status: int) -> HttpResponse:
    said = {"received": row.received, "size": row.size, "complete": row.is_complete}
    response = JsonResponse(said, status=status)
    response["Upload-Offset"], response["Upload-Length"] = str(row.received), str(row.size)
    return response


def _refusal(error: CannotImport, status: int, **more: object) -> HttpResponse:
    return JsonResponse({"error": str(error), **more}, status=status)
