"""Corrected solutions of a task: sending one, what differs, and plans to add or discard it.

Only for people who may see private scores: what differs says something about labels.
"""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Path, Router, Schema
from ninja.responses import Status
from pydantic import Field

from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.api.base.limits import count_upload
from podium.api.base.readers import ORGANIZE
from podium.api.base.shapes import Id, Slug, example, strict
from podium.api.host.plans import Proposal, challenge_for, get_challenge, planned
from podium.api.host.running import task_in
from podium.api.host.shapes import PlanOut
from podium.api.submission.receiving import form_of
from podium.challenges.permissions import Permission
from podium.corrections import actions
from podium.corrections.models import Correction, CorrectionState
from podium.files import Json
from podium.refusals import Refused

router = Router(tags=["Organizing: run"])
_PATH = "/host/challenges/{slug:challenge}/tasks/{slug:task}/labels"
SHOWN = 20
_FILE = {"type": "string", "format": "binary", "description": "CSV or Parquet: id and label."}
_FORM = {
    "type": "object",
    "properties": {"file": _FILE},
    "required": ["file"],
    "additionalProperties": False,
}
_BODY = {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}


class CorrectionOut(Schema):
    """A corrected solution that was sent."""

    id: int
    name: str = Field(description="Of the file, as sent.")
    state: str = Field(description=f"{', '.join(CorrectionState.values)}.")
    by: str
    sent_at: datetime
    compared_with: int = Field(description="The number of the task's solution then.")
    problem: str = Field(description="Why the file cannot be used.")
    comparison: dict[str, Any] | None = Field(
        description="What differs, as counts: rows, changed, parts, labels (before, after, rows), "
        "classes, usages, columns. null unless it is compared and not yet decided."
    )
    solution: int | None = Field(description="The number of the solution that it became.")
    model_config = example(
        id=4, name="labels.csv", state="compared", by="Olga", sent_at="2026-11-20T12:00:00Z",
        compared_with=1, problem="", solution=None,
        comparison={"rows": 120, "changed": 2, "labels": [["cat", "dog", 2]]},
    )  # fmt: skip


class CorrectionsOut(Schema):
    """The last corrected solutions of a task, newest first."""

    items: list[CorrectionOut]
    model_config = example(items=[])


class CorrectionGiven(Schema):
    """An act on a corrected solution: `add` it with a reason, `discard` it, or `retry`."""

    act: Literal["add", "discard", "retry"]
    correction: Id
    model_config = strict(act="add", correction=4)


@router.get(
    _PATH,
    response=CorrectionsOut,
    auth=ORGANIZE,
    url_name="host-labels",
    summary="Corrected solutions",
)
def corrections(request: HttpRequest, challenge: Path[Slug], task: Path[Slug]) -> object:
    """List the corrected solutions of a task and what differs: for owners."""
    found = task_in(get_challenge(request, challenge, Permission.REVEAL), task)
    rows = found.corrections.select_related("by", "solution", "compared_with")
    return {"items": [_correction(row) for row in rows[:SHOWN]]}


def _correction(row: Correction) -> Json:
    return {
        **{name: getattr(row, name) for name in ("name", "state", "problem")},
        "id": row.pk,
        "by": str(row.by or ""),
        "sent_at": row.queued_at,
        "compared_with": row.compared_with.number,
        "comparison": row.comparison if row.state == CorrectionState.COMPARED else None,
        "solution": row.solution.number if row.solution else None,
    }


@router.post(
    _PATH,
    response={202: CorrectionOut},
    auth=ORGANIZE,
    summary="Send a corrected solution",
    openapi_extra={"requestBody": _BODY},
)
def send(request: SignedInRequest, challenge: Path[Slug], task: Path[Slug]) -> object:
    """Have a worker compare a corrected solution with the task's: for owners.

    Nothing changes by it. Ask the list until its state is compared or failed, then plan to add it.
    """
    found = task_in(get_challenge(request, challenge, Permission.REVEAL), task)
    count_upload(request)
    with form_of(request, actions.MOST_BYTES) as (upload, _):
        made = actions.send(task=found, upload=upload, by=request.user)
    return Status(202, _correction(made))


def propose_labels(by: User, slug: str, given: Json) -> Proposal:
    """Return what adding, discarding or comparing again would do. Raises Refused."""
    challenge, act = challenge_for(by, slug, Permission.REVEAL), given["act"]
    rows = task_in(challenge, given["task"]).corrections.select_related("compared_with")
    row = get_object_or_404(rows, pk=given["correction"])
    if act == "add" and row.state != CorrectionState.COMPARED:
        raise Refused("state", "It is not compared, or decided already. Read the list.")
    read = actions.fingerprint(row)
    title, line = {
        "add": ("Add a solution", "No board changes: start a rescore with it, and publish that."),
        "discard": ("Discard a corrected solution", "Its file is deleted."),
        "retry": ("Compare again", "The file is compared with the task's solution of today."),
    }[act]

    def do(_title: str, reason: str) -> None:
        if act == "add":
            actions.add(correction=row, read=read, reason=reason, by=by)
        else:
            verb = actions.discard if act == "discard" else actions.retry
            verb(correction=row, by=by)

    found = row.comparison
    changed = [f"{found['changed']:,} of {found['rows']:,} labels change."] if found else []
    return Proposal(
        title=title,
        lines=[f"{row.name}: {row.get_state_display()}.", *changed, line],
        mark=(act, read),
        carry_out=do,
        asks=["reason"] if act == "add" else [],
        can_be_undone=False,
    )


@router.post(
    f"{_PATH}/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-labels",
    summary="Plan an act on a corrected solution",
)
def plan_labels(
    request: SignedInRequest, challenge: Path[Slug], task: Path[Slug], given: CorrectionGiven
) -> object:
    """Say what adding, discarding or comparing again would do: for owners."""
    change = {**given.model_dump(), "task": task}
    return planned("labels", challenge, change, propose_labels, request.user)


PROPOSERS = {"labels": propose_labels}
