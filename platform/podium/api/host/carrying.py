"""Carrying out plans."""

from ninja import Router

from podium.accounts.requests import SignedInRequest
from podium.api.base.readers import ORGANIZE
from podium.api.host import (
    acts,
    alerts,
    cases,
    changes,
    labels,
    readiness,
    running,
    threads,
    winning,
)
from podium.api.host.plans import Proposer, carry_out, opened
from podium.api.host.shapes import Carried, Done

router = Router(tags=["Organizing: set up"])
_PROPOSERS: dict[str, Proposer] = {
    **changes.PROPOSERS,
    **acts.PROPOSERS,
    **running.PROPOSERS,
    **winning.PROPOSERS,
    **readiness.PROPOSERS,
    **alerts.PROPOSERS,
    **cases.PROPOSERS,
    **threads.PROPOSERS,
    **labels.PROPOSERS,
}


@router.post(
    "/host/carry_out",
    response=Done,
    auth=ORGANIZE,
    url_name="host-carry-out",
    summary="Carry out a plan",
)
def carry_out_plan(request: SignedInRequest, given: Carried) -> object:
    """Do what a plan of yours says, within an hour. Refused if it would do anything else by now."""
    sealed = opened(given.plan, request.user)
    slug, change = sealed["challenge"], sealed["change"]
    propose = _PROPOSERS[sealed["kind"]]
    done = carry_out(lambda: propose(request.user, slug, change), sealed, given)
    return {"challenge": slug, "act": done.title, "lines": list(done.lines)}
