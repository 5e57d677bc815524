"""Plans of what organizers do with submissions and teams, and the lists of both."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from django.db.models import Max
from ninja import Path, Router, Schema
from pydantic import Field

from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.api.base.problems import invalid
from podium.api.base.readers import ORGANIZE
from podium.api.base.shapes import AS_WHOLE, Id, Slug, Text, strict
from podium.api.host.plans import Proposal, challenge_for, planned
from podium.api.host.shapes import PlanOut
from podium.audit.models import Event
from podium.challenges import rulings
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission
from podium.challenges.rulings import MOST_AT_ONCE, Acts, Ruling
from podium.files import Json
from podium.standings.effects import effects_of
from podium.submissions.rulings import ACTS as ON_SUBMISSIONS
from podium.submissions.team_rulings import ACTS as ON_TEAMS
from podium.submissions.team_rulings import MOST_ATTEMPTS
from podium.teams.models import Membership

router = Router(tags=["Organizing: run"])
_PATH = "/host/challenges/{slug:challenge}"
# Of more rows it would take too long to try what becomes of the boards.

Attempts = Annotated[int, Field(ge=1, le=MOST_ATTEMPTS), AS_WHOLE]


class SubmissionActGiven(Schema):
    """An act on submissions."""

    act: Literal["retry", "refund", "withdraw", "restore"]
    submissions: list[Id] = Field(min_length=1, max_length=MOST_AT_ONCE, description="Their ids.")
    model_config = strict(act="withdraw", submissions=[412])


class TeamActGiven(Schema):
    """An act on teams. `grant` needs `task` and `attempts`, `move` a `member`, `merge` `into`."""

    act: Literal["disqualify", "reinstate", "grant", "move", "merge"]
    teams: list[Text] = Field(
        min_length=1, max_length=MOST_AT_ONCE, description="The `slug` of each."
    )
    task: Slug | None = Field(None, description="Its `slug`: of what attempts are granted.")
    attempts: Attempts | None = None
    member: Text | None = Field(
        None, max_length=254, description="The e-mail address of the person who moves in."
    )
    into: Slug | None = Field(
        None, description="The `slug` of the team that the other becomes part of."
    )
    model_config = strict(act="disqualify", teams=["alpha"])


def propose_on_submissions(by: User, slug: str, given: Json) -> Proposal:
    """Return what an act on submissions would do. Raises Refused."""
    challenge = challenge_for(by, slug, Permission.RUN_CHALLENGE)
    return _proposal(ON_SUBMISSIONS, challenge, given["act"], set(given["submissions"]), {}, by)


def propose_on_teams(by: User, slug: str, given: Json) -> Proposal:
    """Return what an act on teams would do. Raises Refused or Problem."""
    challenge = challenge_for(by, slug, Permission.RUN_CHALLENGE)
    found = dict(challenge.teams.filter(slug__in=given["teams"]).values_list("slug", "pk"))
    if unknown := sorted(set(given["teams"]) - set(found)):
        raise invalid("body.teams", f"`{unknown[0]}` is not the slug of a team here.")
    answers = _answers(challenge, given)
    return _proposal(ON_TEAMS, challenge, given["act"], set(found.values()), answers, by)


def _answers(challenge: Challenge, given: Json) -> Json:
    """Return what the act has to know, as its rows. Raises Problem."""
    answers: Json = {}
    for name in ON_TEAMS.by_name[given["act"]].asks:
        if name == "reason":
            continue
        value = given.get(name)
        if value is None:
            raise invalid(f"body.{name}", f"The act {given['act']} needs it.")
        row: Any = value
        if name == "task":
            row = challenge.tasks.filter(slug=value).first()
        elif name == "member":
            seats = Membership.objects.filter(challenge=challenge, user__email=value.lower())
            row = seats.select_related("user", "team").first()
        elif name == "into":
            row = challenge.teams.taking_part().filter(slug=value).first()
        if row is None:
            raise invalid(f"body.{name}", f"There is no {name} `{value}` here.")
        answers[name] = row
    return answers


def _proposal(
    acts: Acts[Any], challenge: Challenge, act: str, picked: set[int], answers: Json, by: User
) -> Proposal:
    target = acts.by_name[act].target
    other = answers.get(target.asks) if target else None
    ruling = rulings.plan(acts, act, challenge, picked, other)

    def do(title: str, reason: str) -> None:
        rulings.carry_out(
            acts,
            act,
            challenge,
            picked,
            fingerprint=ruling.fingerprint,
            answers={**answers, "reason": reason},
            by=by,
        )

    asked = ruling.act.asks
    return Proposal(
        title=ruling.act.title,
        lines=[*map(_named, ruling.fit), *ruling.lines, *_of_answers(answers)],
        skipped=[f"{_named(row)}: {why}" for row, why in ruling.unfit],
        mark=(ruling.fingerprint, _last_event(acts, ruling)),
        carry_out=do,
        can_be_undone=ruling.act.can_be_undone,
        asks=["reason"] if "reason" in asked else [],
        teams=ruling.teams if "reason" in asked else 0,
        boards=effects_of(ruling, challenge, by) or [],
    )


def _named(row: Any) -> str:
    """Return what a line of a plan calls a row."""
    return f"Submission {row.pk} of {row.team}" if hasattr(row, "team_id") else str(row)


def _of_answers(answers: Json) -> list[str]:
    lines = []
    if "attempts" in answers:
        lines.append(f"{answers['attempts']} more attempts for today (UTC) on {answers['task']}.")
    if seat := answers.get("member"):
        lines.append(f"{seat.user} moves from {seat.team}. What they submitted stays there.")
    return lines


def _last_event(acts: Acts[Any], ruling: Ruling[Any]) -> int | None:
    """Return the last event of these rows, so that a plan is not carried out twice."""
    about = [f"{acts.noun}:{row.pk}" for row in ruling.fit]
    last: int | None = Event.objects.filter(subject__in=about).aggregate(last=Max("pk"))["last"]
    return last


@router.post(
    f"{_PATH}/submissions/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-submissions",
    summary="Plan an act on submissions",
)
def plan_submissions(
    request: SignedInRequest, challenge: Path[Slug], given: SubmissionActGiven
) -> object:
    """Say what retrying, refunding, withdrawing or restoring would do: for owners and managers."""
    change = given.model_dump(exclude_unset=True)
    return planned("submissions", challenge, change, propose_on_submissions, request.user)


@router.post(
    f"{_PATH}/teams/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-teams",
    summary="Plan an act on teams",
)
def plan_teams(request: SignedInRequest, challenge: Path[Slug], given: TeamActGiven) -> object:
    """Say what an act on teams would do, such as a merge: for owners and managers."""
    change = given.model_dump(exclude_unset=True)
    return planned("teams", challenge, change, propose_on_teams, request.user)


PROPOSERS: dict[str, Callable[[User, str, Json], Proposal]] = {
    "submissions": propose_on_submissions,
    "teams": propose_on_teams,
}
