"""Answering a script that sends a file in chunks: `received`, `size`, `complete`, or `error`."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError

from podium.refusals import Refused
from podium.uploads.chunks import WrongOffset
from podium.uploads.models import ChunkedFile


def number(text: str, name: str) -> int:
    """Return the number of bytes that a script sends by this name. Raises Refused."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused("bad_number", f"Send {name} as a number of bytes.")
    return int(text)


def offset_of(request: HttpRequest) -> int:
    """Return where the chunk begins that is the request's body. Raises Refused."""
    return number(request.headers.get("Upload-Offset", ""), "Upload-Offset")


def answered(
    verb: Callable[[], ChunkedFile | None], status: int = HTTPStatus.OK, **more: object
) -> HttpResponse:
    """Return the state of the file that `verb` returns, or why it was refused."""
    try:
        file = verb()
    except WrongOffset as error:
        return refusal(error, HTTPStatus.CONFLICT, received=error.received)
    except Refused as error:
        return refusal(error)
    except UnreadablePostError:  # the sender is gone; the chunk counts for nothing
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    if file is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    facts = {"received": file.received, "size": file.size, "complete": file.is_complete}
    response = JsonResponse({**facts, **more}, status=status)
    response["Upload-Offset"], response["Upload-Length"] = str(file.received), str(file.size)
    return response


def refusal(
    error: Refused, status: int = HTTPStatus.UNPROCESSABLE_ENTITY, **more: object
) -> HttpResponse:
    """Return a refusal as JSON."""
    return JsonResponse({"error": error.message, "code": error.code, **more}, status=status)
