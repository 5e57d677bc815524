"""Challenges and their rules."""

from datetime import datetime

from django.db.models import Count
from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from podium.access import by_phase, get_challenge, visible_challenges
from podium.accounts.requests import SignedInRequest
from podium.api.base.paging import whole_part_of
from podium.api.base.problems import Problem
from podium.api.base.readers import ANYBODY, SUBMIT
from podium.api.base.shapes import Named, Page, PageQuery, Slug, Text, example, strict
from podium.challenges.entry import entry_note
from podium.challenges.models import Challenge
from podium.challenges.permissions import role_in
from podium.discussions.announcements import readable
from podium.refusals import Refused
from podium.teams.actions import (
    accept_rules,
    has_accepted_rules,
    last_acceptance,
    team_of,
)
from podium.teams.guards import rules_reason
from podium.teams.models import Team

router = Router(tags=["Challenges"])
NEWS = 50
_EXAMPLE = {
    "slug": "sample",
    "title": "The sample challenge",
    "phase": "open",
    "opens_at": "2026-11-01T00:00:00Z",
    "team_freeze_at": "2027-02-01T00:00:00Z",
    "closes_at": "2027-03-01T00:00:00Z",
    "closed_at": "2027-03-01T00:00:00Z",
    "reveal_at": "2027-03-08T00:00:00Z",
    "tracks": ["matching", "classification"],
    "teams": 52,
    "url": "/c/sample/",
}


class ChallengeShort(Schema):
    """A challenge as lists have it."""

    slug: str
    title: str
    phase: str = Field(description="draft, announced, open, closed, revealed or archived.")
    opens_at: datetime
    team_freeze_at: datetime = Field(description="Team changes lock.")
    closes_at: datetime = Field(description="A submission must begin before this.")
    closed_at: datetime = Field(
        description="Since when no file is taken: `closes_at`, or an earlier reveal, after which "
        "nothing opens the challenge again."
    )
    reveal_at: datetime = Field(description="Private scores stay hidden until then.")
    tracks: list[str] = Field(description="Their kinds, which name them in addresses.")
    teams: int
    url: str = Field(description="Its page, relative to this site.")
    model_config = example(**_EXAMPLE)


class News(Schema):
    """What the organizers announced."""

    at: datetime
    title: str
    text: str = Field(description="Markdown.")
    model_config = example(at="2026-11-02T08:00:00Z", title="Welcome", text="Have fun.")


class ChallengeWhole(ChallengeShort):
    """A challenge with its texts and your place in it."""

    summary: str
    description: str = Field(description="Markdown.")
    rules: str = Field(description="Markdown.")
    rules_version: str = Field(description="Changes with the rules; it is what one accepts.")
    prizes: str = Field(description="Markdown.")
    freeze_hours: int = Field(
        description="Hours before the close during which other teams' rows are frozen."
    )
    max_team_size: int
    show_members: str = Field(
        description="Readers of a team's member names, in addition to themselves and the "
        "organizers: everybody, challenge (people in its teams) or organizers (nobody else)."
    )
    deleted_accounts: str = Field(
        description="What becomes of submissions when a team's last member deletes their account: "
        "keep, or remove (until the reveal)."
    )
    entry: str = Field(
        description="What it takes to enter a team, as a sentence; empty: an account."
    )
    rules_accepted: bool | None = Field(description="None without a token.")
    team: Named | None = Field(description="Your team.")
    announcements: list[News] = Field(
        description="The newest first; with a token also what is announced to your team only."
    )
    model_config = example(
        **_EXAMPLE,
        summary="Who matches best?",
        description="Two tracks …",
        rules="Be fair.",
        rules_version="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        prizes="",
        freeze_hours=24,
        max_team_size=5,
        show_members="everybody",
        deleted_accounts="keep",
        entry="",
        rules_accepted=True,
        team={"slug": "alpha", "name": "Alpha"},
        announcements=[],
    )


