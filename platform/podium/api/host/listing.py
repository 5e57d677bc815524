"""What organizers look at: their challenges, how one stands, submissions, teams and events."""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from podium.accounts.requests import SignedInRequest
from podium.api.base.paging import part_of
from podium.api.base.readers import ORGANIZE
from podium.api.base.shapes import Moment, Named, Page, PageQuery, Slug, Text, example
from podium.api.host.plans import get_challenge
from podium.audit.models import Event
from podium.challenges.models import Challenge, Organizer
from podium.challenges.permissions import Permission
from podium.files import Json
from podium.lists import (
    between,
    narrow_events,
    narrow_submissions,
    narrow_teams,
    submissions_of,
    team_counts,
    teams_of,
    why_unscored,
)
from podium.submissions.models import Submission
from podium.teams.models import Team
from podium.watch.overview import Run, overview

router = Router(tags=["Organizing: run"])
_PATH = "/host/challenges/{slug:challenge}"
_STATES = Literal["queued", "scoring", "scored", "rejected", "failed", "withdrawn", "final"]


class OrganizedOut(Schema):
    """A challenge that you organize."""

    slug: str
    title: str
    phase: str
    role: str
    model_config = example(slug="cup", title="Cup", phase="open", role="owner")


class OrganizedListOut(Schema):
    """The challenges that you organize."""

    items: list[OrganizedOut]
    model_config = example(items=[])


class RunOut(Schema):
    """The last run of a baseline with a seed on a task."""

    task: str
    method: str
    seed: int
    state: str
    percent: int
    model_config = example(task="pairs", method="autogluon", seed=1, state="running", percent=40)


class StatusOut(Schema):
    """How a challenge and the machine are."""

    slug: str
    title: str
    phase: str
    queued: int
    scoring: int
    failed: int
    today: int = Field(description="Submissions of this UTC day, with those below.")
    today_scored: int
    today_rejected: int
    today_teams: int
    teams: dict[str, int] = Field(description="Teams in all, and by the list's states.")
    oldest_queued_at: datetime | None
    workers: int | None = Field(description="How many are alive; null: nobody knows.")
    disk_free: float = Field(description="The free share of the disk.")
    baselines: list[RunOut]
    trouble: list[str] = Field(description="What needs attention, in words.")
    model_config = example(
        slug="cup", title="Cup", phase="open", queued=0, scoring=1, failed=0, today=12,
        today_scored=10, today_rejected=1, today_teams=4,
        teams={"all": 6, "active": 4, "silent": 2, "never": 1, "limit": 1, "disqualified": 0},
        oldest_queued_at=None, workers=3,
        disk_free=0.6, baselines=[], trouble=[],
    )  # fmt: skip


class HostSubmissionsQuery(PageQuery):
    """Filters of the list of submissions."""

    task: Slug | None = Field(None, description="The `slug` of a task.")
    team: Text | None = Field(None, max_length=100, description="A part of a team's name.")
    state: _STATES | None = Field(None, description="A state, `withdrawn`, or `final`.")
    sha256: Text | None = Field(None, max_length=64, description="How the file's hash begins.")
    since: Moment | None = Field(None, description="Received at or after.")
    until: Moment | None = Field(None, description="Received before.")


class HostSubmissionOut(Schema):
    """A submission in the organizers' list. Scores are in `submissions/{id}`."""

    id: int
    task: str
    team: Named
    number: int
    by: str
    method: str
    received_at: datetime
    state: str
    is_withdrawn: bool
    is_final: bool
    why: str = Field(description="Why it has no score.")
    sha256: str
    model_config = example(
        id=412, task="pairs", team={"slug": "alpha", "name": "Alpha"}, number=3, by="Ada",
        method="", received_at="2026-11-20T12:00:00Z", state="scored", is_withdrawn=False,
        is_final=False, why="", sha256="c" * 64,
    )  # fmt: skip


class HostTeamsQuery(PageQuery):
    """Filters of the list of teams."""

    name: Text | None = Field(None, max_length=100, description="A part of the name.")
    member: Text | None = Field(None, max_length=100, description="A member's name or address.")
    state: Literal["active", "silent", "never", "limit", "disqualified"] | None = Field(
        None,
        description=(
            "`silent`: no submission this week; `never`: none at all; `limit`: no attempt left "
            "today on a task."
        ),
    )


class HostTeamOut(Schema):
    """A team in the organizers' list."""

    slug: str
    name: str
    captain: str
    members: int
    submissions: int
    last_at: datetime | None
    messages: int = Field(description="In its private thread with the organizers.")
    is_unanswered: bool = Field(description="Whether the last of them is the team's.")
    disqualified: str = Field(description="Why, if it is.")
    model_config = example(
        slug="alpha", name="Alpha", captain="Ada", members=3, submissions=14,
        last_at="2026-11-20T12:00:00Z", messages=2, is_unanswered=False, disqualified="",
    )  # fmt: skip


class HostEventsQuery(PageQuery):
    """Filters of the list of events."""

    verb: Text | None = Field(None, max_length=60, description="What was done.")
    who: Text | None = Field(None, max_length=100, description="A part of the actor's name.")
    since: Moment | None = Field(None, description="At or after.")
    until: Moment | None = Field(None, description="Before.")


