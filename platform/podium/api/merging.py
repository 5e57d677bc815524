"""Two teams that become one: proposing it, and what the other captain answers."""

from datetime import datetime

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Path, Query, Router, Schema
from ninja.responses import Status
from pydantic import Field

from podium.accounts.requests import SignedInRequest
from podium.api.base.paging import part_of
from podium.api.base.problems import NotThere
from podium.api.base.readers import READ, TEAM
from podium.api.base.shapes import Named, Page, PageQuery, Slug, Text, example, strict
from podium.api.teams import OwnTeam, own_team, shown_team
from podium.teams import merging
from podium.teams.members import visible_members
from podium.teams.models import MergeProposal, MergeProposalQuerySet, Team

router = Router(tags=["Teams"])
_MERGES = "/challenges/{slug:challenge}/team/merges"
_MERGE = f"{_MERGES}/{{int:proposal}}"


class Merge(Schema):
    """A proposal that two teams become one."""

    id: int
    surviving: Named = Field(description="The team that proposes, and would stay.")
    absorbed: Named = Field(description="The team that is asked, and would become part of it.")
    members: list[str] = Field(description="Members after the merge, as far as you may know them.")
    proposed_at: datetime
    expires_at: datetime
    outcome: str = Field(description="open, accepted, declined or withdrawn.")
    is_open: bool = Field(description="Whether it can still be answered.")
    may_answer: bool = Field(description="Whether you are the captain who accepts or declines.")
    may_withdraw: bool = Field(description="Whether you are the captain who proposed it.")
    why_not: str | None = Field(
        description="Why it cannot be accepted now, if so; told to the captain who answers."
    )
    url: str = Field(description="Its page, relative to this site.")
    model_config = example(
        id=5,
        surviving={"slug": "alpha", "name": "Alpha"},
        absorbed={"slug": "beta", "name": "Beta"},
        members=["Ada", "Bob", "Dora"],
        proposed_at="2026-11-21T12:00:00Z",
        expires_at="2026-12-05T12:00:00Z",
        outcome="open",
        is_open=True,
        may_answer=False,
        may_withdraw=True,
        why_not=None,
        url="/c/sample/team/merges/5/",
    )


class MergeGiven(Schema):
    """The team it is proposed to."""

    team: Text = Field(min_length=1, max_length=70, description="Its `slug`.")
    model_config = strict(team="beta")


@router.get(_MERGES, response=Page[Merge], auth=READ, url_name="merges", summary="List proposals")
def merges(request: SignedInRequest, challenge: Path[Slug], page: Query[PageQuery]) -> object:
    """List the open proposals to merge that your team made and got."""
    rows = _of(own_team(request, challenge)).still_open()
    return part_of(request, rows, page, lambda each: _shown(request, each))


@router.post(_MERGES, response={201: Merge}, auth=TEAM, summary="Propose to merge")
def propose(
    request: SignedInRequest, response: HttpResponse, challenge: Path[Slug], given: MergeGiven
) -> object:
    """Propose to another team's captain that the team becomes part of yours. For captains."""
    mine = own_team(request, challenge)
    other = merging.candidates(mine).filter(slug=given.team).first()
    if other is None:
        raise NotThere(request, f"No other team `{given.team}` that could become part of yours")
    made = merging.propose(team=mine, other=other, by=request.user)
    response["Location"] = reverse("api:merge", args=[challenge, made.pk])
    return Status(201, _shown(request, _get(request, challenge, made.pk)))


@router.get(
    f"{_MERGES}/candidates",
    response=Page[Named],
    auth=READ,
    url_name="merge-candidates",
    summary="List teams to merge with",
)
def candidates(request: SignedInRequest, challenge: Path[Slug], page: Query[PageQuery]) -> object:
    """List the teams to which yours may propose to merge, by name."""
    rows = merging.candidates(own_team(request, challenge))
    return part_of(request, rows, page, lambda each: each)


@router.get(_MERGE, response=Merge, auth=READ, url_name="merge", summary="A proposal")
def merge(request: SignedInRequest, challenge: Path[Slug], proposal: int) -> object:
    """Give a proposal to merge that your team made or got."""
    return _shown(request, _get(request, challenge, proposal))


@router.post(
    f"{_MERGE}/accept",
    response=OwnTeam,
    auth=TEAM,
    url_name="merge-accept",
    summary="Accept a proposal",
)
def accept(request: SignedInRequest, challenge: Path[Slug], proposal: int) -> object:
    """Make both teams one, and give it. For the captain who was asked."""
    found = _get(request, challenge, proposal)
    return shown_team(request, merging.accept(proposal=found, by=request.user))


@router.post(
    f"{_MERGE}/decline",
    response=Merge,
    auth=TEAM,
    url_name="merge-decline",
    summary="Decline a proposal",
)
def decline(request: SignedInRequest, challenge: Path[Slug], proposal: int) -> object:
    """Say no to a proposal. For the captain who was asked."""
    merging.decline(proposal=_get(request, challenge, proposal), by=request.user)
    return _shown(request, _get(request, challenge, proposal))


@router.post(
    f"{_MERGE}/withdraw",
    response=Merge,
    auth=TEAM,
    url_name="merge-withdraw",
    summary="Withdraw a proposal",
)
def withdraw(request: SignedInRequest, challenge: Path[Slug], proposal: int) -> object:
    """Take a proposal back. For the captain who may propose."""
    merging.withdraw(proposal=_get(request, challenge, proposal), by=request.user)
    return _shown(request, _get(request, challenge, proposal))


def _of(mine: Team) -> MergeProposalQuerySet:
    rows = MergeProposal.objects.select_related(
        "surviving__challenge", "surviving__captain", "absorbed__challenge", "absorbed__captain"
    )
    return rows.filter(Q(surviving=mine) | Q(absorbed=mine))


def _get(request: HttpRequest, slug: str, pk: int) -> MergeProposal:
    """Return a proposal to the members of the two teams. Raises NotThere."""
    found = _of(own_team(request, slug)).filter(pk=pk).first()
    if found is None:
        raise NotThere(request, "No such proposal of or to your team")
    return found


def _shown(request: HttpRequest, found: MergeProposal) -> dict[str, object]:
    is_open = MergeProposal.objects.still_open().filter(pk=found.pk).exists()
    is_asked = is_open and found.absorbed.captain_id == request.user.pk
    teams = (found.surviving, found.absorbed)
    return {
        "id": found.pk,
        "surviving": found.surviving,
        "absorbed": found.absorbed,
        "members": [str(each) for team in teams for each in visible_members(team, request.user)],
        "proposed_at": found.proposed_at,
        "expires_at": found.expires_at,
        "outcome": found.outcome,
        "is_open": is_open,
        "may_answer": is_asked,
        "may_withdraw": is_open and found.surviving.captain_id == request.user.pk,
        # It reveals how often both teams have submitted, so the proposing team does not see it.
        "why_not": merging.why_not(*teams) or None if is_asked else None,
        "url": reverse("merge", args=[found.surviving.challenge.slug, found.pk]),
    }
