"""Who one is, and in which teams."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from podium.access import visible_challenges
from podium.api.readers import ANY_TOKEN, token_of
from podium.api.shapes import example
from podium.teams.models import Membership

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


@router.get("/me", response=Me, auth=ANY_TOKEN, summary="Who you are")
def me(request: HttpRequest) -> Any:
    """Tell whose token this is, what it may do, and in which teams its owner is."""
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
