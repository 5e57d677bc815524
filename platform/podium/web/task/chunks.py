"""Sending a large predictions file in parts: begin it, `PUT` parts at their offsets, then submit.

`POST` to a task's address with `name`, `size` and `sha256` begins an upload or finds the one that
broke off. A part is the body of a `PUT` with `Upload-Offset`; an empty one tells how much has
arrived. Answers are JSON: `id`, `address`, `received`, `size`, `complete`, or `error` in words.
"""

import uuid
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from podium.access import get_task
from podium.accounts.requests import SignedInRequest
from podium.refusals import Refused
from podium.submissions import partial
from podium.submissions.models import PartialUpload
from podium.web.task.upload import accept_rules

RELOAD = "Reload this page: its form shows them with a box to tick. Nothing was sent yet."


@require_POST
@login_required
def begin(request: SignedInRequest, slug: str, task: str) -> HttpResponse:
    """Begin an upload, or find the person's own one of the same file."""
    found = get_task(request, slug, task)
    try:
        accept_rules(request.POST, found, request.user)
        row = partial.begin(
            task=found,
            name=request.POST.get("name", ""),
            size=_number(request.POST.get("size", "")),
            sha256=request.POST.get("sha256", ""),
            by=request.user,
        )
    except Refused as error:
        if error.code in {"rules", "rules_changed"}:
            # The script shows only this; the surrounding form was rendered with other rules.
            error.message += f" {RELOAD}"
        return _refusal(error)
    return _answer(row, HTTPStatus.CREATED)


@never_cache
@login_required
@require_http_methods(["HEAD", "GET", "PUT", "DELETE"])
def part(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a part of one's own upload, tell how much has arrived, or discard it."""
    mine = PartialUpload.objects.filter(user=request.user.pk)
    row = get_object_or_404(mine.select_related("task__challenge"), pk=pk)
    try:
        if request.method == "PUT":
            offset = _number(request.headers.get("Upload-Offset", ""))
            partial.append(partial=row, offset=offset, stream=request)
        if request.method == "DELETE":
            partial.discard(partial=row)
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
    except partial.WrongOffset as error:
        return _refusal(error, HTTPStatus.CONFLICT, received=error.received)
    except Refused as error:
        return _refusal(error)
    except UnreadablePostError:  # the sender is gone; the part counts for nothing
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    return _answer(row, HTTPStatus.OK)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused("bad_number", "Say the size of the file and where a part begins, in bytes.")
    return int(text)


def _answer(row: PartialUpload, status: int) -> HttpResponse:
    said = {
        "id": str(row.pk),
        "address": reverse("part", args=[row.pk]),
        "received": row.received,
        "size": row.size,
        "complete": row.is_complete,
    }
    return JsonResponse(said, status=status)


def _refusal(
    error: Refused, status: int = HTTPStatus.UNPROCESSABLE_ENTITY, **more: Any
) -> HttpResponse:
    return JsonResponse({"error": error.message, "code": error.code, **more}, status=status)
