"""Who one is, and in which teams."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from podium.access import visible_challenges
from podium.accounts import people
from podium.api.paging import part_of
from podium.api.problems import Problem
from podium.api.readers import ANY_TOKEN, READ, TEAM, token_of
from podium.api.shapes import Page, PageQuery, Text, example, strict
from podium.teams.models import Membership, RulesAcceptance

router = Router(tags=["You"])


class Token(Schema):
    """The token that a request came with."""

    name: str
    scopes: list[str]
    expires_at: datetime
    model_config = example(
        name="training server", scopes=["read", "submit"], expires_at="2027-02-19T12:00:00Z"
    )


class MyTeam(Schema):
    """A team that one is in."""

    challenge: str
    slug: str
    name: str
    is_captain: bool
    model_config = example(challenge="sample", slug="alpha", name="Alpha", is_captain=True)


class Me(Schema):
    """Who one is."""

    id: int
    name: str
    email: str
    token: Token | None = Field(description="None for a reader who is signed in by a browser.")
    teams: list[MyTeam]
    model_config = example(
        id=7,
        name="Ada",
        email="ada@example.org",
        token=None,
        teams=[{"challenge": "sample", "slug": "alpha", "name": "Alpha", "is_captain": True}],
    )


class MeGiven(Schema):
    """What one changes of oneself."""

    name: Text = Field(min_length=1, max_length=80, description="Shown beside your team.")
    model_config = strict(name="Ada")


class Accepted(Schema):
    """Rules that one has accepted."""

    challenge: str
    version: str = Field(description="`rules_version` of the challenge at that time.")
    at: datetime
    is_current: bool = Field(description="Whether the rules are still these.")
    model_config = example(
        challenge="sample",
        version="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        at="2026-11-21T12:00:00Z",
        is_current=True,
    )


@router.get("/me", response=Me, auth=ANY_TOKEN, summary="Who you are")
def me(request: HttpRequest) -> Any:
    """Tell whose token this is, what it may do, and in which teams its owner is."""
    return _shown(request)


@router.patch("/me", response=Me, auth=TEAM, summary="Change your name")
def change(request: HttpRequest, given: MeGiven) -> Any:
    """Take another name, which others see beside your team."""
    try:
        request.user = people.rename(by=request.user, name=given.name)
    except ValidationError as refused:
        raise Problem(409, "bad_name", " ".join(refused.messages)) from refused
    return _shown(request)


@router.get(
    "/me/rules",
    response=Page[Accepted],
    auth=READ,
    url_name="accepted-rules",
    summary="List the rules that you accepted",
)
def accepted(request: HttpRequest, page: Query[PageQuery]) -> Any:
    """List which challenges' rules you accepted, in which version, the newest first."""
    rows = RulesAcceptance.objects.filter(
        user=request.user.pk, challenge__in=visible_challenges(request.user)
    )
    return part_of(request, rows.select_related("challenge").order_by("-at", "-pk"), page, _rules)


def _rules(found: RulesAcceptance) -> dict[str, Any]:
    return {
        "challenge": found.challenge.slug,
        "version": found.rules_hash,
        "at": found.at,
        "is_current": found.rules_hash == found.challenge.rules_hash,
    }


def _shown(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    memberships = Membership.objects.filter(
        user=user, challenge__in=visible_challenges(user)
    ).select_related("team", "challenge")
    token = token_of(request)
    return {
        "id": user.pk,
        "name": user.name,
        "email": user.email,
        "token": token,
        "teams": [
            {
                "challenge": each.challenge.slug,
                "slug": each.team.slug,
                "name": each.team.name,
                "is_captain": each.team.captain_id == user.pk,
            }
            for each in memberships
        ],
    }
