"""The caller's team: create, join, change, leave."""

from datetime import datetime
from typing import Literal

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from ninja import Path, Query, Router, Schema
from ninja.responses import Status
from pydantic import Field

from podium.access import get_challenge
from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.api.base.paging import part_of
from podium.api.base.problems import NotThere, Problem
from podium.api.base.readers import ANYBODY, READ, TEAM
from podium.api.base.shapes import Named, Page, PageQuery, Slug, Text, Whole, example, strict
from podium.api.challenges import refuse_without_rules
from podium.refusals import Refused
from podium.teams import actions
from podium.teams.members import may_see_members, visible_members
from podium.teams.models import Invitation, Membership, Team

router = Router(tags=["Teams"])


class Member(Schema):
    """A person in a team."""

    id: int
    name: str
    is_captain: bool
    model_config = example(id=7, name="Ada", is_captain=True)


class InvitationShort(Schema):
    """An open invitation. Its link was shown when it was made."""

    id: int
    email: str = Field(description="Empty: for everybody who has the link.")
    created_at: datetime
    expires_at: datetime
    model_config = example(
        id=3, email="", created_at="2026-11-21T12:00:00Z", expires_at="2026-12-05T12:00:00Z"
    )


class InvitationMade(InvitationShort):
    """A new invitation with its link."""

    link: str = Field(description="Shown this once; pass it on.")
    model_config = example(
        id=3,
        email="",
        created_at="2026-11-21T12:00:00Z",
        expires_at="2026-12-05T12:00:00Z",
        link="https://podium.example.org/join/k3Jq…/",
    )


class OwnTeam(Schema):
    """The team that you are in."""

    slug: str
    name: str
    members: list[Member]
    captain: Member
    is_frozen: bool = Field(description="Whether nobody may enter or leave it any more.")
    disqualified: str | None = Field(description="Why the organizers disqualified it, if so.")
    research_use: str = Field(
        description="Whether its submissions may be kept for research: yes, no or unsaid."
    )
    invitations: list[InvitationShort] = Field(description="The open ones; only for the captain.")
    url: str = Field(description="Its public page, relative to this site.")
    model_config = example(
        slug="alpha",
        name="Alpha",
        members=[{"id": 7, "name": "Ada", "is_captain": True}],
        captain={"id": 7, "name": "Ada", "is_captain": True},
        is_frozen=False,
        disqualified=None,
        research_use="unsaid",
        invitations=[],
        url="/c/sample/teams/alpha/",
    )


class TeamOut(Schema):
    """A team as others see it."""

    slug: str
    name: str
    members: list[str] | None = Field(description="None: not shown to you in this challenge.")
    is_baseline: bool
    is_disqualified: bool
    merged_into: Named | None = Field(description="The team that it became part of.")
    is_mine: bool
    url: str = Field(description="Its page, relative to this site.")
    model_config = example(
        slug="alpha",
        name="Alpha",
        members=["Ada", "Bob"],
        is_baseline=False,
        is_disqualified=False,
        merged_into=None,
        is_mine=True,
        url="/c/sample/teams/alpha/",
    )


class NameGiven(Schema):
    """What a team is called."""

    name: Text = Field(min_length=1, max_length=200, description="Shown on the boards.")
    model_config = strict(name="Alpha")


class InvitationGiven(Schema):
    """Whom to invite."""

    email: Text = Field("", max_length=254, description="Empty: a link for everybody who has it.")
    model_config = strict(email="bob@example.org")


class JoinGiven(Schema):
    """The invitation to join with."""

    token: Text = Field(max_length=200, description="The last part of the invitation's link.")
    model_config = strict(token="k3JqW2VhZ0mN8sT1yXbC4dEfGh5iJkLm")  # noqa: S106  (an example)


class CaptainGiven(Schema):
    """The new captain."""

    user: Whole = Field(ge=1, description="The id of another member.")
    model_config = strict(user=8)


class ResearchGiven(Schema):
    """Whether a team's submissions may be kept for research."""

    answer: Literal["yes", "no", "unsaid"] = Field(description="unsaid: the team does not say yet.")
    model_config = strict(answer="yes")