class Acceptance(Schema):
    """Which rules are accepted."""

    version: Text = Field(
        min_length=1, max_length=64, description="`rules_version` of the challenge."
    )
    model_config = strict(
        version="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )


@router.get(
    "/challenges",
    response=Page[ChallengeShort],
    auth=ANYBODY,
    url_name="challenges",
    summary="List challenges",
)
def challenges(request: HttpRequest, page: Query[PageQuery]) -> object:
    """List the challenges that you may know of, those that are open first."""
    found = visible_challenges(request.user).prefetch_related("tracks")
    return whole_part_of(request, by_phase(found), page, _shorts)


@router.get(
    "/challenges/{slug:challenge}",
    response=ChallengeWhole,
    auth=ANYBODY,
    url_name="challenge",
    summary="A challenge",
)
def challenge(request: HttpRequest, challenge: Path[Slug]) -> object:
    """Return a challenge with its rules, announcements and your place in it."""
    return _whole(request, get_challenge(request, challenge))


@router.post(
    "/challenges/{slug:challenge}/rules",
    response=ChallengeWhole,
    auth=SUBMIT,
    url_name="rules",
    summary="Accept the rules",
)
def rules(request: SignedInRequest, challenge: Path[Slug], given: Acceptance) -> object:
    """Accept the rules as they stand now; `version` says which ones you have read."""
    found = get_challenge(request, challenge)
    try:
        accept_rules(challenge=found, by=request.user, version=given.version)
    except Refused as refused:
        found.refresh_from_db()
        raise _of_rules(409, refused.code, refused.message, found) from refused
    return _whole(request, found)


def refuse_without_rules(request: HttpRequest, found: Challenge) -> None:
    """Raise Problem unless the reader has accepted the rules, as taking part needs.

    Organizers need not: they try their challenge, and the verbs keep them out of teams.
    """
    if not has_accepted_rules(request.user, found) and not role_in(request.user, found):
        why = rules_reason(found, last_acceptance(request.user, found))
        raise _of_rules(403, "rules", why, found)


def _of_rules(status: int, code: str, why: str, found: Challenge) -> Problem:
    """Return a refusal that says which rules stand now and how they are accepted."""
    how = (
        f"Read them at {found.get_absolute_url()} and POST their `rules_version` to "
        f"/api/v1/challenges/{found.slug}/rules."
    )
    return Problem(status, code, f"{why} {how}", rules_version=found.rules_hash)


def _shorts(part: list[Challenge]) -> list[dict[str, object]]:
    """Return what a list says of each of these challenges."""
    teams = Team.objects.taking_part().filter(challenge__in=part).order_by()
    counted = teams.values("challenge").annotate(count=Count("pk"))
    counts = dict(counted.values_list("challenge", "count"))
    return [_short(found, counts.get(found.pk, 0)) for found in part]


def _short(found: Challenge, teams: int) -> dict[str, object]:
    return {
        "slug": found.slug,
        "title": found.title,
        "phase": str(found.phase()),
        "opens_at": found.opens_at,
        "team_freeze_at": found.team_freeze_at,
        "closes_at": found.closes_at,
        "closed_at": found.closed_at,
        "reveal_at": found.reveal_at,
        "tracks": [track.kind for track in found.tracks.all()],
        "teams": teams,
        "url": found.get_absolute_url(),
    }


def _whole(request: HttpRequest, found: Challenge) -> dict[str, object]:
    signed_in = request.user.is_authenticated
    return {
        **_shorts([found])[0],
        "summary": found.summary,
        "description": found.description,
        "rules": found.rules,
        "rules_version": found.rules_hash,
        "prizes": found.prizes,
        "freeze_hours": found.freeze_hours,
        "max_team_size": found.max_team_size,
        "show_members": found.show_members,
        "deleted_accounts": found.deleted_accounts,
        "entry": entry_note(found),
        "rules_accepted": has_accepted_rules(request.user, found) if signed_in else None,
        "team": team_of(request.user, found),
        "announcements": [
            {"at": news.at, "title": news.title, "text": news.body}
            for news in readable(request.user).filter(challenge=found)[:NEWS]
        ],
    }
