"""Plans of the winners: publishing what the rule proposes, taking it back, and eligibility."""

from collections.abc import Callable
from typing import Literal

from ninja import Path, Router, Schema
from pydantic import Field

from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.api.base.problems import invalid
from podium.api.base.readers import ORGANIZE
from podium.api.base.shapes import Slug, strict
from podium.api.host.plans import Proposal, challenge_for, planned
from podium.api.host.shapes import PlanOut
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission
from podium.files import Json
from podium.refusals import Refused
from podium.winners import actions
from podium.winners import proposal as rule
from podium.winners.models import Ineligible

router = Router(tags=["Organizing: run"])


class WinnersGiven(Schema):
    """An act on the winners. `bar` and `admit` say whether a `team` may take a prize."""

    act: Literal["publish", "take_back", "bar", "admit"]
    team: Slug | None = Field(None, description="The `slug` of a team, to bar or admit.")
    model_config = strict(act="publish")


def propose_winners(by: User, slug: str, given: Json) -> Proposal:
    """Return what an act on the winners would do. Raises Refused or Problem."""
    challenge, act = challenge_for(by, slug, Permission.REVEAL), given["act"]
    if act in ("bar", "admit"):
        return _eligibility(challenge, given, by)
    now, last = rule.propose(challenge), actions.latest(challenge)
    shown = last if last and not last.taken_back_at else None
    before = actions.listed(shown) if shown else rule.Proposal(challenge, ())
    fingerprint = now.fingerprint(last)
    if act == "take_back":
        if shown is None:
            raise Refused("not_published", "No winners are published.")
        return Proposal(
            title="Take the winners back",
            lines=[f"Version {shown.number} is hidden again."],
            mark=(act, shown.number),
            carry_out=lambda _title, reason: actions.take_back(
                challenge=challenge, reason=reason, by=by
            ),
            asks=["reason"],
            teams=len(actions.concerned(before, rule.Proposal(challenge, ()))),
        )
    if not any(each.placings for each in now.tracks):
        raise Refused("no_winners", "No team has a final rank yet. Wait for the reveal.")
    return Proposal(
        title="Publish the winners",
        lines=[line for each in now.tracks for line in _in_words(each)],
        mark=(act, fingerprint),
        carry_out=lambda _title, reason: actions.publish(
            challenge=challenge, fingerprint=fingerprint, reason=reason, by=by
        ),
        asks=["reason"] if last else [],
        teams=len(actions.concerned(before, now)),
    )


def _in_words(track: rule.TrackWinners) -> list[str]:
    lines = [
        f"{track.track}, rank {each.rank}: {each.name}" + (f", {each.prize}" if each.prize else "")
        for each in track.shown
    ]
    return [*lines, track.note] if track.note else lines


def _eligibility(challenge: Challenge, given: Json, by: User) -> Proposal:
    team = challenge.teams.taking_part().filter(slug=given.get("team")).first()
    if team is None:
        raise invalid("body.team", "Give the slug of a team of people here.")
    is_eligible = given["act"] == "admit"
    is_barred = Ineligible.objects.filter(team=team).exists()
    if is_barred != is_eligible:
        state = "takes no prize" if is_barred else "may take a prize"
        raise Refused("bad_team", f"{team} {state} already, so nothing would change.")
    return Proposal(
        title="Let a team take prizes again" if is_eligible else "Bar a team from prizes",
        lines=[f"{team} {'may take a prize' if is_eligible else 'keeps its rank'}."],
        mark=(given["act"], team.pk, is_barred),
        carry_out=lambda _title, reason: actions.set_eligible(
            team=team, is_eligible=is_eligible, reason=reason, by=by
        ),
        asks=["reason"],
        teams=1,
    )


@router.post(
    "/host/challenges/{slug:challenge}/winners/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-winners",
    summary="Plan an act on the winners",
)
def plan_winners(request: SignedInRequest, challenge: Path[Slug], given: WinnersGiven) -> object:
    """Say who wins by the rule, and what publishing or taking back would do: for owners."""
    change = given.model_dump(exclude_unset=True)
    return planned("winners", challenge, change, propose_winners, request.user)


PROPOSERS: dict[str, Callable[[User, str, Json], Proposal]] = {"winners": propose_winners}