@router.get(
    "/challenges/{slug:challenge}/team",
    response=OwnTeam,
    auth=READ,
    url_name="team",
    summary="Your team",
)
def team(request: SignedInRequest, challenge: Path[Slug]) -> object:
    """Give the team that you are in."""
    return shown_team(request, own_team(request, challenge))


@router.get(
    "/challenges/{slug:challenge}/teams/{slug:team}",
    response=TeamOut,
    auth=ANYBODY,
    url_name="public-team",
    summary="A team",
)
def public(request: HttpRequest, challenge: Path[Slug], team: Path[Slug]) -> object:
    """Give a team as others see it. Where it stands is on the boards."""
    rows = get_challenge(request, challenge).teams.select_related("challenge", "merged_into")
    found = rows.filter(slug=team).first()
    if found is None:
        raise NotThere(request, "No such team")
    are_shown = may_see_members(found, request.user)
    mine = actions.team_of(request.user, found.challenge)
    return {
        "slug": found.slug,
        "name": found.name,
        "members": [str(each) for each in visible_members(found, request.user)]
        if are_shown
        else None,
        "is_baseline": found.is_baseline,
        "is_disqualified": found.disqualified_at is not None,
        "merged_into": found.merged_into,
        "is_mine": mine is not None and mine.pk == found.pk,
        "url": found.get_absolute_url(),
    }


@router.post(
    "/challenges/{slug:challenge}/team",
    response={201: OwnTeam},
    auth=TEAM,
    summary="Make a team",
)
def create(request: SignedInRequest, challenge: Path[Slug], given: NameGiven) -> object:
    """Create a team and become its captain. Without one you get a team of one at the first
    submission."""
    found = get_challenge(request, challenge)
    refuse_without_rules(request, found)
    made = actions.create_team(challenge=found, name=given.name, by=request.user)
    return Status(201, shown_team(request, made))


@router.patch(
    "/challenges/{slug:challenge}/team", response=OwnTeam, auth=TEAM, summary="Rename your team"
)
def rename(request: SignedInRequest, challenge: Path[Slug], given: NameGiven) -> object:
    """Give your team another name. Its address stays, so that links keep working."""
    mine = own_team(request, challenge)
    return shown_team(request, actions.rename(team=mine, name=given.name, by=request.user))


@router.get(
    "/challenges/{slug:challenge}/team/invitations",
    response=Page[InvitationShort],
    auth=READ,
    url_name="invitations",
    summary="List open invitations",
)
def invitations(request: SignedInRequest, challenge: Path[Slug], page: Query[PageQuery]) -> object:
    """List the open invitations to your team. For its captain."""
    mine = own_team(request, challenge)
    if mine.captain_id != request.user.pk:
        raise Problem(403, "not_captain", "Only the team's captain sees invitations. Ask them.")
    return part_of(request, _open(mine), page, lambda each: each)


@router.post(
    "/challenges/{slug:challenge}/team/invitations",
    response={201: InvitationMade},
    auth=TEAM,
    summary="Invite",
)
def invite(request: SignedInRequest, challenge: Path[Slug], given: InvitationGiven) -> object:
    """Make an invitation. The answer has its link, which nothing shows again."""
    mine = own_team(request, challenge)
    made, token = actions.invite(team=mine, by=request.user, email=given.email)
    return Status(
        201,
        {
            "id": made.pk,
            "email": made.email,
            "created_at": made.created_at,
            "expires_at": made.expires_at,
            "link": settings.BASE_URL + reverse("join", args=[token]),
        },
    )


@router.delete(
    "/challenges/{slug:challenge}/team/invitations/{int:invitation}",
    response={204: None},
    auth=TEAM,
    url_name="invitation",
    summary="Revoke an invitation",
)
def revoke(request: SignedInRequest, challenge: Path[Slug], invitation: int) -> object:
    """Make an invitation's link worthless."""
    row = Invitation.objects.filter(team=own_team(request, challenge), pk=invitation).first()
    if row is None:
        raise NotThere(request, "No such invitation of your team")
    actions.revoke_invitation(invitation=row, by=request.user)
    return Status(204, None)


