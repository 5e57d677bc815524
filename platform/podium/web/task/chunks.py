"""Sending a large predictions file in chunks: begin it, `PUT` chunks at their offsets, then submit.

`POST` to a task's address with `name`, `size` and `sha256` begins an upload or finds the one that
broke off. A chunk is the body of a `PUT` with `Upload-Offset`; an empty one reports how much has
arrived. Answers are JSON: `id`, `address`, `received`, `size`, `complete`, or `error` in words.
"""

import uuid
from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from podium.access import get_task
from podium.accounts.requests import SignedInRequest
from podium.refusals import Refused
from podium.submissions import partial
from podium.submissions.models import PartialUpload
from podium.web.base.chunks import answered, number, offset_of, refusal
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
            size=number(request.POST.get("size", ""), "size"),
            sha256=request.POST.get("sha256", ""),
            by=request.user,
        )
    except Refused as error:
        if error.code == "rules_changed":
            # The script shows only this; the surrounding form was rendered with other rules.
            error.message += f" {RELOAD}"
        return refusal(error)
    named = {"id": str(row.pk), "address": reverse("part", args=[row.pk])}
    return answered(lambda: row, HTTPStatus.CREATED, **named)


@never_cache
@login_required
@require_http_methods(["HEAD", "GET", "PUT", "DELETE"])
def part(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Accept a chunk of the user's upload, report how much has arrived, or discard it."""
    mine = PartialUpload.objects.filter(user=request.user.pk)
    row = get_object_or_404(mine.select_related("task__challenge"), pk=pk)

    def verb() -> PartialUpload | None:
        if request.method == "PUT":
            partial.append(partial=row, offset=offset_of(request), stream=request)
        if request.method == "DELETE":
            partial.discard(partial=row)
            return None
        return row

    return answered(verb)
