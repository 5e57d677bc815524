"""The caller's account and teams."""

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from ninja import Query, Router, Schema
from pydantic import Field

from podium.access import visible_challenges
from podium.accounts import people
from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.api.base.paging import part_of
from podium.api.base.problems import Problem
from podium.api.base.readers import ANY_TOKEN, READ, TEAM, token_of
from podium.api.base.shapes import Page, PageQuery, Text, example, strict
from podium.notices.actions import MOST_COUNTED, unread
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
    """The caller's account."""

    id: int
    name: str
    email: str
    time_zone: str = Field(description="Time zone for times shown to you; empty: the browser's.")
    unread_notices: int = Field(description=f"At most {MOST_COUNTED} are counted.")
    token: Token | None = Field(description="None for a reader who is signed in by a browser.")
    teams: list[MyTeam]
    model_config = example(
        id=7,
        name="Ada",
        email="ada@example.org",
        time_zone="Europe/Berlin",
        unread_notices=2,
        token=None,
        teams=[{"challenge": "sample", "slug": "alpha", "name": "Alpha", "is_captain": True}],
    )


class MeGiven(Schema):
    """What one changes of oneself; what is left out stays."""

    name: Text | None = Field(
        None, min_length=1, max_length=80, description="Shown next to your team."
    )
    time_zone: Text | None = Field(
        None, max_length=64, description="Such as Europe/Berlin; empty: the browser's."
    )
    model_config = strict(name="Ada", time_zone="Europe/Berlin")


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


@router.get("/me", response=Me, auth=ANY_TOKEN, summary="Your account")
def me(request: SignedInRequest) -> object:
    """Tell whose token this is, what it may do, and in which teams its owner is."""
    return _shown(request)


@router.patch("/me", response=Me, auth=TEAM, summary="Change your account")
def change(request: SignedInRequest, given: MeGiven) -> object:
    """Take another name, or choose the time zone in which pages show times to you."""
    with transaction.atomic():
        if given.name is not None:
            request.user = _taken(people.rename, request, given.name, "bad_name")
        if given.time_zone is not None:
            zone = given.time_zone
            request.user = _taken(people.choose_time_zone, request, zone, "bad_time_zone")
    return _shown(request)


def _taken(verb: Callable[..., User], request: SignedInRequest, text: str, code: str) -> User:
    """Return the person, changed. Raises Problem with the code for what is not taken."""
    try:
        return verb(by=request.user, name=text)
    except ValidationError as refused:
        raise Problem(409, code, " ".join(refused.messages)) from refused


@router.get(
    "/me/rules",
    response=Page[Accepted],
    auth=READ,
    url_name="accepted-rules",
    summary="List the rules that you accepted",
)
def accepted(request: SignedInRequest, page: Query[PageQuery]) -> object:
    """List which challenges' rules you accepted, in which version, the newest first."""
    rows = RulesAcceptance.objects.filter(
        user=request.user.pk, challenge__in=visible_challenges(request.user)
    )
    return part_of(request, rows.select_related("challenge").order_by("-at", "-pk"), page, _rules)


def _rules(found: RulesAcceptance) -> dict[str, object]:
    return {
        "challenge": found.challenge.slug,
        "version": found.rules_hash,
        "at": found.at,
        "is_current": found.rules_hash == found.challenge.rules_hash,
    }


def _shown(request: SignedInRequest) -> dict[str, object]:
    user = request.user
    memberships = Membership.objects.filter(
        user=user, challenge__in=visible_challenges(user)
    ).select_related("team", "challenge")
    token = token_of(request)
    return {
        "id": user.pk,
        "name": user.name,
        "email": user.email,
        "time_zone": user.time_zone,
        "unread_notices": unread(user),
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