class HostEventOut(Schema):
    """Something that was done."""

    at: datetime
    who: str
    what: str
    about: str = Field(description="Such as team:12.")
    facts: dict[str, object]
    model_config = example(
        at="2026-11-20T12:00:00Z", who="Ada", what="disqualified team", about="team:12",
        facts={"why": "Two accounts of one person."},
    )  # fmt: skip


@router.get(
    "/host/challenges",
    response=OrganizedListOut,
    auth=ORGANIZE,
    url_name="host-challenges",
    summary="Challenges that you organize",
)
def organized(request: SignedInRequest) -> object:
    """List the challenges in which you have a role, drafts too."""
    rows = Organizer.objects.filter(user=request.user.pk).select_related("challenge")
    return {"items": [{**_short(row.challenge), "role": row.role}
                      for row in rows.order_by("-challenge__opens_at", "pk")]}  # fmt: skip


def _short(challenge: Challenge) -> Json:
    return {"slug": challenge.slug, "title": challenge.title, "phase": challenge.phase()}


@router.get(
    f"{_PATH}/status",
    response=StatusOut,
    auth=ORGANIZE,
    url_name="host-status",
    summary="How a challenge is",
)
def status(request: HttpRequest, challenge: Path[Slug]) -> object:
    """Give the counts, baselines and troubles that the console shows."""
    found = get_challenge(request, challenge, Permission.SEE_CONSOLE)
    seen = overview(found)
    counts, alive = dict(seen["counts"]), seen["workers"]
    return {
        **_short(found),
        **counts,
        "oldest_queued_at": counts.pop("oldest"),
        "teams": team_counts(found),
        "workers": None if alive is None else len(alive),
        "disk_free": round(seen["disk"].free_share, 3),
        "baselines": [_run(each) for each in seen["runs"]],
        "trouble": [str(each) for each in seen["trouble"]],
    }


def _run(run: Run) -> Json:
    row = run.row
    return {
        "task": row.task.slug,
        "percent": run.percent,
        **{name: getattr(row, name) for name in ("method", "seed", "state")},
    }


@router.get(
    f"{_PATH}/submissions",
    response=Page[HostSubmissionOut],
    auth=ORGANIZE,
    url_name="host-submissions",
    summary="All submissions",
)
def submissions(
    request: HttpRequest, challenge: Path[Slug], asked: Query[HostSubmissionsQuery]
) -> object:
    """List the submissions of all teams, newest first. No scores."""
    found = get_challenge(request, challenge, Permission.SEE_ALL_SUBMISSIONS)
    rows = between(submissions_of(found), "received_at", asked.since, asked.until)
    return part_of(request, narrow_submissions(rows, asked.dict()), asked, _submission)


def _submission(row: Submission) -> Json:
    return {
        "id": row.pk,
        "task": row.task.slug,
        "team": {"slug": row.team.slug, "name": row.team.name},
        "by": row.submitted_by.name if row.submitted_by else "",
        "is_withdrawn": row.withdrawn_at is not None,
        "is_final": row.selected_at is not None,
        "why": why_unscored(row),
        **{name: getattr(row, name) for name in ("number", "method", "received_at", "state")},
        "sha256": row.sha256,
    }


@router.get(
    f"{_PATH}/teams",
    response=Page[HostTeamOut],
    auth=ORGANIZE,
    url_name="host-teams",
    summary="All teams",
)
def teams(request: HttpRequest, challenge: Path[Slug], asked: Query[HostTeamsQuery]) -> object:
    """List the teams of people with how much they submitted. No scores."""
    found = get_challenge(request, challenge, Permission.SEE_CONSOLE)
    rows = narrow_teams(teams_of(found), asked.dict()).order_by("name", "pk")
    return part_of(request, rows, asked, _team)


def _team(row: Team) -> Json:
    return {
        "slug": row.slug,
        "name": row.name,
        "captain": row.captain.name if row.captain else "",
        "members": row.people,  # type: ignore[attr-defined]
        "submissions": row.sent,  # type: ignore[attr-defined]
        "last_at": row.last_at,  # type: ignore[attr-defined]
        "messages": row.messages_sent,  # type: ignore[attr-defined]
        "is_unanswered": bool(row.is_unanswered),  # type: ignore[attr-defined]
        "disqualified": row.disqualified_reason,
    }


@router.get(
    f"{_PATH}/events",
    response=Page[HostEventOut],
    auth=ORGANIZE,
    url_name="host-events",
    summary="Events",
)
def events(request: HttpRequest, challenge: Path[Slug], asked: Query[HostEventsQuery]) -> object:
    """List what people and the system did, newest first: for owners and managers."""
    found = get_challenge(request, challenge, Permission.RUN_CHALLENGE)
    rows = between(Event.objects.filter(challenge=found.slug), "at", asked.since, asked.until)
    return part_of(request, narrow_events(rows, asked.dict()), asked, _event)


def _event(row: Event) -> Json:
    facts = row.shown_facts
    return {"at": row.at, "who": row.actor, "what": row.verb, "about": row.subject, "facts": facts}
