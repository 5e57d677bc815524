"""The webhook to which alerts of a challenge are posted, and plans to set, remove or test it."""

from datetime import datetime
from typing import Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Path, Router, Schema
from pydantic import Field

from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.api.base.problems import invalid
from podium.api.base.readers import ORGANIZE
from podium.api.base.shapes import Slug, Text, example, strict
from podium.api.host.plans import Proposal, challenge_for, get_challenge, planned, tried
from podium.api.host.shapes import PlanOut
from podium.challenges.permissions import Permission
from podium.files import Json
from podium.watch import actions
from podium.watch.calls import parsed
from podium.watch.models import Form, Post, Webhook

router = Router(tags=["Organizing: set up"])
_PATH = "/host/challenges/{slug:challenge}/webhook"
SHOWN = 20


class PostOut(Schema):
    """Something that was posted, or is about to be."""

    what: str
    made_at: datetime
    taken_at: datetime | None
    is_waiting: bool = Field(description="Whether it is tried, or tried again.")
    failure: str = Field(description="Why the last try failed.")
    model_config = example(
        what="Test", made_at="2026-11-20T12:00:00Z", taken_at=None, is_waiting=True, failure=""
    )


class WebhookOut(Schema):
    """Where alerts are posted. The address and the secret are not shown."""

    host: str = Field(description="empty: there is no webhook.")
    form: str = Field(description=f"{', '.join(Form.values)}.")
    problem: str = Field(description="Why nothing can be posted now.")
    allowed_hosts: list[str] = Field(description="Hosts that the operator allows.")
    posts: list[PostOut] = Field(description="The last ones, newest first.")
    model_config = example(
        host="hooks.slack.com", form="slack", problem="", allowed_hosts=["hooks.slack.com"],
        posts=[],
    )  # fmt: skip


class WebhookGiven(Schema):
    """An act on the webhook. `set` needs its `url`, which is not shown again."""

    act: Literal["set", "remove", "test"]
    url: Text | None = Field(None, max_length=1000, description="An https address.")
    form: Literal["plain", "slack", "teams"] = Field("slack", description="What it belongs to.")
    model_config = strict(act="set", url="https://hooks.slack.com/services/T/B/X")


@router.get(_PATH, response=WebhookOut, auth=ORGANIZE, url_name="host-webhook", summary="Webhook")
def webhook(request: HttpRequest, challenge: Path[Slug]) -> object:
    """Say where alerts are posted and what was: for owners."""
    found = get_challenge(request, challenge, Permission.SET_UP)
    row = Webhook.objects.filter(challenge=found).first()
    posts = actions.posts_of(row)[:SHOWN] if row else []
    return {
        "host": actions.host_of(row) if row else "",
        "form": row.form if row else "",
        "problem": actions.problem_of(row) if row else "",
        "allowed_hosts": sorted(settings.WEBHOOK_HOSTS),
        "posts": [_post(post) for post in posts],
    }


def _post(post: Post) -> Json:
    return {
        "what": str(post.alert.text) if post.alert else "Test",
        "made_at": post.made_at,
        "taken_at": post.taken_at,
        "is_waiting": post.due_at is not None,
        "failure": post.failure,
    }


def propose_webhook(by: User, slug: str, given: Json) -> Proposal:
    """Return what an act on the webhook would do. Raises Refused or Problem."""
    challenge, act = challenge_for(by, slug, Permission.SET_UP), given["act"]
    if act == "set" and not given["url"]:
        raise invalid("body.url", "Give the address that alerts are posted to.")
    row = Webhook.objects.filter(challenge=challenge).first()
    before = actions.shown(row) if row else "nothing"

    def do(_title: str = "", _reason: str = "") -> None:
        if act == "set":
            to = {"url": given["url"], "form": given["form"]}
            actions.set_webhook(challenge=challenge, by=by, **to)
        else:
            verb = actions.remove_webhook if act == "remove" else actions.try_webhook
            verb(challenge=challenge, by=by)

    tried(do)
    after = f"{parsed(given['url']).name} ({given['form']})" if act == "set" else "nothing"
    title, line = {
        "set": ("Post alerts to a webhook", f"{before} → {after}, with a new secret."),
        "remove": ("Remove the webhook", f"{before} → {after}. Posts that wait are dropped."),
        "test": ("Post a test", f"It goes to {before} within a minute."),
    }[act]
    last = actions.posts_of(row).first() if row else None
    return Proposal(
        title=title,
        lines=[line],
        mark=(act, given["url"], row and (row.pk, row.secret), last and last.pk),
        carry_out=do,
        can_be_undone=act == "test" or (act == "set" and row is None),
    )


@router.post(
    f"{_PATH}/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-webhook",
    summary="Plan an act on the webhook",
)
def plan_webhook(request: SignedInRequest, challenge: Path[Slug], given: WebhookGiven) -> object:
    """Say what setting, removing or testing the webhook would do: for owners."""
    return planned("webhook", challenge, given.model_dump(), propose_webhook, request.user)


PROPOSERS = {"webhook": propose_webhook}
