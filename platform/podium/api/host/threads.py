"""The private threads between teams and organizers: the list, one of them, and plans to write."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router, Schema
from pydantic import Field

from figures.words import short
from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.api.base.paging import part_of
from podium.api.base.readers import ORGANIZE
from podium.api.base.shapes import Page, PageQuery, Slug, Text, example, strict
from podium.api.host.plans import Proposal, challenge_for, get_challenge, planned, tried
from podium.api.host.shapes import PlanOut
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission
from podium.discussions.actions import MOST_BODY
from podium.discussions.messages import send_message, with_messages
from podium.discussions.models import Message
from podium.files import Json
from podium.teams.models import Team

router = Router(tags=["Organizing: run"])
_PATH = "/host/challenges/{slug:challenge}"
LONGEST_LINE = 200


class ThreadsQuery(PageQuery):
    """Filters of the list of threads."""

    unanswered: bool = Field(False, description="Only those whose last message is the team's.")


class ThreadOut(Schema):
    """A team that has written to the organizers, or they to it."""

    team: str = Field(description="Its `slug`.")
    name: str
    messages: int
    last_at: datetime
    is_unanswered: bool = Field(description="Whether the last message is the team's.")
    model_config = example(
        team="alpha", name="Alpha", messages=3, last_at="2026-11-20T12:00:00Z", is_unanswered=True
    )


class MessageOut(Schema):
    """A message of a thread."""

    id: int
    by: str
    by_organizer: bool
    at: datetime
    body: str = Field(description="Markdown.")
    model_config = example(
        id=9, by="Ada", by_organizer=False, at="2026-11-20T12:00:00Z", body="May we use pandas?"
    )


class MessageGiven(Schema):
    """A message to a team, which begins its thread if there is none yet."""

    body: Text = Field(min_length=1, max_length=MOST_BODY, description="Markdown.")
    model_config = strict(body="You may.")


@router.get(
    f"{_PATH}/threads",
    response=Page[ThreadOut],
    auth=ORGANIZE,
    url_name="host-threads",
    summary="Threads with teams",
)
def threads(request: HttpRequest, challenge: Path[Slug], asked: Query[ThreadsQuery]) -> object:
    """List the private threads with teams, those with the newest message first."""
    found = get_challenge(request, challenge, Permission.SEE_CONSOLE)
    rows = with_messages(_teams(found)).filter(messages_sent__gt=0)
    if asked.unanswered:
        rows = rows.filter(is_unanswered=True)
    return part_of(request, rows.order_by("-last_message_at", "pk"), asked, _thread)


def _thread(row: Any) -> Json:
    return {
        "team": row.slug,
        "name": row.name,
        "messages": row.messages_sent,
        "last_at": row.last_message_at,
        "is_unanswered": row.is_unanswered,
    }


def _teams(challenge: Challenge) -> QuerySet[Team]:
    return Team.objects.filter(challenge=challenge, baseline="").select_related("challenge")


@router.get(
    f"{_PATH}/threads/{{slug:team}}",
    response=Page[MessageOut],
    auth=ORGANIZE,
    url_name="host-thread",
    summary="The thread with a team",
)
def thread(
    request: HttpRequest, challenge: Path[Slug], team: Path[Slug], asked: Query[PageQuery]
) -> object:
    """List what a team and the organizers wrote to each other, newest first."""
    found = get_challenge(request, challenge, Permission.SEE_CONSOLE)
    rows = get_object_or_404(_teams(found), slug=team).messages.select_related("author")
    return part_of(request, rows.order_by("-sent_at", "-pk"), asked, _message)


def _message(row: Message) -> Json:
    return {
        "id": row.pk,
        "by": str(row.author),
        "by_organizer": row.by_organizer,
        "at": row.sent_at,
        "body": row.body,
    }


def propose_message(by: User, slug: str, given: Json) -> Proposal:
    """Return what writing to a team would do. Raises Refused or Http404."""
    challenge = challenge_for(by, slug, Permission.MODERATE)
    team = get_object_or_404(_teams(challenge), slug=given["team"])

    def do(_title: str = "", _reason: str = "") -> None:
        send_message(team=team, body=given["body"], by=by)

    tried(do)
    last = team.messages.order_by("-pk").first()
    return Proposal(
        title="Write to a team",
        lines=[f"To {team}: {short(given['body'], LONGEST_LINE)}"],
        mark=(team.pk, last.pk if last else 0),
        carry_out=do,
        can_be_undone=False,
        teams=1,
    )


@router.post(
    f"{_PATH}/threads/{{slug:team}}/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-message",
    summary="Plan a message to a team",
)
def plan_message(
    request: SignedInRequest, challenge: Path[Slug], team: Path[Slug], given: MessageGiven
) -> object:
    """Say whom a message would reach, an answer or the first one: for owners and managers."""
    change = {"team": team, "body": given.body}
    return planned("message", challenge, change, propose_message, request.user)


PROPOSERS = {"message": propose_message}
