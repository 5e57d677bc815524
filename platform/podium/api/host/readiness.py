"""Whether a challenge is ready to open, and plans that overrule a check in writing."""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from ninja import Path, Router, Schema
from pydantic import Field

from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.api.base.problems import invalid
from podium.api.base.readers import ORGANIZE
from podium.api.base.shapes import Slug, example, strict
from podium.api.host.plans import Proposal, challenge_for, get_challenge, planned
from podium.api.host.shapes import PlanOut
from podium.challenges.permissions import Permission
from podium.files import Json
from podium.refusals import Refused
from podium.rehearsals import readiness
from podium.rehearsals.readiness import Check

router = Router(tags=["Organizing: set up"])
_PATH = "/host/challenges/{slug:challenge}/readiness"


class OverrulingOut(Schema):
    """That an owner wrote why a check does not matter."""

    by: str
    at: datetime
    why: str
    model_config = example(by="Olga", at="2026-11-20T12:00:00Z", why="Rows are few by design.")


class CheckOut(Schema):
    """One check."""

    check: str = Field(description="Its key.")
    title: str
    is_open: bool = Field(description="Whether somebody has to do something about it.")
    problem: str = Field(description="What is wrong and what to do; empty: nothing.")
    url: str = Field(description="The page where it is fixed, relative to this site.")
    overruled: OverrulingOut | None
    model_config = example(
        check="rules", title="There are rules", is_open=True, overruled=None,
        problem="There are no rules, so people accept none.",
        url="/c/cup/console/setup/texts/",
    )  # fmt: skip


class ChecksOut(Schema):
    """All checks of a challenge."""

    is_ready: bool
    items: list[CheckOut]
    model_config = example(is_ready=True, items=[])


class OverrulingGiven(Schema):
    """An act on a check: `overrule` it with a reason, or `take_back` that."""

    act: Literal["overrule", "take_back"]
    check: Slug = Field(description="Its key.")
    model_config = strict(act="overrule", check="rows")


@router.get(
    _PATH, response=ChecksOut, auth=ORGANIZE, url_name="host-readiness", summary="Readiness"
)
def checks(request: HttpRequest, challenge: Path[Slug]) -> object:
    """List what should be so before the challenge opens: for owners and managers."""
    found = readiness.checks_of(get_challenge(request, challenge, Permission.RUN_CHALLENGE))
    return {"is_ready": not any(each.is_open for each in found), "items": [*map(_check, found)]}


def _check(found: Check) -> Json:
    event = found.overruled
    names = ("title", "is_open", "problem", "url")
    overruled = event and {"by": event.actor, "at": event.at, "why": event.facts["why"]}
    return {
        "check": found.key, "overruled": overruled, **{name: getattr(found, name) for name in names}
    }  # fmt: skip


def propose_overruling(by: User, slug: str, given: Json) -> Proposal:
    """Return what overruling a check, or taking that back, would do. Raises Refused or Problem."""
    challenge, act = challenge_for(by, slug, Permission.SET_UP), given["act"]
    check = {each.key: each for each in readiness.checks_of(challenge)}.get(given["check"])
    if check is None:
        raise invalid("body.check", "There is no such check. Choose one of the list.")
    if act == "take_back" and check.overruled is None:
        raise Refused("not_overruled", "This check is not overruled. Choose another one.")
    verb = readiness.overrule if act == "overrule" else readiness.take_back

    def do(_title: str, reason: str) -> None:
        given = {"reason": reason} if act == "overrule" else {}
        verb(challenge=challenge, check=check.key, by=by, **given)

    return Proposal(
        title="Overrule a check" if act == "overrule" else "Let a check count again",
        lines=[f"{check.title}. {check.problem}".strip()],
        mark=(act, check.key, check.problem, check.overruled.pk if check.overruled else 0),
        carry_out=do,
        asks=["reason"] if act == "overrule" else [],
    )


@router.post(
    f"{_PATH}/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-overruling",
    summary="Plan to overrule a check",
)
def plan_overruling(
    request: SignedInRequest, challenge: Path[Slug], given: OverrulingGiven
) -> object:
    """Say which check would no longer matter, or count again: for owners."""
    return planned("overruling", challenge, given.model_dump(), propose_overruling, request.user)


PROPOSERS = {"overruling": propose_overruling}