@router.post(
    "/challenges/{slug:challenge}/team/research",
    response=OwnTeam,
    auth=TEAM,
    url_name="research",
    summary="Consent to research",
)
def research(request: SignedInRequest, challenge: Path[Slug], given: ResearchGiven) -> object:
    """Say whether the team's submissions may be kept for research; it can be changed at any time.

    It changes no score and no rank. For captains.
    """
    mine = own_team(request, challenge)
    team = actions.say_research_use(team=mine, answer=given.answer, by=request.user)
    return shown_team(request, team)


@router.post(
    "/challenges/{slug:challenge}/team/captain",
    response=OwnTeam,
    auth=TEAM,
    url_name="captain",
    summary="Hand the team over",
)
def hand_over(request: SignedInRequest, challenge: Path[Slug], given: CaptainGiven) -> object:
    """Make another member the captain."""
    mine = own_team(request, challenge)
    actions.hand_over(team=mine, to=_member(request, mine, given.user), by=request.user)
    return shown_team(request, own_team(request, challenge))


@router.delete(
    "/challenges/{slug:challenge}/team/members/{int:user}",
    response={204: None},
    auth=TEAM,
    url_name="member",
    summary="Take a member out",
)
def remove(request: SignedInRequest, challenge: Path[Slug], user: int) -> object:
    """Take a member out of your team. The submissions stay, links to join stop working."""
    mine = own_team(request, challenge)
    actions.remove_member(team=mine, user=_member(request, mine, user), by=request.user)
    return Status(204, None)


@router.post(
    "/challenges/{slug:challenge}/team/leave",
    response={204: None},
    auth=TEAM,
    url_name="leave",
    summary="Leave your team",
)
def leave(request: SignedInRequest, challenge: Path[Slug]) -> object:
    """Leave your team. Its submissions stay with it."""
    actions.leave(team=own_team(request, challenge), by=request.user)
    return Status(204, None)


@router.post(
    "/teams/join", response=OwnTeam, auth=TEAM, url_name="join", summary="Join by an invitation"
)
def join(request: SignedInRequest, given: JoinGiven) -> object:
    """Join the team of an invitation. Members of it get the same answer again."""
    try:
        invited_to = actions.find_invitation(given.token, request.user).team
    except Refused as refused:
        raise Problem(404, refused.code, refused.message) from refused
    refuse_without_rules(request, invited_to.challenge)
    return shown_team(request, actions.join(token=given.token, by=request.user))


def own_team(request: HttpRequest, slug: str) -> Team:
    """Return the reader's team in a challenge. Raises NotThere."""
    found = get_challenge(request, slug)
    mine = actions.team_of(request.user, found)
    if mine is None:
        raise NotThere(request, f"No team of yours in {found.title}")
    return mine


def _member(request: HttpRequest, mine: Team, user: int) -> User:
    # By the person's own key, which finds nobody for a number that no key can be.
    found = Membership.objects.filter(team=mine, user__pk=user).select_related("user").first()
    if found is None:
        raise NotThere(request, "No such member of your team")
    return found.user


def _open(mine: Team) -> QuerySet[Invitation]:
    return mine.invitations.filter(revoked_at=None, expires_at__gt=timezone.now())


def shown_team(request: HttpRequest, mine: Team) -> dict[str, object]:
    """Return the reader's team as they see it."""
    members = [
        {
            "id": each.user_id,
            "name": str(each.user),
            "is_captain": each.user_id == mine.captain_id,
        }
        for each in mine.memberships.select_related("user")
    ]
    is_captain = mine.captain_id == request.user.pk
    return {
        "slug": mine.slug,
        "name": mine.name,
        "members": members,
        "captain": next(each for each in members if each["is_captain"]),
        "is_frozen": bool(actions.team_freeze_reason(mine.challenge)),
        "disqualified": mine.disqualified_reason or None,
        "research_use": mine.research_use,
        "invitations": list(_open(mine)) if is_captain else [],
        "url": mine.get_absolute_url(),
    }
