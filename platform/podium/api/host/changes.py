"""Plans of changes to a challenge itself: its file, times, organizers and announcements."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Path, Router, Schema
from pydantic import Field

from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.api.base.problems import Problem, invalid
from podium.api.base.readers import ORGANIZE
from podium.api.base.shapes import AS_WHOLE, Moment, Slug, Text, example, strict
from podium.api.host.plans import Proposal, challenge_for, get_challenge, planned, refusals
from podium.api.host.running import task_in
from podium.api.host.shapes import PlanOut
from podium.challenges.actions import change, create, take_back
from podium.challenges.definition import definition_of, parse
from podium.challenges.documents import LONGEST
from podium.challenges.export import definition_text
from podium.challenges.models import Announcement, Challenge
from podium.challenges.organizers import roles_of
from podium.challenges.permissions import Permission, may_create_challenges
from podium.challenges.plans import Change, carry_out, plan
from podium.discussions.announcements import announce_to_teams
from podium.files import Json
from podium.notices.audiences import Audience, TeamState

router = Router(tags=["Organizing: set up"])
Hours = Annotated[int, Field(ge=0, le=100_000), AS_WHOLE]
Longer = Annotated[int, Field(ge=1, le=10_000), AS_WHOLE]
Days = Annotated[int, Field(ge=1, le=365), AS_WHOLE]
Address = Annotated[str, Field(pattern=r"^[^\u0000]*$", max_length=254)]
_PATH = "/host/challenges/{slug:challenge}"


class DefinitionGiven(Schema):
    """A whole challenge.yaml."""

    yaml: Text = Field(max_length=LONGEST, description="The text of the file.")
    model_config = strict(yaml="challenge:\n  slug: cup\n  title: Cup\n")


class DefinitionOut(Schema):
    """A challenge as its challenge.yaml."""

    yaml: str
    model_config = example(yaml="challenge:\n  slug: cup\n  title: Cup\n")


class TimesGiven(Schema):
    """New times; those that are left out stay. null empties `announced_at` or `archived_at`.

    `extend_hours` moves the close, the reveal and the archiving together, unless they are given.
    """

    announced_at: Moment | None = None
    opens_at: Moment | None = None
    team_freeze_at: Moment | None = None
    closes_at: Moment | None = None
    reveal_at: Moment | None = None
    archived_at: Moment | None = None
    freeze_hours: Hours | None = None
    extend_hours: Longer | None = None
    model_config = strict(closes_at="2026-11-27T12:00:00Z")


class PauseGiven(Schema):
    """Why a task takes no submissions; an empty sentence ends the pause."""

    sentence: Text = Field(max_length=300, description="Everybody who would submit reads it.")
    model_config = strict(sentence="We correct its labels.")


class OrganizersGiven(Schema):
    """Roles by e-mail address; those that are left out stay. null takes the role."""

    roles: dict[Address, Literal["owner", "manager", "viewer"] | None] = Field(
        max_length=100, json_schema_extra={"additionalProperties": False}
    )
    model_config = strict(roles={"ada@example.org": "manager", "bob@example.org": None})


class OrganizersOut(Schema):
    """The roles in a challenge."""

    roles: dict[str, str] = Field(description="By address. Some may not be confirmed yet.")
    pending: list[str] = Field(description="Addresses that nobody has confirmed yet.")
    model_config = example(roles={"ada@example.org": "owner"}, pending=[])


class AnnouncementGiven(Schema):
    """An announcement, known by its title. With `take_back` it goes, and `body` is left out.

    With `track` or `state` it is for these teams only, and it has to be a new one.
    """

    title: Text = Field(min_length=1, max_length=160)
    body: Text = Field("", max_length=100_000, description="Markdown.")
    take_back: bool = False
    track: Slug | None = Field(None, description="The `kind` of a track that they submitted to.")
    state: Literal["unscored", "unchosen", "ranked", "silent"] | None = Field(
        None,
        description="`unscored`: no scored submission; `unchosen`: a score and no final "
        "selection; `ranked`: on the public board; `silent`: no submission for `days`.",
    )
    days: Days = Field(7, description="With `silent`: for how many days.")
    model_config = strict(title="One more week", body="The close is on Friday.")


class AnnouncementOut(Schema):
    """What the organizers announced."""

    title: str
    body: str
    at: datetime
    audience: str = Field(description="The teams that it is for, in words; empty: everybody.")
    model_config = example(
        title="One more week",
        body="The close is on Friday.",
        at="2026-11-20T12:00:00Z",
        audience="",
    )


class AnnouncementsOut(Schema):
    """All announcements of a challenge."""

    items: list[AnnouncementOut]
    model_config = example(items=[])


def proposal_of(challenge: Challenge | None, made: Change, title: str) -> Proposal:
    """Return what a change of a challenge, None for a new one, would do. Raises its refusal."""
    found = plan(challenge, made)

    def do(title: str, reason: str) -> None:
        carry_out(challenge, made, fingerprint=found.fingerprint, title=title)

    return Proposal(
        title=title,
        lines=found.lines() or ["Nothing changes."],
        mark=found.fingerprint,
        carry_out=do,
        asks=["title"] if found.is_guarded else [],
        typed=found.title if found.is_guarded else "",
        can_be_undone=not any(path.startswith("announcements.") for path in found.changes),
    )


def propose_definition(by: User, slug: str, given: Json) -> Proposal:
    """Return what a challenge.yaml would do. Raises Problem."""
    with refusals():
        definition = parse(given["yaml"])
    stored = Challenge.objects.filter(slug=definition.slug).first()
    if stored is None or not stored.organizers.filter(user=by).exists():
        if not may_create_challenges(by):
            raise Problem(
                403, "not_allowed", "You may not create challenges. Ask the staff of this site."
            )
        # `create` refuses an address that is taken.
        return proposal_of(
            None, lambda: create(definition=definition, by=by), f"Create {definition.slug}"
        )
    challenge = challenge_for(by, definition.slug, Permission.SET_UP)
    return proposal_of(
        challenge, lambda: change(definition=definition, by=by), f"Change {challenge.title}"
    )


def _changed(by: User, slug: str, permission: Permission, document: Json, title: str) -> Proposal:
    challenge = challenge_for(by, slug, permission)

    def made() -> Challenge:
        return change(definition=definition_of({"slug": slug, **document}), by=by)

    return proposal_of(challenge, made, title)


def propose_times(by: User, slug: str, given: Json) -> Proposal:
    """Return what new times would do."""
    times = {name: at for name, at in given.items() if name != "extend_hours"}
    if hours := given.get("extend_hours"):
        challenge = challenge_for(by, slug, Permission.SET_UP)
        times = {**_extended(challenge, timedelta(hours=hours)), **times}
    return _changed(by, slug, Permission.SET_UP, {"timeline": times}, "Move times")


def _extended(challenge: Challenge, longer: timedelta) -> Json:
    """Return the times from the close on, each later."""
    times = {name: getattr(challenge, name) for name in ("closes_at", "reveal_at", "archived_at")}
    return {name: (at + longer).isoformat() for name, at in times.items() if at}


def propose_pause(by: User, slug: str, given: Json) -> Proposal:
    """Return what pausing a task, or ending that, would do. Raises Http404."""
    task = task_in(challenge_for(by, slug, Permission.SET_UP), given["task"])
    tracks = [{"kind": task.track.kind, "tasks": [{"slug": task.slug, "pause": given["sentence"]}]}]
    title = "Pause a task" if given["sentence"] else "End the pause of a task"
    return _changed(by, slug, Permission.SET_UP, {"tracks": tracks}, title)


def propose_organizers(by: User, slug: str, given: Json) -> Proposal:
    """Return what other roles would do."""
    challenge = challenge_for(by, slug, Permission.MANAGE_ORGANIZERS)
    roles = {**roles_of(challenge), **{each.lower(): to for each, to in given["roles"].items()}}
    kept = {email: role for email, role in roles.items() if role}
    return _changed(
        by, slug, Permission.MANAGE_ORGANIZERS, {"organizers": kept}, "Change organizers"
    )


def propose_announcement(by: User, slug: str, given: Json) -> Proposal:
    """Return what an announcement, or taking one back, would do."""
    challenge = challenge_for(by, slug, Permission.ANNOUNCE)
    title = given["title"]
    if given.get("take_back"):
        row = get_object_or_404(Announcement, challenge=challenge, title=title)
        return proposal_of(challenge, lambda: take_back(announcement=row, by=by), "Take back")
    if not given.get("body", "").strip():
        raise invalid("body.body", "Write the text of the announcement.")
    audience = _audience(challenge, given)
    is_new = not challenge.announcements.filter(title=title).exists()
    if not (is_new or audience.is_everybody):
        raise invalid("body.title", "An announcement has this title. Choose another.")
    if audience.is_everybody:
        document = {"announcements": [{"title": title, "body": given["body"]}]}
        found = _changed(by, slug, Permission.ANNOUNCE, document, "Announce")
    else:
        found = proposal_of(challenge, lambda: _to_teams(audience, given, by), "Announce")
    said = audience.reach() if is_new else "Nobody is notified again."
    teams = 0 if audience.is_everybody else audience.teams().count()
    return replace(found, lines=[*found.lines, said], teams=teams)


def _audience(challenge: Challenge, given: Json) -> Audience:
    """Return the people whom an announcement is for. Raises Problem."""
    track = None
    if kind := given.get("track"):
        track = challenge.tracks.filter(kind=kind).first()
        if track is None:
            raise invalid("body.track", f"There is no track `{kind}` here.")
    return Audience(challenge, track, given.get("state") or TeamState.ANY, given.get("days", 7))


def _to_teams(audience: Audience, given: Json, by: User) -> Challenge:
    """Announce to the teams of an audience."""
    announce_to_teams(
        challenge=audience.challenge,
        title=given["title"],
        body=given["body"],
        audience=str(audience),
        teams=list(audience.teams()),
        by=by,
    )
    return audience.challenge


def _said(given: Schema) -> Json:
    """Return the values that a body has, as JSON."""
    return given.model_dump(mode="json", exclude_unset=True)


@router.post(
    "/host/definition/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-definition",
    summary="Plan a challenge.yaml",
)
def plan_definition(request: SignedInRequest, given: DefinitionGiven) -> object:
    """Say what a challenge.yaml would create or change. What it leaves out stays.

    A new challenge is a draft that you own.
    """
    with refusals():
        slug = parse(given.yaml).slug
    return planned("definition", slug, _said(given), propose_definition, request.user)


@router.get(
    f"{_PATH}/definition",
    response=DefinitionOut,
    auth=ORGANIZE,
    url_name="host-definition",
    summary="Export the challenge.yaml",
)
def definition(request: HttpRequest, challenge: Path[Slug]) -> object:
    """Give the challenge as its challenge.yaml: for owners."""
    return {"yaml": definition_text(get_challenge(request, challenge, Permission.SET_UP))}


@router.post(
    f"{_PATH}/times/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-times",
    summary="Plan to move times",
)
def plan_times(request: SignedInRequest, challenge: Path[Slug], given: TimesGiven) -> object:
    """Say what other times would do: for owners."""
    return planned("times", challenge, _said(given), propose_times, request.user)


@router.post(
    f"{_PATH}/tasks/{{slug:task}}/pause/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-pause",
    summary="Plan to pause a task",
)
def plan_pause(
    request: SignedInRequest, challenge: Path[Slug], task: Path[Slug], given: PauseGiven
) -> object:
    """Say what pausing a task would do, or taking submissions again: for owners."""
    change = {"task": task, "sentence": given.sentence.strip()}
    return planned("pause", challenge, change, propose_pause, request.user)


@router.get(
    f"{_PATH}/organizers",
    response=OrganizersOut,
    auth=ORGANIZE,
    url_name="host-organizers",
    summary="Organizers",
)
def organizers(request: HttpRequest, challenge: Path[Slug]) -> object:
    """List the roles in a challenge: for owners."""
    found = get_challenge(request, challenge, Permission.MANAGE_ORGANIZERS)
    pending = found.pending_roles.order_by("email").values_list("email", flat=True)
    return {"roles": roles_of(found), "pending": list(pending)}


@router.post(
    f"{_PATH}/organizers/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-organizers",
    summary="Plan other organizers",
)
def plan_organizers(
    request: SignedInRequest, challenge: Path[Slug], given: OrganizersGiven
) -> object:
    """Say what giving, changing or taking roles would do: for owners."""
    return planned("organizers", challenge, _said(given), propose_organizers, request.user)


@router.get(
    f"{_PATH}/announcements",
    response=AnnouncementsOut,
    auth=ORGANIZE,
    url_name="host-announcements",
    summary="Announcements",
)
def announcements(request: HttpRequest, challenge: Path[Slug]) -> object:
    """List what the organizers announced: for owners and managers."""
    found = get_challenge(request, challenge, Permission.ANNOUNCE)
    return {"items": list(found.announcements.values("title", "body", "at", "audience"))}


@router.post(
    f"{_PATH}/announcements/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-announcement",
    summary="Plan an announcement",
)
def plan_announcement(
    request: SignedInRequest, challenge: Path[Slug], given: AnnouncementGiven
) -> object:
    """Say what announcing, correcting or taking back would do: for owners and managers."""
    return planned("announcement", challenge, _said(given), propose_announcement, request.user)


PROPOSERS: dict[str, Callable[[User, str, Json], Proposal]] = {
    "definition": propose_definition,
    "times": propose_times,
    "pause": propose_pause,
    "organizers": propose_organizers,
    "announcement": propose_announcement,
}
